import { setTimeout as pause } from 'node:timers/promises'
import type { ByteText } from '#domain/byte-text.ts'
import type { Intake } from '#ingest/http/intake.ts'
import type { IntakeMetrics } from '#ingest/http/intake-metrics.ts'
import type { Log } from '#ingest/log/log.ts'
import { REJECTIONS_LISTED_MAX, type Rejection } from '#ingest/wire/receipt.ts'
import { Failure } from '#shell/failure.ts'
import type { ImportProgress } from './import-progress.ts'

/** Gathers the rows of whole lines, and writes them while the next ones are read. */
export interface ImportWriter extends Pick<Intake, 'accept' | 'refuse'> {
  /** Says that the lines before this one were read; waits when much has gathered. */
  reach(line: number): Promise<void> | undefined
  /** Writes what has gathered. */
  finish(): Promise<void>
}

export interface ImportWriterOptions {
  log: Log
  metrics: IntakeMetrics
  progress: ImportProgress
  /** How long a full log is waited for; the sender waits meanwhile. */
  room_wait_ms: number
  /** Ends the wait early. */
  signal: AbortSignal
}

interface Gathered {
  rows: ByteText[]
  ids: string[]
  length: number
  lines: number
  rejected: Rejection[]
  rejected_total: number
  since_ms: number
}

const HELD_ROWS_MAX = 4000
const HELD_LENGTH_MAX = 4 * 1024 ** 2
/** Lines that hold nothing to write count as well. */
const HELD_REJECTED_MAX = 10_000
/** A sender who is slow is told of its durable lines all the same. */
const HELD_MS_MAX = 500
/** With so many faults and not one good fact it is the wrong file, site or token: millions more need not be looked at. */
const HOPELESS_AFTER = 5000
const ROOM_CHECK_MS = 250

export function openImportWriter({ log, metrics, progress, ...waits }: ImportWriterOptions): ImportWriter {
  let gathered = nothing(progress.state.lines)
  let writing: Promise<void> = Promise.resolve()
  let is_any_accepted = progress.state.accepted > 0
  let refused = 0

  /** One write is on its way while the next is gathered; memory holds the rows of two. */
  async function flush(): Promise<void> {
    const full = gathered
    gathered = nothing(full.lines)
    await writing
    writing = write(full)
    // Whoever flushes next is told.
    writing.catch(() => {})
  }

  async function write({ rows, ids, lines, rejected, rejected_total }: Gathered): Promise<void> {
    const position = rows.length === 0 ? '' : await appendWhenRoom(log, { rows, ids }, waits)
    metrics.accepted('event', rows.length)
    progress.advance({ lines, accepted: rows.length, rejected, rejected_total, position })
  }

  return {
    accept(row, id) {
      is_any_accepted = true
      gathered.rows.push(row)
      gathered.length += row.length
      if (id !== undefined) gathered.ids.push(id)
    },
    refuse(place, { reason, field, message }) {
      metrics.refused('event', reason)
      gathered.rejected_total += 1
      if (gathered.rejected.length < REJECTIONS_LISTED_MAX) gathered.rejected.push({ ...place, field, message })
      refused += 1
      if (!is_any_accepted && refused >= HOPELESS_AFTER) throw hopeless(refused, { ...place, field, message })
    },
    reach(line) {
      gathered.lines = line
      return isMuch(gathered) ? flush() : undefined
    },
    async finish() {
      if (gathered.lines > progress.state.lines) await flush()
      await writing
    },
  }
}

function nothing(lines: number): Gathered {
  return { rows: [], ids: [], length: 0, lines, rejected: [], rejected_total: 0, since_ms: performance.now() }
}

function hopeless(rejected_total: number, last: Rejection): Failure {
  const why = `None of ${rejected_total} was accepted; last: ${last.field} ${last.message}`
  return new Failure('nothing_accepted', why, { field: last.field, details: { rejected_total, rejected: [last] } })
}

function isMuch({ rows, length, rejected_total, since_ms }: Gathered): boolean {
  if (rows.length >= HELD_ROWS_MAX || length >= HELD_LENGTH_MAX || rejected_total >= HELD_REJECTED_MAX) return true
  return performance.now() - since_ms >= HELD_MS_MAX
}

/** Rows that were written in part are known by their ids at the next try. */
async function appendWhenRoom(
  log: Log,
  { rows, ids }: { rows: ByteText[]; ids: string[] },
  { room_wait_ms, signal }: Pick<ImportWriterOptions, 'room_wait_ms' | 'signal'>,
): Promise<string> {
  const until_ms = performance.now() + room_wait_ms
  for (;;) {
    try {
      return await log.append([{ table: 'events', rows, ids }])
    } catch (error) {
      const isFull = error instanceof Failure && error.code === 'log_full'
      if (!isFull || signal.aborted || performance.now() >= until_ms) throw error
    }
    // An end of the wait is no failure of its own: the next try says how the log is.
    await pause(ROOM_CHECK_MS, undefined, { signal }).catch(() => {})
  }
}
