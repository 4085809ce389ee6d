import { CONVERTED, LOST, type RemovalEffects, removalEffects, START } from '#domain/removal-effects.ts'
import type { Params, Store } from '#storage/client.ts'
import { countsSql } from './attribution.ts'
import { type Credit, termParams } from './attribution-terms.ts'
import { CHANNEL_PARTS } from './models.ts'
import { between, conversionsOf } from './scan.ts'

const kinds = ['lead', 'deal'] as const

/** What leads a person to ask and what leads to a deal are two chains, each with effects of its own. */
export type EffectsByKind = Record<(typeof kinds)[number], RemovalEffects>

export interface Journeys {
  /** The conversions whose paths make the chain: a condition on `conversion_kind`, `conversion_at` and `closed_at`. */
  conversions: string
  /** The condition on a moment of a visit that ended in nothing. */
  during(column: string): string
  /** The site, and what these conditions have bound. */
  params: Params
}

/** The journeys of days in the time zone of a site. */
export function journeysOf(
  { site, from, to, date }: { site: string; from: string; to: string; date: 'created' | 'closed' },
  timezone: string,
): Journeys {
  const period = { from: 'from', to: 'to' }
  return {
    conversions: conversionsOf(period, date === 'closed'),
    during: (column) => between(column, period),
    params: { site, timezone, from, to },
  }
}

/**
 * The removal effects of all channels over the journeys of a period. No filter of a report has a say in them: a number, and
 * the rows behind it, are under the same weights. Undefined for models that need none.
 */
export async function readRemovalEffects(
  store: Pick<Store, 'query'>,
  { model, terms }: Credit,
  { params, ...journeys }: Journeys,
): Promise<EffectsByKind | undefined> {
  if (!model.chain) return undefined
  const rows = await store.query<{ kind: string; from_step: string; to_step: string; times: string }>(
    transitionsSql(journeys),
    { ...params, ...termParams(terms) },
  )
  const effectsOf = (kind: string) =>
    removalEffects(
      rows
        .filter((row) => row.kind === kind)
        .map(({ from_step, to_step, times }) => ({ from: from_step, to: to_step, times: Number(times) })),
    )
  return { lead: effectsOf('lead'), deal: effectsOf('deal') }
}

/** What the model `markov` has bound: channels, and what each is worth on the way to a lead and to a deal. */
export function effectParams(effects: EffectsByKind | undefined): Params {
  if (!effects) return {}
  const { lead, deal } = effects
  const channels = [...new Set([...lead.effects.keys(), ...deal.effects.keys()])].sort()
  // A list of nothing has no type that `transform` could work with.
  const named = channels.length > 0 ? channels : ['']
  const worth = (of: RemovalEffects) => named.map((name) => Math.round((of.effects.get(name) ?? 0) * CHANNEL_PARTS))
  return { channels: named, lead_effects: worth(lead), deal_effects: worth(deal) }
}

export interface ChannelEffect {
  channel: string
  /** The share of conversions that would be lost without the channel. */
  effect: number
  /** Its part of all effects: what the model is published with, where paths are not told apart. */
  share: number
}

export interface ShownEffects {
  conversion_rate: number
  channels: ChannelEffect[]
}

/** The effects as a report tells them. */
export function showEffects({ lead, deal }: EffectsByKind): { lead: ShownEffects; deal: ShownEffects } {
  return { lead: showChain(lead), deal: showChain(deal) }
}

function showChain({ conversion_rate, effects }: RemovalEffects): ShownEffects {
  const sum = [...effects.values()].reduce((all, effect) => all + effect, 0)
  return {
    conversion_rate: round(conversion_rate),
    channels: [...effects]
      .map(([channel, effect]) => ({ channel, effect: round(effect), share: sum > 0 ? round(effect / sum) : 0 }))
      .toSorted((a, b) => b.effect - a.effect || (a.channel < b.channel ? -1 : 1)),
  }
}

/**
 * How often one channel followed another, counted by the engine: the answer has a line for each pair of channels, whatever
 * the number of visits. A converted journey is the path to one conversion; a lost one is all that somebody did in the period
 * who had no conversion of that kind in it. The same channel again and again is one step: it changes no effect.
 */
function transitionsSql({ conversions, during }: Omit<Journeys, 'params'>): string {
  const direct = `({direct:UInt8} = 1 OR channel NOT IN ('direct', 'internal'))`
  const people = "site = {site:String} AND person != ''"
  return `SELECT kind, step.1 AS from_step, step.2 AS to_step, sum(journeys) AS times
FROM (
  SELECT kind, converted, steps, count() AS journeys
  FROM (
    SELECT toString(conversion_kind) AS kind, toUInt8(1) AS converted, ${stepsSql('(position, toString(channel))', 2)} AS steps
    FROM touchpoints FINAL
    WHERE ${conversions} AND position > 0 AND ${countsSql('')}
    GROUP BY conversion_kind, conversion_fact, conversion
    UNION ALL
    SELECT arrayJoin(arrayFilter(one -> NOT has(reached, one), [${kinds.map((kind) => `'${kind}'`).join(', ')}])) AS kind,
      toUInt8(0) AS converted, steps
    FROM (
      SELECT person, ${stepsSql('(at, toString(channel))', 2)} AS steps
      FROM (
        SELECT person, started_at AS at, channel
        FROM sessions FINAL
        WHERE ${people} AND bot = 0 AND ${during('started_at')} AND ${direct}
        UNION ALL
        SELECT person, at, channel
        FROM call_matches FINAL
        WHERE ${people} AND reason = 'static_number' AND source != '' AND session = '' AND ${during('at')} AND ${direct}
      )
      GROUP BY person
    ) AS visited
    LEFT JOIN (
      SELECT person AS converted_person, groupUniqArray(toString(conversion_kind)) AS reached
      FROM (
        SELECT site, person, kind AS conversion_kind, at AS conversion_at, closed_at
        FROM conversions FINAL
      )
      WHERE ${conversions}
      GROUP BY person
    ) AS others ON visited.person = others.converted_person
  )
  WHERE notEmpty(steps)
  GROUP BY kind, converted, steps
)
ARRAY JOIN arrayZip(arrayPushFront(steps, '${START}'), arrayPushBack(steps, if(converted = 1, '${CONVERTED}', '${LOST}'))) AS step
GROUP BY kind, from_step, to_step`
}

function stepsSql(step: string, channel: number): string {
  return `arrayCompact(arrayMap(one -> one.${channel}, arraySort(groupArray(${step}))))`
}

function round(value: number): number {
  return Math.round(value * 1e9) / 1e9
}
