import { HALF_LIFE_DAYS } from '#domain/credit.ts'
import { moneyText } from '#domain/money.ts'
import { creditedTouches } from '#reports-api/registry/attribution.ts'
import { type Credit, termParams } from '#reports-api/registry/attribution-terms.ts'
import { findModel } from '#reports-api/registry/models.ts'
import { effectParams, type Journeys, readRemovalEffects } from '#reports-api/registry/removal-effects-query.ts'
import { keyOf, readUncredited } from '#reports-api/registry/uncredited.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { CreditAnswer } from './credit-answers.ts'
import { creditOf, creditTerms } from './credit-terms.ts'
import { type CreditedPath, type CreditedStep, explainRest, explainStep } from './explain-credit.ts'
import { leadOfId } from './lead-view.ts'
import { type Mask, maskFor } from './mask.ts'
import { ById, OfSite, siteFor, uncached } from './read-query.ts'
import type { Reader } from './reader.ts'
import type { ReportsDeps } from './reports-deps.ts'

const CreditQuery = OfSite.extend({ ...creditTerms, model: creditTerms.model.default('last_non_direct') })

/** Which conversion an id under a path names. */
const conversions = {
  deals: { what: 'deal', sql: "kind = 'deal' AND fact = 'deal' AND id = {id:String}" },
  leads: { what: 'lead', sql: `kind = 'lead' AND fact = 'lead' AND ${leadOfId}` },
  calls: { what: 'inbound call', sql: "kind = 'lead' AND fact = 'call' AND id = {id:String}" },
} as const

/** GET of the path that led to one lead, call or deal: what each touch is credited with, and why. */
export function creditRoutes(app: App, { reader, settings }: ReportsDeps): void {
  for (const [path, { what, sql }] of Object.entries(conversions)) {
    const schema = {
      tags: ['history'],
      summary: `Who is credited with one ${what}, and why`,
      params: ById,
      querystring: CreditQuery,
    }
    const failures = ['fact_not_found', 'unknown_model'] as const
    const config = { scope: 'reports' as const, answer: { schema: CreditAnswer }, failures }
    app.get(`/v1/${path}/:id/credit`, { schema, config }, async (request, reply) => {
      const { query, params } = request
      siteFor(request, settings, query.site)
      const [conversion] = await reader.query<Conversion>(
        `SELECT id, toString(kind) AS kind, toString(fact) AS fact, at, toUnixTimestamp64Milli(at) AS at_ms, value, currency
         FROM conversions FINAL WHERE site = {site:String} AND ${sql} LIMIT 1`,
        { site: query.site, id: params.id },
      )
      if (!conversion) throw new Failure('fact_not_found', `There is no ${what} "${params.id}".`)
      const credit = creditOf(query)
      const answer = await readCredit(reader, { site: query.site, conversion, credit }, maskFor(request.access))
      return reply.headers(uncached).send(answer)
    })
  }
}

interface Conversion {
  id: string
  kind: 'lead' | 'deal'
  fact: string
  at: string
  at_ms: number | string
  value: string | null
  currency: string
}

interface TouchRow {
  position: number
  at: string
  at_ms: number | string
  session: string
  call: string
  channel: string
  source: string
  medium: string
  campaign: string
  content: string
  term: string
  kept: number
  weight: number
  credit: string
  lead?: number
  places?: (number | string)[]
}

interface Asked {
  site: string
  conversion: Conversion
  credit: Credit
}

