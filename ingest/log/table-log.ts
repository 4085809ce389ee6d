import type { ByteText } from '#domain/byte-text.ts'
import { joinPositions, type Position } from '#domain/position.ts'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { OpenFile } from './durable-file.ts'
import type { LogReports } from './log-reports.ts'
import type { LogRepeats, Told } from './repeats.ts'
import { cutSegment, removeSegment, type Segment } from './segment.ts'
import { nextSegmentNumber } from './segment-number.ts'
import { createSegment } from './segment-writer.ts'
import { type SegmentLimits, TableAppender } from './table-appender.ts'
import { TableWriter } from './table-writer.ts'

export interface TableLogOptions {
  dir: string
  table: FactTable
  node: string
  store: () => Store | undefined
  now: Clock
  reports: LogReports
  limits: SegmentLimits
  checkpoint: Checkpoint
  repeats: LogRepeats
  onLanded: (table: FactTable, segment: number) => void
  open: OpenFile
}

/** The log of one table, from the append to ClickHouse. */
export class TableLog {
  readonly #options: TableLogOptions
  readonly #appender: TableAppender
  readonly #writer: TableWriter
  readonly #sealed = new Set<Segment>()

  constructor(options: TableLogOptions) {
    this.#options = options
    const { table, now, reports, limits, repeats, store, open } = options
    this.#writer = new TableWriter({
      store,
      now,
      reports,
      prepare: (segment) => this.#prepare(segment),
      finish: (segment) => this.#finish(segment),
      idle: () => this.#appender.sealIfDue(),
    })
    this.#appender = new TableAppender({
      table,
      limits,
      now,
      reports,
      create: () => createSegment(options.dir, table, this.#nextHeader(), open),
      // The segment is still open here: it is sealed after its last commit.
      synced: (hashes) => repeats.synced(table, this.#appender.open?.segment ?? 0, hashes),
      sealed: (segment) => this.send(segment),
      // What cannot be removed now has no rows, and is removed at the next start.
      discard: (segment) => removeSegment(segment).catch(() => {}),
      // What cannot be cut now is cut before the segment is sent.
      cut: (segment) => cutSegment(segment, open).catch(() => {}),
      isWriterBusy: () => this.#writer.waiting > 0,
    })
  }

  append(rows: readonly ByteText[], hashes: Uint32Array, told: Told): void {
    this.#appender.append(rows, hashes, told)
  }

  /** Puts a segment that gets no more rows in line for ClickHouse. */
  send(segment: Segment): void {
    this.#sealed.add(segment)
    this.#writer.push(segment)
  }

  /** All segments of the table that are still in the log. */
  get segments(): Segment[] {
    const { open } = this.#appender
    return open ? [...this.#sealed, open] : [...this.#sealed]
  }

  /**
   * Where the last rows stand that are still in the log; empty when none are. Never the number given out last: a segment
   * that did not get a row would be waited for in vain.
   */
  get onTheWay(): Position {
    return this.segments
      .filter(({ rows }) => rows > 0)
      .reduce<Position>(
        (sum, { node, table, segment }) => joinPositions(sum, [{ node, segments: { [table]: segment } }]),
        [],
      )
  }

  /** Reaches every row that this log has ever taken. */
  get reached(): Position {
    const { checkpoint, node, table } = this.#options
    const landed = checkpoint.landed[table]
    return joinPositions([{ node, segments: landed === undefined ? {} : { [table]: landed } }], this.onTheWay)
  }

  /** Bytes of all segments. */
  get bytes(): number {
    const { open } = this.#appender
    let sum = open?.bytes ?? 0
    for (const { bytes } of this.#sealed) sum += bytes
    return sum
  }

  get waiting(): number {
    return this.#writer.waiting
  }

  get lastError(): string | undefined {
    return this.#writer.lastError
  }

  async close(wait_ms: number): Promise<void> {
    await this.#appender.close()
    await this.#writer.drained(wait_ms)
    await this.#writer.stop()
  }

  #nextHeader(): { node: string; segment: number; opened_at_ms: number } {
    const { checkpoint, table, now, node } = this.#options
    const opened_at_ms = now()
    const segment = nextSegmentNumber(checkpoint.last[table] ?? 0, opened_at_ms)
    // Kept in memory until the next checkpoint: until then the file itself bears the number.
    checkpoint.last[table] = segment
    return { node, segment, opened_at_ms }
  }

  async #prepare(segment: Segment): Promise<boolean> {
    const { dir, reports, open } = this.#options
    if (segment.is_torn) await cutSegment(segment, open)
    if (segment.is_checked) return true
    segment.is_checked = await segment.form.check(dir, segment, reports.cut)
    return segment.is_checked
  }

  /** The order matters: what outlives the file is synced before the file goes. */
  async #finish(segment: Segment): Promise<void> {
    const { table, repeats, reports, checkpoint, node, onLanded } = this.#options
    // A full disk may refuse it, and removing the segment is what frees the disk. What slips past the window then
    // is dropped by id in everything derived.
    await repeats.sync().catch((error: unknown) => reports.windowNotSynced(error))
    if (segment.node === node) checkpoint.landed[table] = segment.segment
    await checkpoint.save()
    await removeSegment(segment)
    this.#sealed.delete(segment)
    onLanded(table, segment.segment)
  }
}
