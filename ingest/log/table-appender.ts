import type { Clock } from '#shell/clock.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { LogReports } from './log-reports.ts'
import type { OpenSegment, Segment } from './segment.ts'

/** When a segment is full or old enough to go. */
export interface SegmentLimits {
  rows_max: number
  bytes_max: number
  /** A lone fact goes to ClickHouse so long after it came. */
  seal_after_ms: number
  /** Each row lets its segment wait a little for more of them, up to so much longer in all. */
  seal_stretch_ms_max: number
}

export const segmentLimits: SegmentLimits = {
  rows_max: 200_000,
  bytes_max: 64 * 1024 * 1024,
  seal_after_ms: 200,
  seal_stretch_ms_max: 800,
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
  rows: string[]
  hashes: Uint32Array
  /** Rows that are synced. */
  done: number
  resolve(segment: number): void
  reject(error: unknown): void
}

/** What one commit writes. */
interface Group {
  data: Buffer
  rows: number
  hashes: Uint32Array
  parts: { entry: Entry; rows: number }[]
}

/** One commit is cut here, above the longest row there can be; a character is at most three bytes. */
const commit_chars_max = 1_500_000
/** Smaller commits are many, and take memory that comes and goes quickly. */
const own_buffer_bytes_min = 64 * 1024
const stretch_ms_per_row = 0.8

/** Appends rows of one table: all calls that wait are written and synced together, by one loop, in their order. */
export class TableAppender {
  readonly #options: AppenderOptions
  #entries: Entry[] = []
  #open: OpenSegment | undefined
  #opened_ms = 0
  #closing: Segment | undefined
  #timer: NodeJS.Timeout | undefined
  #isSealWanted = false
  #running: Promise<void> | undefined
  /** What large commits are written from, one after the other: new memory for each would pile up until it is collected. */
  #buffer = Buffer.alloc(0)

  constructor(options: AppenderOptions) {
    this.#options = options
  }

  /** The segment that takes rows now, or has just stopped to and is not sealed yet: its rows count all the while. */
  get open(): Segment | undefined {
    return this.#open?.segment ?? this.#closing
  }

  /** Resolves with the number of the segment that holds the last of the rows, when all are synced. */
  append(rows: string[], hashes: Uint32Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ rows, hashes, done: 0, resolve, reject })
      this.#kick()
    })
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
      while (this.#entries.length > 0 || this.#isSealWanted) {
        if (this.#isSealWanted) await this.#seal()
        else if (this.#open && isOtherMonth(this.#open.segment, this.#options.now())) await this.#seal()
        else await this.#commit()
      }
    } finally {
      // In the same tick as the last look at the entries: one that came in between would wait for ever.
      this.#running = undefined
    }
  }

  async #commit(): Promise<void> {
    const { table, reports, limits } = this.#options
    try {
      this.#open ??= await this.#start()
    } catch (error) {
      reports.writeFailed(table, error)
      for (const entry of this.#entries.splice(0)) entry.reject(error)
      return
    }
    const { segment } = this.#open
    const group = takeGroup(this.#entries, segment.rows, limits.rows_max - segment.rows, (text) => this.#encode(text))
    const started_ms = performance.now()
    try {
      await this.#open.commit(group.data, group.rows, group.hashes)
    } catch (error) {
      reports.writeFailed(table, error)
      const failed = new Set(group.parts.map(({ entry }) => entry))
      this.#entries = this.#entries.filter((entry) => !failed.has(entry))
      // After a failed sync nobody knows what the file holds beyond the last commit: it takes no more rows. What is
      // refused now is sent again, and must not come back from this file after a crash: cut before anybody is told.
      await this.#seal()
      for (const entry of failed) entry.reject(error)
      return
    }
    reports.synced(table, group.rows, (performance.now() - started_ms) / 1000)
    if (group.hashes.length > 0) this.#options.synced(group.hashes)
    for (const { entry, rows } of group.parts) {
      entry.done += rows
      if (entry.done === entry.rows.length) entry.resolve(segment.segment)
    }
    this.#entries = this.#entries.filter((entry) => entry.done < entry.rows.length)
    // The next commit must fit too, if every character of it takes three bytes.
    if (segment.rows >= limits.rows_max || segment.bytes + 3 * commit_chars_max > limits.bytes_max) await this.#seal()
  }

  #encode(text: string): Buffer {
    const bytes_max = text.length * 3
    if (bytes_max < own_buffer_bytes_min) return Buffer.from(text)
    if (this.#buffer.length < bytes_max) this.#buffer = Buffer.allocUnsafeSlow(bytes_max)
    return this.#buffer.subarray(0, this.#buffer.write(text))
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

/** Makes one text of as many waiting rows as a commit may hold; entries keep what did not fit. */
function takeGroup(
  entries: readonly Entry[],
  first_row: number,
  rows_max: number,
  encode: (text: string) => Buffer,
): Group {
  const parts: Group['parts'] = []
  let text = ''
  let rows = 0
  let numbers = 0
  for (const entry of entries) {
    let at = entry.done
    while (at < entry.rows.length && rows < rows_max && (text.length < commit_chars_max || rows === 0)) {
      text += `[${first_row + rows},${entry.rows[at]}\n`
      at++
      rows++
    }
    if (at > entry.done) parts.push({ entry, rows: at - entry.done })
    if (entry.hashes.length > 0) numbers += 2 * (at - entry.done)
    if (at < entry.rows.length) break
  }
  const hashes = new Uint32Array(numbers)
  let to = 0
  for (const { entry, rows: taken } of parts) {
    // Number by number: most entries have two, and to make a view of them would take longer.
    const end = Math.min((entry.done + taken) * 2, entry.hashes.length)
    for (let from = entry.done * 2; from < end; from++) hashes[to++] = entry.hashes[from] as number
  }
  return { data: encode(text), rows, hashes, parts }
}

function isOtherMonth({ opened_at_ms }: Segment, now_ms: number): boolean {
  return monthOf(opened_at_ms) !== monthOf(now_ms)
}

/** Months since 1970, in UTC, as ClickHouse cuts partitions. */
function monthOf(at_ms: number): number {
  const date = new Date(at_ms)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}