async function readCredit(reader: Pick<Reader, 'query'>, asked: Asked, mask: Mask) {
  const { site, conversion, credit } = asked
  const { terms } = credit
  const effects = await readRemovalEffects(reader, credit, journeysUpTo(asked))
  const rows = await reader.query<TouchRow>(touchesSql(credit), {
    ...{ site, kind: conversion.kind, fact: conversion.fact, conversion: conversion.id },
    ...termParams(terms),
    ...effectParams(effects),
  })
  const steps = rows.filter(({ position }) => position > 0)
  const rest = rows.find(({ position, weight }) => position === 0 && weight > 0)
  const seen = steps.map(seenStep)
  const path: CreditedPath = {
    ...{ model: terms.model, kind: conversion.kind, steps: seen, conversion_at_ms: Number(conversion.at_ms) },
    lookback_days: terms.lookback_days,
    half_life_days: terms.half_life_days ?? HALF_LIFE_DAYS,
    lead: Number(rows[0]?.lead ?? 0),
    contacts: (rows[0]?.places ?? []).map(Number),
    effects: effects?.[conversion.kind].effects ?? new Map(),
  }
  const model = findModel(terms.model)
  return {
    ...{ id: conversion.id, kind: conversion.kind, fact: conversion.fact, at: conversion.at },
    ...{ value: moneyText(conversion.value), currency: conversion.currency, attribution: terms },
    explanation: model?.description,
    steps: steps.map(({ at_ms: _, kept, lead: __, places: ___, credit: part, session, call, ...row }, index) => ({
      ...mask.free(row),
      ...(call === '' ? { session: session || null } : { call }),
      counted: kept === 1,
      credit: creditText(conversion, part),
      explanation: explainStep(seen[index] as CreditedStep, path),
    })),
    uncredited: rest
      ? { ...(await restOf(reader, asked)), weight: rest.weight, credit: creditText(conversion, rest.credit) }
      : null,
  }
}

function seenStep({ position, at_ms, channel, kept, weight }: TouchRow): CreditedStep {
  return { position, at_ms: Number(at_ms), channel, isCounted: kept === 1, weight }
}

/** Of what has no amount no part is one. */
function creditText({ value }: Conversion, part: string): string | null {
  return value === null ? null : moneyText(part)
}

async function restOf(reader: Pick<Reader, 'query'>, { site, conversion, credit: { terms } }: Asked) {
  const reasons = await readUncredited(reader, site, [conversion], terms)
  const reason = reasons.get(keyOf(conversion)) ?? 'no_touches'
  return { reason, explanation: explainRest(reason, terms) }
}

/** What channels are worth is learnt from all journeys of the look-back before the conversion. */
function journeysUpTo({ site, conversion, credit }: Asked): Journeys {
  const during = (column: string) =>
    `${column} <= fromUnixTimestamp64Milli({upto_ms:Int64})
      AND ${column} >= fromUnixTimestamp64Milli({upto_ms:Int64}) - toIntervalDay({lookback_days:UInt32})`
  return {
    conversions: `site = {site:String} AND ${during('conversion_at')}`,
    during,
    params: { site, upto_ms: Number(conversion.at_ms), lookback_days: credit.terms.lookback_days },
  }
}

const columns = ['session', 'call', 'source', 'medium', 'campaign', 'content', 'term'] as const

/** The touches of one path, and first the row of what no touch takes. */
function touchesSql({ model }: Credit): string {
  const windows = Object.keys(model.windows ?? {})
  const windowsShown = ['asked_in', 'asked_after', 'places'].filter((name) => windows.includes(name))
  const why = [
    ...(windowsShown.includes('asked_in') ? [', if(asked_in > 0, asked_in, asked_after) AS lead'] : []),
    ...(windowsShown.includes('places') ? [', places'] : []),
  ].join('')
  const where = `site = {site:String} AND conversion_kind = {kind:String} AND conversion_fact = {fact:String}
      AND conversion = {conversion:String}`
  const touches = creditedTouches({ model, prefix: '', columns, made: [], where, windowsShown })
  return `SELECT position, at, toUnixTimestamp64Milli(at) AS at_ms, ${columns.join(', ')}, channel, toUInt8(kept) AS kept, weight,
      toDecimal128(toDecimal128(credit_units, 4) / 10000, 4) AS credit${why}
    FROM (${touches})
    ORDER BY position`
}
