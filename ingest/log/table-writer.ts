import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import { findRefusedRows, mayBeRow, quarantineRows, recallRefusedRows } from './find-refused-rows.ts'
import { confirmSegment, endInsert, insertSegment, isNamed } from './insert-segment.ts'
import { errorName, LogProblem, type LogReports } from './log-reports.ts'
import type { Segment } from './segment.ts'

export interface WriterOptions {
  store: () => Store | undefined
  now: Clock
  reports: LogReports
  /** Brings the files in order before they are read; false when no row is left. */
  prepare(segment: Segment): Promise<boolean>
  /** Called when the segment is in, or gone; removes its files. */
  finish(segment: Segment): Promise<void>
  /** Called when nothing waits any more. */
  idle(): void
}

const pause_min_ms = 100
const pause_max_ms = 5_000

/** Takes the segments of one table to ClickHouse, one after the other, in their order, however long it takes. */
export class TableWriter {
  readonly #options: WriterOptions
  readonly #queue: Segment[] = []
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #finishing: Promise<void> | undefined
  #lastError: string | undefined

  constructor(options: WriterOptions) {
    this.#options = options
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** The last failure, until a segment lands. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  push(segment: Segment): void {
    this.#queue.push(segment)
    this.#running ??= this.#run()
  }

  /** Resolves when the queue is empty, or the time is up. */
  async drained(wait_ms: number): Promise<void> {
    if (this.#running) await Promise.race([this.#running, pause(wait_ms, undefined, { ref: false })])
  }

  /** Gives up waiting. An insert on its way may still end well; the next start finds that out. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    // Files must not go away any more once the folder is given to another process.
    await Promise.allSettled([this.#finishing])
  }

  async #run(): Promise<void> {
    try {
      for (let segment = this.#queue[0]; segment && !this.#isStopped; segment = this.#queue[0]) {
        await this.#land(segment)
        if (this.#isStopped) return
        this.#queue.shift()
        this.#lastError = undefined
        if (this.#queue.length === 0) this.#options.idle()
      }
    } finally {
      // In the same tick as the last look at the queue: a segment pushed in between would wait for ever.
      this.#running = undefined
    }
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #land(segment: Segment): Promise<void> {
    const { now, reports, finish } = this.#options
    const started_ms = performance.now()
    // Tried until it is in: the one way out is a stop, after which the next start goes on.
    for (let tries = 0; !this.#isStopped; tries++) {
      try {
        if (await this.#try(segment, tries)) {
          const landed = segment.rows - segment.refused.length
          const took_s = (performance.now() - started_ms) / 1000
          reports.landed(segment.table, segment.segment, landed, took_s, tries > 0)
        }
        if (this.#isStopped) return
        this.#finishing = finish(segment)
        await this.#finishing
        return
      } catch (error) {
        if (this.#isStopped) return
        const isNew = errorName(error) !== this.#lastError
        this.#lastError = errorName(error)
        reports.flushFailed(segment.table, segment.segment, error, isNew)
        if (mayBeRow(error, tries) && (await this.#quarantine(segment, now()))) continue
        await this.#pause(tries)
      }
    }
  }

  async #try(segment: Segment, tries: number): Promise<boolean> {
    const store = this.#store()
    if (!(await this.#options.prepare(segment))) return false
    const isFirst = tries === 0 && !segment.is_recovered
    if (!isFirst) {
      await endInsert(store, segment)
      if (await isNamed(store, segment)) return true
    }
    if (segment.is_recovered && segment.refused.length === 0) segment.refused = await recallRefusedRows(store, segment)
    await insertSegment(store, segment)
    await confirmSegment(store, segment, this.#options.now())
    return true
  }

  /** Puts aside the rows that ClickHouse refuses; false when it refuses none. */
  async #quarantine(segment: Segment, now_ms: number): Promise<boolean> {
    try {
      const store = this.#store()
      const known = new Set(segment.refused.map(({ row }) => row))
      const found = (await findRefusedRows(store, segment)).filter(({ row }) => !known.has(row))
      if (found.length === 0) return false
      const refused = [...segment.refused, ...found].toSorted((a, b) => a.row - b.row)
      await quarantineRows(store, { ...segment, refused }, now_ms)
      // Only now: a row left out of the insert must stand in the quarantine before.
      segment.refused = refused
      for (const { row, reason } of found) {
        this.#options.reports.quarantined(segment.table, segment.segment, row, reason)
      }
      return true
    } catch (error) {
      this.#lastError = errorName(error)
      return false
    }
  }

  #store(): Store {
    const store = this.#options.store()
    if (!store) throw new LogProblem('ClickHouse is away')
    return store
  }

  async #pause(tries: number): Promise<void> {
    const longest_ms = Math.min(pause_max_ms, pause_min_ms * 2 ** Math.min(tries, 16))
    // Spread, so that many writers do not come back to a struggling server at one moment.
    const pause_ms = longest_ms * (0.5 + Math.random() / 2)
    await pause(pause_ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
