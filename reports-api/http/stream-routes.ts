import type { z } from 'zod'
import { creditModels } from '#domain/credit.ts'
import { moneyText } from '#domain/money.ts'
import { creditedTouches } from '#reports-api/registry/attribution.ts'
import { type Credit, termParams } from '#reports-api/registry/attribution-terms.ts'
import { effectParams, readRemovalEffects } from '#reports-api/registry/removal-effects-query.ts'
import { uncreditedSql } from '#reports-api/registry/uncredited.ts'
import type { App } from '#shell/http.ts'
import type { Params } from '#storage/client.ts'
import {
  CallAnswer,
  ConversionAnswer,
  DealAnswer,
  IdentityAnswer,
  LeadAnswer,
  LeaseAnswer,
  SessionAnswer,
  TouchpointAnswer,
} from './answers.ts'
import { callsSql, type JudgedCallRow, shapeJudgedCall } from './call-view.ts'
import { creditOf, creditTerms } from './credit-terms.ts'
import { type DealRow, dealsSql, shapeDeal } from './deal-view.ts'
import { type JudgedRow, judgedColumns, shapeJudgement } from './judgement.ts'
import { type LeadRow, leadsSql, shapeLead } from './lead-view.ts'
import { type Mask, maskFor } from './mask.ts'
import { sendLines } from './ndjson.ts'
import { OfSite, Period, periodSql, siteFor } from './read-query.ts'
import type { ReportsDeps } from './reports-deps.ts'
import { type SessionRow, sessionsSql, shapeSession } from './session-view.ts'

type PeriodQuery = z.output<typeof Period>

/** Streams of history, one JSON object a line, in the order of the tables' keys so that none has to be sorted in memory. */
export function streamRoutes(app: App, deps: ReportsDeps): void {
  const { reader, settings } = deps
  const many = <Row>(
    name: string,
    column: string,
    /** By a condition on the period, and the same on another column. */
    sql: (where: string, during: (column: string) => string) => string,
    shape: (row: Row, mask: Mask) => object,
    line: z.ZodType,
  ): void => {
    const schema = { tags: ['streams'], summary: `All ${name} of a period, one a line`, querystring: Period }
    app.get(`/v1/${name}`, { schema, config: { scope: 'reports', answer: linesOf(line) } }, (request, reply) => {
      const query = request.query as PeriodQuery
      const { timezone } = siteFor(request, settings, query.site)
      const { sql: where, params } = periodSql(column, query, timezone)
      const mask = maskFor(request.access)
      const rows = reader.stream<Row>(
        sql(where, (other) => periodSql(other, query, timezone).sql),
        { site: query.site, ...params },
      )
      return sendLines(reply, rows, (row) => mask.free(shape(row, mask)))
    })
  }
  many<SessionRow>(
    'sessions',
    'started_at',
    (where) => `${sessionsSql(`bot = 0 AND ${where}`)} ORDER BY site, id`,
    shapeSession,
    SessionAnswer,
  )
  many<JudgedCallRow>('calls', 'at', (where) => `${callsSql(where)} ORDER BY site, id`, shapeJudgedCall, CallAnswer)
  many<LeadRow>('leads', 'at', (where) => leadsSql(where), shapeLead, LeadAnswer)
  many<DealRow>(
    'deals',
    'created_at',
    (where, during) => dealsSql(where, during('conversion_at')),
    shapeDeal,
    DealAnswer,
  )
  many<ConversionRow>('conversions', 'at', conversionsSql, shapeConversion, ConversionAnswer)
  many<LeaseRow>('leases', '`from`', leasesSql, shapeLease, LeaseAnswer)
  identityRoute(app, deps)
  touchpointRoute(app, deps)
}

/** A stream as the reference shows it: the schema is that of a line. */
function linesOf(schema: z.ZodType) {
  return { type: 'application/x-ndjson', description: 'One a line', schema }
}

interface ConversionRow extends JudgedRow {
  kind: string
  value: string | null
  session: string
  person: string
  visitor: string
  why: string
}

function conversionsSql(where: string, during: (column: string) => string): string {
  return `SELECT id, kind, fact, at, closed_at, lead_kind, status, stage, reason, manager, project, value, currency, person,
    visitor, session, talk, number, pool, touches,
    ${uncreditedSql(during('conversion_at'))} AS why, also, ${judgedColumns.join(', ')}
    FROM conversions FINAL
    WHERE site = {site:String} AND ${where}
    ORDER BY site, kind, fact, id`
}

