import { type core, z } from 'zod'
import { encodeRow } from '#ingest/log/encode-row.ts'
import type { Log } from '#ingest/log/log.ts'
import { instantFault } from '#ingest/wire/instant.ts'
import { Receipt } from '#ingest/wire/receipt.ts'
import type { Access } from '#shell/access.ts'
import type { Clock } from '#shell/clock.ts'
import type { App } from '#shell/http.ts'
import type { FactRow, FactTable } from '#storage/fact-tables.ts'
import type { Site } from '#storage/settings/documents.ts'
import { type Body, tableBodies, tokenBodies } from './body.ts'
import { isTooDeep } from './depth.ts'
import { readElements } from './elements.ts'
import { type Intake, invalid, noObject, openIntake, type Refusal } from './intake.ts'
import type { FactName, IntakeMetrics } from './intake-metrics.ts'
import type { SiteIndex } from './site-index.ts'

export interface FactContext {
  site: Site
  received_at: number
  /** The fact as it came, for `GET /v1/facts`. */
  body: string
}

/** Everything a route needs to know of a kind of fact. */
export interface FactKind<Table extends FactTable, Fact extends { site: string }> {
  fact: FactName
  path: string
  table: Table
  schema: z.ZodType<Fact>
  /** Fields that hold a moment: none may lie far ahead. */
  instants: readonly (keyof Fact & string)[]
  /** Whether CSV is taken too, and the columns that its header must have. */
  csv_columns?: readonly string[]
  /** The row, or why there is none. */
  toRow(fact: Fact, context: FactContext): FactRow<Table> | Refusal
  /** Set where one key may stand in a request only once. */
  is_key_unique?: boolean
  summary: string
}

export interface FactDeps {
  sites: SiteIndex
  log: Log
  now: Clock
  metrics: IntakeMetrics
}

const FACT_LENGTH_MAX = 64 * 1024

/** A route that takes facts of one kind: one, an array, or line by line. The answer waits for the disk, never for ClickHouse. */
export function factRoute<Table extends FactTable, Fact extends { site: string }>(
  app: App,
  kind: FactKind<Table, Fact>,
  deps: FactDeps,
): void {
  const limits = kind.csv_columns ? tableBodies : tokenBodies
  app.post(
    kind.path,
    {
      schema: {
        tags: ['facts'],
        summary: kind.summary,
        consumes: ['application/json', 'application/x-ndjson', ...(kind.csv_columns ? ['text/csv'] : [])],
        body: z.union([kind.schema, z.array(kind.schema)]),
        response: { 202: Receipt },
      },
      // Facts are checked one by one in the handler: a bad one must not cost its neighbours.
      validatorCompiler: () => (data) => ({ value: data }),
      config: { scope: 'ingest', bodies: () => limits },
    },
    async (request, reply) => {
      const receipt = await takeFacts(request.body as unknown as Body | undefined, kind, request.access, deps)
      return reply.code(202).header('cache-control', 'no-store').send(receipt)
    },
  )
}

async function takeFacts<Table extends FactTable, Fact extends { site: string }>(
  body: Body | undefined,
  kind: FactKind<Table, Fact>,
  access: Access | undefined,
  { sites, log, now, metrics }: FactDeps,
): Promise<Receipt> {
  const intake = openIntake({ fact: kind.fact, table: kind.table, log, metrics, speaking: ['forbidden'] })
  const received_at = now()
  const seen = new Map<string, number>()
  for await (const elements of readElements(body, kind.csv_columns)) {
    for (const element of elements) {
      const taken =
        'value' in element
          ? readFact(element.value, kind, access, sites, received_at)
          : { field: element.field, message: element.message, reason: 'unreadable' as const }
      if ('reason' in taken) intake.refuse({ index: element.index }, taken)
      else takeOnce(taken, element.index, kind, seen, intake)
    }
    await intake.relieve()
  }
  return intake.finish()
}

function takeOnce<Table extends FactTable, Fact extends { site: string }>(
  { row }: { row: FactRow<Table> },
  index: number,
  kind: FactKind<Table, Fact>,
  seen: Map<string, number>,
  intake: Intake,
): void {
  if (kind.is_key_unique) {
    const key = `${row.site}\n${row.id}`
    const first = seen.get(key)
    if (first !== undefined) {
      const message = `duplicate_key: the same site, date, source, medium, campaign, content and term stand at index ${first}`
      intake.refuse({ index }, { field: 'date', message, reason: 'duplicate_key' })
      return
    }
    seen.set(key, index)
  }
  intake.accept(encodeRow(kind.table, row))
}

function readFact<Table extends FactTable, Fact extends { site: string }>(
  value: unknown,
  kind: FactKind<Table, Fact>,
  access: Access | undefined,
  sites: SiteIndex,
  received_at: number,
): { row: FactRow<Table> } | Refusal {
  if (isTooDeep(value)) return { field: 'body', message: 'is nested too deeply', reason: 'too_deep' }
  if (typeof value !== 'object' || value === null) return noObject
  const parsed = kind.schema.safeParse(value)
  if (!parsed.success) return invalid(parsed.error as core.$ZodError)
  const fact = parsed.data
  const site = sites.get(fact.site)
  // A token of other sites is not told which sites there are.
  if (!access?.reaches(fact.site)) {
    return { field: 'site', message: `This token may not write to site "${fact.site}".`, reason: 'forbidden' }
  }
  if (!site) return { field: 'site', message: `There is no site "${fact.site}".`, reason: 'site_not_found' }
  for (const field of kind.instants) {
    const at_ms = fact[field]
    const fault = typeof at_ms === 'number' ? instantFault(at_ms, received_at) : undefined
    if (fault) return { field, ...fault }
  }
  const body = JSON.stringify(value)
  if (body.length > FACT_LENGTH_MAX) {
    return { field: 'body', message: `is longer than ${FACT_LENGTH_MAX} characters`, reason: 'too_long' }
  }
  const row = kind.toRow(fact, { site: site.document, received_at, body })
  return isRefusal(row) ? row : { row }
}

function isRefusal(row: object): row is Refusal {
  return 'field' in row && 'message' in row
}
