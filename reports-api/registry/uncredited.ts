import { LOOKBACK_DAYS } from '#domain/credit.ts'
import type { Store } from '#storage/client.ts'

/**
 * Why no touch takes the credit of a conversion, or a part of it: none is known, the first came after it, all are older than
 * the look-back, those within it are direct and are not counted, or the model credits requests and no touch brought them.
 */
export const uncreditedReasons = [
  'no_touches',
  'before_tracking',
  'beyond_lookback',
  'direct_only',
  'no_contact',
] as const

export type UncreditedReason = (typeof uncreditedReasons)[number]

/**
 * Column `uncredited` of conversions by the usual look-back: what matching wrote down, and what only the age of their
 * touches tells. `ofTouches`: which touchpoints these conversions have, so that no others are read.
 */
export function uncreditedSql(ofTouches: string): string {
  return `if(uncredited = '' AND (kind, fact, id) IN (
      SELECT conversion_kind, conversion_fact, conversion FROM touchpoints FINAL
      WHERE site = {site:String} AND ${ofTouches} AND position > 0 AND position = length
        AND at < conversion_at - toIntervalDay(${LOOKBACK_DAYS})
    ), 'beyond_lookback', uncredited)`
}

export interface ConversionKey {
  kind: string
  fact: string
  id: string
}

interface Known extends ConversionKey {
  stored: UncreditedReason | ''
  young: number
  counted: number
}

/** The reasons for what nobody is credited with, of conversions that have such a rest by these terms; by `keyOf`. */
export async function readUncredited(
  store: Pick<Store, 'query'>,
  site: string,
  conversions: readonly ConversionKey[],
  { lookback_days, direct }: { lookback_days: number; direct: boolean },
): Promise<Map<string, UncreditedReason>> {
  if (conversions.length === 0) return new Map()
  const asked = 'SELECT arrayJoin(arrayZip({kinds:Array(String)}, {facts:Array(String)}, {ids:Array(String)}))'
  const rows = await store.query<Known>(
    `SELECT kind, fact, id, stored, toFloat64(t.young) AS young, toFloat64(t.counted) AS counted
     FROM (
       SELECT toString(kind) AS kind, toString(fact) AS fact, id, toString(uncredited) AS stored FROM conversions FINAL
       WHERE site = {site:String} AND (toString(kind), toString(fact), id) IN (${asked})
     ) AS c
     LEFT JOIN (
       SELECT toString(conversion_kind) AS of_kind, toString(conversion_fact) AS of_fact, conversion AS of_id,
         countIf(at >= conversion_at - toIntervalDay({lookback_days:UInt32})) AS young,
         countIf(at >= conversion_at - toIntervalDay({lookback_days:UInt32})
           AND ({direct:UInt8} = 1 OR channel NOT IN ('direct', 'internal'))) AS counted
       FROM touchpoints FINAL
       WHERE site = {site:String} AND position > 0
         AND (toString(conversion_kind), toString(conversion_fact), conversion) IN (${asked})
       GROUP BY of_kind, of_fact, of_id
     ) AS t ON c.kind = t.of_kind AND c.fact = t.of_fact AND c.id = t.of_id`,
    {
      ...{ site, lookback_days, direct: Number(direct) },
      kinds: conversions.map(({ kind }) => kind),
      facts: conversions.map(({ fact }) => fact),
      ids: conversions.map(({ id }) => id),
    },
  )
  return new Map(rows.map((row) => [keyOf(row), reasonOf(row)]))
}

export function keyOf({ kind, fact, id }: ConversionKey): string {
  return `${kind}\n${fact}\n${id}`
}

function reasonOf({ stored, young, counted }: Known): UncreditedReason {
  if (stored !== '') return stored
  if (young === 0) return 'beyond_lookback'
  return counted === 0 ? 'direct_only' : 'no_contact'
}
