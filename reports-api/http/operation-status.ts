import { z } from 'zod'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { readCounter } from './read-counter.ts'
import type { LogStatus } from './reports-deps.ts'

/** What the route asks of the parts of a service; what cannot be had is left out of the answer, never waited for. */
export interface OperationStatusOptions {
  version: string
  started_ms: number
  now: Clock
  log_status: () => LogStatus | Promise<LogStatus>
  log_quota_bytes: number
  min_free_bytes: number
  free_bytes(): Promise<number>
  /** What is wrong with ClickHouse; undefined while it answers. */
  store_trouble(): string | undefined
  /** Text for Prometheus, of every process of this service. */
  metrics_text(): Promise<string>
  /** Rows in quarantine by table; undefined while nobody knows. */
  quarantine(): Promise<ReadonlyMap<string, number> | undefined>
  /** What is wrong with processes that take facts, and with their logs, while others go on. */
  intake_troubles(): string[]
  matching_status?: () => object | undefined
  /** How far history is. Rejects while ClickHouse is away. */
  history(): Promise<{ positions: string[]; unread_since_ms: number | undefined }>
}

const count = z.number()
const text = z.string()
const instant = z.iso.datetime()

const OperationStatus = z.object({
  version: text,
  started_at: instant,
  now: instant,
  clickhouse: z.object({ up: z.boolean(), trouble: text.nullable() }),
  log: z.object({
    bytes: count,
    quota_bytes: count,
    age_ms: count.describe('How long the oldest fact waits for ClickHouse'),
    segments_waiting: count,
    last_flush_error: text.nullable(),
    full: z.boolean().describe('Facts are refused'),
  }),
  disk: z.object({ free_bytes: count, min_free_bytes: count }).nullable(),
  facts: z.object({
    accepted: count.describe('Since the start'),
    refused: z.array(z.object({ fact: text, reason: text, count })).describe('Since the start, the most first'),
  }),
  intake_troubles: z
    .array(text)
    .describe('Of several workers: which do not take facts, or do not answer; and logs that cannot be opened'),
  quarantine: z
    .object({ rows: count, tables: z.array(z.object({ table: text, rows: count })) })
    .nullable()
    .describe('Rows that ClickHouse refused and nobody has replayed; null while that is not known'),
  matching: z
    .object({
      running: z.boolean(),
      last_error: text.nullable(),
      lag_ms: count.nullable().describe('How long the oldest fact waits that history does not include'),
      positions: z.array(text),
      processes: z
        .array(
          z.object({ share: text.describe('Such as `2 of 3`'), running: z.boolean(), last_error: text.nullable() }),
        )
        .describe('Where several share the sites'),
    })
    .nullable()
    .describe('Null where matching runs elsewhere'),
})

type Answer = z.infer<typeof OperationStatus>

/** GET /v1/operation: the whole installation at a glance, from memory and the own disk where ClickHouse is away. */
export function operationStatusRoute(app: App, options: OperationStatusOptions): void {
  const schema = {
    tags: ['operation'],
    summary: 'How the installation is: log, disk, ClickHouse, matching, what was refused',
  }
  const config = { scope: 'admin' as const, answer: { schema: OperationStatus } }
  app.get('/v1/operation', { schema, config }, async ({ access }, reply) => {
    // The log and the disk are everybody's: whoever has one of several sites is not told how the others fare.
    if (!access?.reaches('')) throw new Failure('forbidden', 'This token does not reach every site.')
    return reply.header('cache-control', 'no-store').send(await answer(options))
  })
}

async function answer(options: OperationStatusOptions): Promise<Answer> {
  const { version, started_ms, now, store_trouble } = options
  const [log, free_bytes, metrics, quarantine, history] = await Promise.all([
    options.log_status(),
    options.free_bytes().catch(() => undefined),
    options.metrics_text(),
    soon(options.quarantine()),
    store_trouble() === undefined ? soon(options.history()) : undefined,
  ])
  const trouble = store_trouble()
  return {
    version,
    started_at: new Date(started_ms).toISOString(),
    now: new Date(now()).toISOString(),
    clickhouse: { up: trouble === undefined, trouble: trouble ?? null },
    log: {
      bytes: log.bytes,
      quota_bytes: options.log_quota_bytes,
      age_ms: age(log.oldest_ms, now()),
      segments_waiting: log.segments_waiting,
      last_flush_error: log.last_flush_error,
      full: log.full,
    },
    disk: free_bytes === undefined ? null : { free_bytes, min_free_bytes: options.min_free_bytes },
    facts: factsOf(metrics),
    intake_troubles: options.intake_troubles(),
    quarantine: quarantine ? quarantineOf(quarantine) : null,
    matching: options.matching_status ? matchingOf(options.matching_status(), history, log, now()) : null,
  }
}

function factsOf(metrics: string): Answer['facts'] {
  const accepted = readCounter(metrics, 'throughline_facts_accepted_total')
  const refused = readCounter(metrics, 'throughline_facts_refused_total')
  return {
    accepted: accepted.reduce((sum, { value }) => sum + value, 0),
    refused: refused
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => ({ fact: labels.fact ?? '', reason: labels.reason ?? '', count: value }))
      .toSorted((a, b) => b.count - a.count),
  }
}

function quarantineOf(tables: ReadonlyMap<string, number>): NonNullable<Answer['quarantine']> {
  const listed = [...tables].map(([table, rows]) => ({ table, rows })).filter(({ rows }) => rows > 0)
  return { rows: listed.reduce((sum, { rows }) => sum + rows, 0), tables: listed }
}

function matchingOf(
  status: object | undefined,
  history: Awaited<ReturnType<OperationStatusOptions['history']>> | undefined,
  log: LogStatus,
  now_ms: number,
): NonNullable<Answer['matching']> {
  const { running, last_error, processes } = (status ?? {}) as MatchingSays
  // What is still in the log is not in history either; without ClickHouse that is all that is known.
  const waiting = [history?.unread_since_ms, log.oldest_ms ?? undefined].filter((ms) => ms !== undefined)
  const lag_ms = waiting.length > 0 ? age(Math.min(...waiting), now_ms) : history ? 0 : null
  return {
    ...{ running: running === true, last_error: last_error ?? null, lag_ms, positions: history?.positions ?? [] },
    processes: (processes ?? []).map((one) => ({
      share: one.share,
      running: one.running,
      last_error: one.last_error,
    })),
  }
}

/** What of its word is told here. */
interface MatchingSays {
  running?: boolean
  last_error?: string | null
  processes?: NonNullable<Answer['matching']>['processes']
}

function age(since_ms: number | null, now_ms: number): number {
  return since_ms === null ? 0 : Math.max(0, now_ms - since_ms)
}

/** A ClickHouse that takes the question and says nothing must not keep the page from saying so. */
const SOON_MS = 2_000

async function soon<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), SOON_MS)
  })
  return Promise.race([asked.catch(() => undefined), late]).finally(() => clearTimeout(timer))
}