function shapeConversion(row: ConversionRow, mask: Mask) {
  const {
    target_auto: _,
    fraud_score: __,
    fraud_signs: ___,
    verdict: ____,
    first: _____,
    target: ______,
    why,
    ...said
  } = row
  const { first, target, verdict, fraud } = shapeJudgement(row, mask)
  return {
    ...said,
    value: moneyText(row.value),
    person: row.person || null,
    session: row.session || null,
    visitor: row.visitor || null,
    uncredited: why || null,
    ...{ first, target },
    // A deal is no request: nobody judges it.
    ...(row.kind === 'lead' && { verdict, fraud }),
  }
}

interface LeaseRow {
  session: string
  visitor: string
}

/** Of every lease the newest change. A missed one has no number: nobody was shown any. */
function leasesSql(where: string): string {
  return `SELECT id, change, pool, number, visitor, session, \`from\`, seen, \`to\`
    FROM leases
    WHERE site = {site:String} AND ${where}
    ORDER BY number, \`from\`, session, received_at DESC, node DESC, segment DESC, row DESC
    LIMIT 1 BY number, session, \`from\``
}

function shapeLease(row: LeaseRow) {
  return row
}

function identityRoute(app: App, { reader, settings }: ReportsDeps): void {
  const schema = { tags: ['streams'], summary: 'Every identifier and whose it is, one a line', querystring: OfSite }
  app.get(
    '/v1/identities',
    { schema, config: { scope: 'reports', answer: linesOf(IdentityAnswer) } },
    (request, reply) => {
      const { site } = request.query
      siteFor(request, settings, site)
      const mask = maskFor(request.access)
      const rows = reader.stream<{ kind: string; value: string; person: string; shared: number }>(
        `SELECT kind, value, person, shared FROM identities FINAL WHERE site = {site:String} ORDER BY site, kind, value`,
        { site },
      )
      return sendLines(reply, rows, ({ kind, value, person, shared }) => ({
        kind,
        value: mask.identifier(kind, value),
        person: shared === 1 ? null : person || null,
        ...(shared === 1 && { shared: true }),
      }))
    },
  )
}

const TouchpointsQuery = Period.extend({
  ...creditTerms,
  model: creditTerms.model.describe(
    `Adds \`weight\` and \`credit\` under this attribution model: ${creditModels.join(', ')}`,
  ),
})

const touchColumns = [
  'status',
  'currency',
  'person',
  'length',
  'session',
  'call',
  'source',
  'medium',
  'campaign',
  'content',
  'term',
] as const

interface TouchRow extends Record<string, unknown> {
  value: string | null
  credit?: string
  session: string
  call: string
  person: string
}

function touchpointRoute(app: App, { reader, settings }: ReportsDeps): void {
  const schema = { tags: ['streams'], summary: 'Every step of every path, one a line', querystring: TouchpointsQuery }
  const config = { scope: 'reports' as const, answer: linesOf(TouchpointAnswer), failures: ['unknown_model'] as const }
  app.get('/v1/touchpoints', { schema, config }, async (request, reply) => {
    const { query } = request
    const { timezone } = siteFor(request, settings, query.site)
    const { sql, params } = periodSql('conversion_at', query, timezone)
    const where = `site = {site:String} AND ${sql}`
    const bound: Params = { site: query.site, ...params }
    const credit = query.model === undefined ? undefined : creditOf({ ...query, model: query.model })
    const effects =
      credit &&
      (await readRemovalEffects(reader, credit, {
        conversions: where,
        during: (column) => periodSql(column, query, timezone).sql,
        params: bound,
      }))
    const mask = maskFor(request.access)
    const rows = reader.stream<TouchRow>(touchpointsSql(credit, where), {
      ...bound,
      ...(credit && termParams(credit.terms)),
      ...effectParams(effects),
    })
    return sendLines(reply, rows, ({ session, call, person, value, credit, ...row }) => ({
      ...mask.free(row),
      value: moneyText(value),
      ...(credit !== undefined && { credit: moneyText(credit) }),
      person: person || null,
      ...(call === '' ? { session: session || null } : { call }),
    }))
  })
}

/** With a model also the row that takes what no touch can be credited with: the weights of a conversion add up to one. */
function touchpointsSql(credit: Credit | undefined, where: string): string {
  const shown = `conversion, conversion_kind, conversion_fact, conversion_at, status, value, currency, person, position, length,
    at, session, call, channel, source, medium, campaign, content, term`
  const order = 'ORDER BY conversion_kind, conversion_fact, conversion, position'
  if (!credit) return `SELECT ${shown} FROM touchpoints FINAL WHERE ${where} AND position > 0 ${order}`
  const { model } = credit
  const touches = creditedTouches({ model, prefix: '', columns: touchColumns, made: [], where })
  return `SELECT ${shown}, weight, toDecimal128(toDecimal128(credit_units, 4) / 10000, 4) AS credit
    FROM (${touches})
    WHERE position > 0 OR parts > 0
    ${order}`
}
