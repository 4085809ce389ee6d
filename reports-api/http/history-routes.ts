import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { type FactTable, factTables } from '#storage/fact-tables.ts'
import { DealAnswer, FactAnswer, LeadAnswer, OneCallAnswer, SessionAnswer } from './answers.ts'
import { readCallClock } from './call-clock.ts'
import { callsSql, type JudgedCallRow, shapeJudgedCall } from './call-view.ts'
import { readDealContext } from './deal-context.ts'
import { type DealRow, dealsSql, shapeDeal } from './deal-view.ts'
import { type LeadRow, leadOfId, leadsSql, shapeLead } from './lead-view.ts'
import { type Mask, maskFor } from './mask.ts'
import { ById, OfSite, siteFor, uncached } from './read-query.ts'
import type { ReportsDeps } from './reports-deps.ts'
import { type SessionRow, sessionsSql, shapeSession } from './session-view.ts'

const VERSIONS_MAX = 1000

/** GET of one session, call, lead or deal, and of what was received under an id. */
export function historyRoutes(app: App, { reader, settings }: ReportsDeps): void {
  const failures = ['fact_not_found'] as const
  const one = <Row>(
    path: string,
    what: string,
    sql: string,
    shape: (row: Row, mask: Mask) => object,
    answer: z.ZodType,
    /** What is asked beside the row, of one thing alone. */
    beside: (params: { site: string; id: string }, mask: Mask, row: Row) => Promise<object> = async () => ({}),
  ): void => {
    const schema = { tags: ['history'], summary: `One ${what}`, params: ById, querystring: OfSite }
    const config = { scope: 'reports' as const, answer: { schema: answer }, failures }
    app.get(path, { schema, config }, async (request, reply) => {
      const { site } = request.query as z.output<typeof OfSite>
      const { id } = request.params as z.output<typeof ById>
      siteFor(request, settings, site)
      const [row] = await reader.query<Row>(`${sql} LIMIT 1`, { site, id })
      if (!row) throw new Failure('fact_not_found', `There is no ${what} "${id}".`)
      const mask = maskFor(request.access)
      const also = await beside({ site, id }, mask, row)
      return reply.headers(uncached).send(mask.free({ ...shape(row, mask), ...also }))
    })
  }
  one<SessionRow>('/v1/sessions/:id', 'session', sessionsSql('id = {id:String}'), shapeSession, SessionAnswer)
  const call = callsSql('id = {id:String}')
  one<JudgedCallRow>('/v1/calls/:id', 'call', call, shapeJudgedCall, OneCallAnswer, ({ site }, _, row) =>
    readCallClock(reader, site, row),
  )
  one<LeadRow>('/v1/leads/:id', 'lead', leadsSql(leadOfId, { isOne: true }), shapeLead, LeadAnswer)
  const deal = dealsSql('id = {id:String}', 'conversion = {id:String}', { isOne: true })
  one<DealRow>('/v1/deals/:id', 'deal', deal, shapeDeal, DealAnswer, (params, mask) =>
    readDealContext(reader, params, mask),
  )

  const params = ById.extend({ table: z.enum(['events', 'calls', 'leads', 'deals', 'leases', 'costs']) })
  const schema = { tags: ['history'], summary: 'What was received under an id', params, querystring: OfSite }
  const config = { scope: 'reports' as const, answer: { schema: FactAnswer }, failures }
  app.get('/v1/facts/:table/:id', { schema, config }, async (request, reply) => {
    const { site } = request.query
    const { table, id } = request.params
    siteFor(request, settings, site)
    const rows = await reader.query<FactAsReceived>(factSql(table), { site, id, limit: VERSIONS_MAX })
    if (rows.length === 0) throw new Failure('fact_not_found', `Nothing was received under "${id}".`)
    const mask = maskFor(request.access)
    const versions = rows.map(({ received_at, ...row }) => ({ received_at, body: mask.body(bodyOf(row)) }))
    return reply.headers(uncached).send({ versions })
  })
}

type FactAsReceived = { received_at: string; body?: string } & Record<string, unknown>

/** Facts that come as JSON keep it; of events and leases the columns are all there is. */
function factSql(table: FactTable): string {
  const columns: string[] = Object.keys(factTables[table])
  const shown = columns.includes('body') ? ['received_at', 'body'] : columns.filter((name) => name !== 'site')
  return `SELECT ${shown.map((name) => `\`${name}\``).join(', ')}
    FROM ${table}
    WHERE site = {site:String} AND id = {id:String}
    ORDER BY received_at, node, segment, row
    LIMIT {limit:UInt32}`
}

function bodyOf({ body, ...columns }: Record<string, unknown>): unknown {
  if (typeof body !== 'string')
    return Object.fromEntries(Object.entries(columns).filter(([, value]) => !isEmpty(value)))
  try {
    return JSON.parse(body) as unknown
  } catch {
    // A fact that came as something else than JSON, such as a line of CSV.
    return body
  }
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}
