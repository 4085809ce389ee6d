import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Registry } from 'prom-client'
import { joinPositions, type Position } from '#domain/position.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { Store } from '#storage/client.ts'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { openRepeats } from './claim-ids.ts'
import { type OpenFile, openFile, syncFolder } from './durable-file.ts'
import { lockFolder } from './lock-folder.ts'
import { type Logger, type LogReports, openLogReports, type Refusal } from './log-reports.ts'
import { nodeName } from './node-name.ts'
import { newestSegment, recoverSegments } from './recover-segments.ts'
import { openRepeatWindow } from './repeat-window.ts'
import type { LogRepeats, Repeats } from './repeats.ts'
import { openRoom } from './room.ts'
import type { Segment } from './segment.ts'
import { type SegmentLimits, segmentLimits } from './table-appender.ts'
import { TableLog } from './table-log.ts'
import { type Batch, openBatchWrites } from './write-batches.ts'

/** The durable log: what it has taken reaches ClickHouse, once, whatever dies in between. */
export interface Log {
  /** Resolves, with the position of the write, when every row is synced. Takes all rows or rejects with `log_full`. */
  append(batches: Batch[]): Promise<string>
  status(): LogStatus
  /** Seals what is open, waits a while for ClickHouse, closes the files. */
  close(): Promise<void>
}

export interface LogStatus {
  node: string
  bytes: number
  /** When the oldest row in the log came. */
  oldest_ms: number | null
  segments_waiting: number
  last_flush_error: string | null
  /** True while appends are answered `log_full`. */
  full: boolean
  /** Why they are. */
  full_because: Refusal | null
  /** The greatest segment of each table that is in ClickHouse. */
  landed: Record<FactTable, number>
  /** What was taken and is not in ClickHouse yet: the greatest segment of each table that has such rows. */
  on_the_way: Position
}

export interface LogOptions {
  dir: string
  /** Undefined, or throwing, while ClickHouse is away. */
  store: () => Store | undefined
  quota_bytes: number
  /** The logs that share the quota: each adds here what tells its bytes. */
  quota_with?: (() => number)[]
  now: Clock
  metrics: Registry
  log: Logger
  onLanded?: (table: FactTable, segment: number) => void
  /** Appends are refused while the disk has less room than this. */
  min_free_bytes?: number
  /** How long to wait for a process that is leaving the folder. */
  lock_wait_ms?: number
  /** How long closing waits for ClickHouse; what has not landed then lands after the next start. */
  close_wait_ms?: number
  limits?: Partial<SegmentLimits>
  open?: OpenFile
  /** The memory of ids, where logs share one; else the log has one of its own in its folder. */
  repeats?: Repeats
}

/** Opens the log in a folder that no other process may have open. ClickHouse need not be there. */
export async function openLog(options: LogOptions): Promise<Log> {
  const { dir, now, lock_wait_ms = 5_000, open = openFile } = options
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(dir, { wait_ms: lock_wait_ms })
  let checkpoint: Checkpoint | undefined
  try {
    const node = await nodeName(dir)
    checkpoint = await openCheckpoint(join(dir, 'checkpoint'), open)
    const tables = new Map<FactTable, TableLog>()
    const reports = openLogReports({ ...options, ...figures(tables, now) })
    const shared = options.repeats ?? openRepeats(await openRepeatWindow({ dir: join(dir, 'window'), now, open }))
    const repeats = shared.join(reports.repeated)
    const limits = { ...segmentLimits, ...options.limits }
    const onLanded = options.onLanded ?? (() => {})
    const recovered = await recoverAll({ dir, checkpoint, repeats, reports })
    for (const table of factTableNames)
      tables.set(table, new TableLog({ ...options, table, node, reports, limits, checkpoint, repeats, onLanded, open }))
    const log = await composeLog({ options, node, checkpoint, repeats, tables, reports, lock })
    // From here on nothing can fail: a writer must not be at work in a folder that is given back.
    for (const segment of recovered) tables.get(segment.table)?.send(segment)
    repeats.opened(
      node,
      [...tables.values()].reduce<Position>((sum, table) => joinPositions(sum, table.reached), []),
    )
    return log
  } catch (error) {
    await checkpoint?.close()
    await lock.release()
    throw error
  }
}

interface Parts {
  options: LogOptions
  node: string
  checkpoint: Checkpoint
  repeats: LogRepeats
  tables: ReadonlyMap<FactTable, TableLog>
  reports: LogReports
  lock: { release(): Promise<void> }
}

