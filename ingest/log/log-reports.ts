import { type Aggregator, Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { FactTable } from '#storage/fact-tables.ts'

/** The part of pino that the log writes to. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Why an append was not taken. */
export type Refusal = 'quota' | 'disk_low' | 'memory' | 'write_failed' | 'closing'

interface Sources extends Figures {
  metrics: Registry
  log: Logger
}

interface Figures {
  bytes: () => number
  age_ms: () => number
  waiting: () => number
}

export type LogReports = ReturnType<typeof openLogReports>

/** What the log says of itself: each event is a metric and, where someone should read it, a line, written together. */
export function openLogReports({ metrics, log, ...sources }: Sources) {
  const { count, seconds } = metricsOf(metrics, sources)
  return {
    synced(table: FactTable, rows: number, sync_s: number): void {
      count.rows.inc({ table }, rows)
      seconds.sync.observe(sync_s)
    },
    refused(reason: Refusal): void {
      count.refused.inc({ reason })
    },
    writeFailed(table: FactTable, error: unknown): void {
      count.refused.inc({ reason: 'write_failed' })
      log.error({ table, err: errorName(error) }, 'the log cannot be written')
    },
    repeated(rows: number): void {
      count.repeats.inc(rows)
    },
    landed(table: FactTable, segment: number, rows: number, insert_s: number, isAfterFailure: boolean): void {
      seconds.insert.observe({ table }, insert_s)
      seconds.landedAt.setToCurrentTime()
      const fields = { table, segment, rows, insert_s }
      if (isAfterFailure) log.info(fields, 'segment landed after failures')
      else log.debug(fields, 'segment landed')
    },
    /** A trouble that goes on is told once: an hour without ClickHouse is not thousands of lines. */
    flushFailed(table: FactTable, segment: number, error: unknown, isNew: boolean): void {
      count.flushErrors.inc({ table, code: errorCode(error) })
      const fields = { table, segment, err: errorName(error) }
      if (isNew) log.warn(fields, 'segment not landed, will try again')
      else log.debug(fields, 'segment not landed, will try again')
    },
    quarantined(table: FactTable, segment: number, row: number, reason: string): void {
      count.quarantined.inc({ table })
      log.error({ table, segment, row, reason }, 'row refused by ClickHouse, put into quarantine')
    },
    cut(table: FactTable, segment: number, cut_bytes: number): void {
      count.cut.inc({ table })
      log.warn({ table, segment, cut_bytes }, 'segment cut back to its last good commit')
    },
    checkpointNotSynced(error: unknown): void {
      count.checkpointErrors.inc()
      log.warn({ err: errorName(error) }, 'checkpoint not synced')
    },
    windowNotSynced(error: unknown): void {
      count.windowErrors.inc()
      log.warn({ err: errorName(error) }, 'repeat window not synced, will try again')
    },
  }
}

/** The logs of several shards count into the same metrics. */
const counted = new WeakMap<Registry, ReturnType<typeof makeMetrics>>()

function metricsOf(metrics: Registry, source: Figures): ReturnType<typeof makeMetrics> {
  const known = counted.get(metrics) ?? makeMetrics(metrics)
  counted.set(metrics, known)
  known.sources.push(source)
  return known
}

function makeMetrics(metrics: Registry) {
  const sources: Figures[] = []
  gauges(metrics, sources)
  return { count: counters(metrics), seconds: timings(metrics), sources }
}

function counters(metrics: Registry) {
  const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `throughline_${name}`, help, labelNames, registers: [metrics] })
  return {
    rows: counter('log_rows_total', 'Rows synced to the log.', ['table']),
    refused: counter('log_refused_total', 'Appends the log did not take.', ['reason']),
    repeats: counter('log_repeats_total', 'Rows left out because their id was known.'),
    flushErrors: counter('log_flush_errors_total', 'Tries to land a segment that failed, by the name of the error.', [
      'table',
      'code',
    ]),
    quarantined: counter('log_quarantined_total', 'Rows that ClickHouse refused.', ['table']),
    cut: counter('log_cut_total', 'Segments cut back after a crash or a damaged disk.', ['table']),
    checkpointErrors: counter('log_checkpoint_errors_total', 'Times the checkpoint could not be synced at the end.'),
    windowErrors: counter('log_window_errors_total', 'Times the repeat window could not be synced.'),
  }
}

function timings(metrics: Registry) {
  return {
    landedAt: new Gauge({
      name: 'throughline_log_landed_timestamp_seconds',
      help: 'When a segment landed last; 0 when none has since the start.',
      aggregator: 'max',
      registers: [metrics],
    }),
    sync: new Histogram({
      name: 'throughline_log_sync_seconds',
      help: 'Time of one group commit.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers: [metrics],
    }),
    insert: new Histogram({
      name: 'throughline_log_insert_seconds',
      help: 'Time from the first try of a segment to its landing.',
      labelNames: ['table'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
      registers: [metrics],
    }),
  }
}

function gauges(metrics: Registry, sources: readonly Figures[]): void {
  const gauge = (name: string, help: string, value: () => number, aggregator: Aggregator = 'sum') =>
    new Gauge({
      name: `throughline_log_${name}`,
      help,
      aggregator,
      registers: [metrics],
      collect() {
        this.set(value())
      },
    })
  const sum = (figure: 'bytes' | 'waiting') => () => sources.reduce((all, source) => all + source[figure](), 0)
  gauge('bytes', 'Bytes in the log.', sum('bytes'))
  gauge(
    'age_seconds',
    'Age of the oldest row in the log.',
    () => Math.max(...sources.map(({ age_ms }) => age_ms())) / 1000,
    'max',
  )
  gauge('segments_waiting', 'Sealed segments that have not landed.', sum('waiting'))
}

/** Names an error without its text, which can quote a row: `CANNOT_PARSE_NUMBER (72)`, `ECONNREFUSED`. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, type } = error as Error & { code?: unknown; type?: unknown }
  if (typeof type === 'string' && type !== '') return `${type} (${String(code)})`
  if (typeof code === 'string') return code
  // All that the client says of a server that takes a request and is silent: by its name it would be «Error».
  if (error.message === 'Timeout error.') return 'no answer in time'
  return error instanceof LogProblem ? error.message : error.name
}

/** Its name alone: the label of a metric comes from a list that somebody else keeps short. */
function errorCode(error: unknown): string {
  const { code, type } = error as { code?: unknown; type?: unknown }
  if (typeof type === 'string' && type !== '') return type
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : 'other'
}

/** A trouble of the log's own making, whose text is safe to print. */
export class LogProblem extends Error {}
