import { setTimeout as pause } from 'node:timers/promises'
import type { ByteText } from '#domain/byte-text.ts'
import type { Clock } from '#shell/clock.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { LogReports } from './log-reports.ts'
import type { Told } from './repeats.ts'
import type { Segment } from './segment.ts'
import type { OpenSegment } from './segment-writer.ts'
import { StagedRows, type Taken } from './staged-rows.ts'

/** When a segment is full or old enough to go. */
export interface SegmentLimits {
  rows_max: number
  bytes_max: number
  /** A lone fact goes to ClickHouse so long after it came. */
  seal_after_ms: number
  /** Each row lets its segment wait a little for more of them, up to so much longer in all. */
  seal_stretch_ms_max: number
  /**
   * A commit begins so long after the one before, if that had `gather_rows` or more: what comes that fast had better share
   * a sync. A page that asks alone never waits.
   */
  gather_ms: number
  gather_rows: number
}

export const segmentLimits: SegmentLimits = {
  rows_max: 200_000,
  bytes_max: 64 * 1024 * 1024,
  seal_after_ms: 200,
  seal_stretch_ms_max: 500,
  gather_ms: 2,
  gather_rows: 8,
}

export interface AppenderOptions {
  table: FactTable
  limits: SegmentLimits
  now: Clock
  reports: LogReports
  /** Makes the files of the next segment. */
  create(): Promise<OpenSegment>
  /** Called with the hashes of ids whose rows are synced. */
  synced(hashes: Uint32Array): void
  /** Takes over a segment that gets no more rows. It has at least one. */
  sealed(segment: Segment): void
  /** Removes the files of a segment that never got a row. Never rejects. */
  discard(segment: Segment): Promise<void>
  /** Takes off what a failed commit has left, if the disk allows. Never rejects. */
  cut(segment: Segment): Promise<void>
  /** True while earlier segments of the table wait for ClickHouse: more rows had better join this one. */
  isWriterBusy(): boolean
}

/** Rows that wait to be written, from one call. */
interface Entry {
  rows: number
  hashes: Uint32Array
  /** Rows that are synced. */
  done: number
  told: Told
}

/** One commit is cut here, unless it is a single row that is longer. */
const commit_bytes_max = 1_500_000
/** Above the longest row there can be. */
const row_bytes_max = 4_500_000
const stretch_ms_per_row = 0.8

/** Appends rows of one table: all calls that wait are written and synced together, by one loop, in their order. */
export class TableAppender {
  readonly #options: AppenderOptions
  readonly #waiting = new StagedRows<Entry>(commit_bytes_max)
  #open: OpenSegment | undefined
  #opened_ms = 0
  #closing: Segment | undefined
  #timer: NodeJS.Timeout | undefined
  #isSealWanted = false
  /** The last commit. */
  #last = { began_ms: 0, rows: 0 }
  #running: Promise<void> | undefined

  constructor(options: AppenderOptions) {
    this.#options = options
  }

  /** The segment that takes rows now, or has just stopped to and is not sealed yet: its rows count all the while. */
  get open(): Segment | undefined {
    return this.#open?.segment ?? this.#closing
  }

  /** Not a promise: of fifty posts that share a commit each would cost more than its part of the write. */
  append(rows: readonly ByteText[], hashes: Uint32Array, told: Told): void {
    this.#waiting.add(rows, { rows: rows.length, hashes, done: 0, told })
    this.#kick()
  }