async function composeLog({ options, node, checkpoint, repeats, tables, reports, lock }: Parts): Promise<Log> {
  const { dir, now, quota_bytes, min_free_bytes = 256 * 1024 * 1024, close_wait_ms = 10_000 } = options
  const figure = figures(tables, now)
  let waiting_chars = 0
  let isClosing = false
  const used = bytesOfAll(options, figure.bytes)
  const room = await openRoom({ dir, quota_bytes, min_free_bytes, used, waiting: () => waiting_chars })
  const refusal = (chars: number): Refusal | undefined => (isClosing ? 'closing' : room.refusal(chars))
  // Near the quota a small append may still fit where those that come do not: the status speaks for what was refused.
  let refused_chars = 0
  const refusalNow = (): Refusal | undefined => {
    const reason = refusal(refused_chars)
    if (!reason) refused_chars = 0
    return reason
  }

  const { write, positionOf, writeAll } = openBatchWrites({ node, tables, repeats })
  return {
    append(batches) {
      const filled = batches.filter(({ rows }) => rows.length > 0)
      const chars = charsOf(filled)
      const reason = refusal(chars)
      if (reason) {
        refused_chars = Math.min(chars, usual_chars_max)
        reports.refused(reason)
        return Promise.reject(refusedFailure(reason))
      }
      waiting_chars += chars
      const failed = (error: unknown) => {
        waiting_chars -= chars
        throw error instanceof Failure ? error : refusedFailure('write_failed', error)
      }
      const landed = (position: string) => {
        waiting_chars -= chars
        return position
      }
      const [only] = filled
      // Chained by hand: for a post an async function costs as much as finding out whether its id is new.
      return only && filled.length === 1
        ? write(only).then((written) => landed(positionOf(only.table, written)), failed)
        : writeAll(filled).then(landed, failed)
    },
    status: () => ({
      node,
      bytes: figure.bytes(),
      oldest_ms: figure.oldest_ms(),
      segments_waiting: figure.waiting(),
      last_flush_error: [...tables.values()].find(({ lastError }) => lastError)?.lastError ?? null,
      full: refusalNow() !== undefined,
      full_because: refusalNow() ?? null,
      landed: numbersOf(checkpoint.landed),
      on_the_way: [...tables.values()].reduce<Position>((sum, table) => joinPositions(sum, table.onTheWay), []),
    }),
    async close() {
      if (isClosing) return
      isClosing = true
      await Promise.all([...tables.values()].map((table) => table.close(close_wait_ms)))
      await repeats.sync().catch((error: unknown) => reports.windowNotSynced(error))
      // What a full disk does not take here, the next start reads from the files of the segments.
      await checkpoint.save().catch((error: unknown) => reports.checkpointNotSynced(error))
      await checkpoint.close()
      await lock.release()
    },
  }
}

function bytesOfAll({ quota_with = [] }: LogOptions, own: () => number): () => number {
  quota_with.push(own)
  return () => {
    let sum = 0
    for (const bytes of quota_with) sum += bytes()
    return sum
  }
}

/** An append that is larger is no measure: it may never fit. */
const usual_chars_max = 256 * 1024

async function recoverAll(
  parts: Pick<Parts, 'checkpoint' | 'repeats' | 'reports'> & { dir: string },
): Promise<Segment[]> {
  const { dir, checkpoint, repeats, reports } = parts
  for (const table of factTableNames) {
    const last = await newestSegment(dir, table)
    checkpoint.last[table] = Math.max(checkpoint.last[table] ?? 0, last)
  }
  await syncFolder(dir)
  await syncFolder(dirname(dir))
  // Before anything is removed: a number that a file bore is not given out again.
  await checkpoint.save()
  const segments: Segment[] = []
  for (const table of factTableNames)
    segments.push(...(await recoverSegments(dir, table, { reportCut: reports.cut, takeHashes: repeats.recovered })))
  return segments
}

function figures(tables: ReadonlyMap<FactTable, TableLog>, now: Clock) {
  const segments = () => [...tables.values()].flatMap((table) => table.segments)
  /** Asked by every append, so it makes nothing. */
  const bytes = () => {
    let sum = 0
    for (const table of tables.values()) sum += table.bytes
    return sum
  }
  const oldest_ms = () =>
    segments().reduce<number | null>((oldest, { opened_at_ms }) => Math.min(oldest ?? opened_at_ms, opened_at_ms), null)
  return {
    bytes,
    waiting: () => [...tables.values()].reduce((sum, table) => sum + table.waiting, 0),
    oldest_ms,
    age_ms: () => Math.max(0, now() - (oldest_ms() ?? now())),
  }
}

function numbersOf(segments: Checkpoint['landed']): Record<FactTable, number> {
  return Object.fromEntries(factTableNames.map((table) => [table, segments[table] ?? 0])) as Record<FactTable, number>
}

function charsOf(batches: readonly Batch[]): number {
  let chars = 0
  for (const { rows } of batches) for (const row of rows) chars += row.length
  return chars
}

function refusedFailure(reason: Refusal, cause?: unknown): Failure {
  const [message, retry_after_s] = refusals[reason]
  return new Failure('log_full', message, { retry_after_s, ...(cause !== undefined && { cause }) })
}

/** What a caller is told, and how many seconds to stay away. */
const refusals = {
  quota: ['The log has reached its quota.', 10],
  disk_low: ['The disk of the log is nearly full.', 10],
  memory: ['Too much waits for the disk of the log.', 1],
  write_failed: ['The log cannot be written.', 5],
  closing: ['The log is closing.', 2],
} as const satisfies Record<Refusal, [message: string, retry_after_s: number]>