  /** Seals the open segment if its time has come; called when the writer has nothing to do. */
  sealIfDue(): void {
    clearTimeout(this.#timer)
    if (!this.#open) return
    const { seal_after_ms, seal_stretch_ms_max } = this.#options.limits
    const stretch_ms = Math.min(seal_stretch_ms_max, (this.#open.segment.rows - 1) * stretch_ms_per_row)
    const wait_ms = this.#opened_ms + seal_after_ms + stretch_ms - performance.now()
    if (wait_ms > 0) {
      this.#timer = setTimeout(() => this.sealIfDue(), Math.ceil(wait_ms))
    } else if (!this.#options.isWriterBusy()) {
      this.#isSealWanted = true
      this.#kick()
    }
  }

  /** Writes what waits, then seals what is open. */
  async close(): Promise<void> {
    this.#isSealWanted = true
    this.#kick()
    await this.#running
    clearTimeout(this.#timer)
  }

  #kick(): void {
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    try {
      // Starting a tick later lets calls made together share their first commit.
      await Promise.resolve()
      while (!this.#waiting.isEmpty || this.#isSealWanted) {
        if (this.#isSealWanted) await this.#seal()
        else if (this.#open && isOtherMonth(this.#open.segment, this.#options.now())) await this.#seal()
        else {
          await this.#gather()
          await this.#commit()
        }
      }
    } finally {
      // In the same tick as the last look at the entries: one that came in between would wait for ever.
      this.#running = undefined
    }
  }

  async #gather(): Promise<void> {
    const { gather_ms, gather_rows } = this.#options.limits
    if (this.#last.rows < gather_rows) return
    const wait_ms = this.#last.began_ms + gather_ms - performance.now()
    if (wait_ms > 0) await pause(wait_ms)
  }

  async #commit(): Promise<void> {
    const { table, reports, limits } = this.#options
    try {
      this.#open ??= await this.#start()
    } catch (error) {
      reports.writeFailed(table, error)
      this.#waiting.dropAll(({ told }) => told.refused(error))
      return
    }
    const { segment } = this.#open
    const taken = this.#waiting.take(segment.rows, limits.rows_max - segment.rows, commit_bytes_max)
    const hashes = hashesOf(taken)
    const started_ms = performance.now()
    this.#last = { began_ms: started_ms, rows: taken.rows }
    try {
      await this.#open.commit(taken.data, taken.rows, hashes)
    } catch (error) {
      reports.writeFailed(table, error)
      const failed = new Set(taken.parts.map(({ owner }) => owner))
      this.#waiting.drop(failed)
      // After a failed sync nobody knows what the file holds beyond the last commit: it takes no more rows. What is
      // refused now is sent again, and must not come back from this file after a crash: cut before anybody is told.
      await this.#seal()
      for (const { told } of failed) told.refused(error)
      return
    } finally {
      taken.release()
    }
    reports.synced(table, taken.rows, (performance.now() - started_ms) / 1000)
    if (hashes.length > 0) this.#options.synced(hashes)
    for (const { owner, rows } of taken.parts) {
      owner.done += rows
      if (owner.done === owner.rows) owner.told.synced(segment.segment)
    }
    // The next commit must fit too.
    if (segment.rows >= limits.rows_max || segment.bytes + row_bytes_max > limits.bytes_max) await this.#seal()
  }

  async #start(): Promise<OpenSegment> {
    const open = await this.#options.create()
    this.#opened_ms = performance.now()
    this.#timer = setTimeout(() => this.sealIfDue(), this.#options.limits.seal_after_ms)
    return open
  }

  async #seal(): Promise<void> {
    this.#isSealWanted = false
    clearTimeout(this.#timer)
    const open = this.#open
    this.#open = undefined
    if (!open) return
    const { segment } = open
    this.#closing = segment
    await open.close()
    if (segment.rows === 0) await this.#options.discard(segment)
    else if (segment.is_torn) await this.#options.cut(segment)
    this.#closing = undefined
    if (segment.rows > 0) this.#options.sealed(segment)
  }
}

/** Those of the ids in it, two numbers an id; the calls that took part are not moved on yet. */
function hashesOf({ parts }: Taken<Entry>): Uint32Array {
  let numbers = 0
  for (const { owner, rows } of parts) if (owner.hashes.length > 0) numbers += 2 * rows
  const hashes = new Uint32Array(numbers)
  let to = 0
  for (const { owner, rows } of parts) {
    // Number by number: most calls have two, and to make a view of them would take longer.
    const end = Math.min((owner.done + rows) * 2, owner.hashes.length)
    for (let from = owner.done * 2; from < end; from++) hashes[to++] = owner.hashes[from] as number
  }
  return hashes
}

function isOtherMonth({ opened_at_ms }: Segment, now_ms: number): boolean {
  return monthOf(opened_at_ms) !== monthOf(now_ms)
}

/** Months since 1970, in UTC, as ClickHouse cuts partitions. */
function monthOf(at_ms: number): number {
  const date = new Date(at_ms)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}
