import type { ByteText } from '#domain/byte-text.ts'
import type { Position } from '#domain/position.ts'
import type { FactTable } from '#storage/fact-tables.ts'

/** Hears, once, what has become of rows that were to be written. */
export interface Told {
  /** All are synced, and this segment holds the last of them. */
  synced(segment: number): void
  refused(error: unknown): void
}

/** Writes rows together with the hashes of their ids. */
export type Write = (rows: readonly ByteText[], hashes: Uint32Array, told: Told) => void

/** What a write also rests on: rows that were there already, in whatever log took them. */
export interface Elsewhere {
  /** The segment of the rows that were written here; undefined when none had to be. */
  segment: number | undefined
  /** Reaches the first copies of all others. */
  position: Position
}

/** Where rows stand: a segment of this log, which is all there is to say in one process; undefined for nothing written. */
export type Written = number | Elsewhere | undefined

/** The one memory of ids, for all logs of an installation: each id is let through once. */
export interface Repeats {
  /** Takes a log in, before it reads what an earlier process left; `repeated` is told of rows that are left out. */
  join(repeated: (rows: number) => void): LogRepeats
}

/** What one log tells of its ids, and asks. */
export interface LogRepeats {
  /** Takes the hashes of a commit that an earlier process left. */
  recovered(hashes: Uint32Array): void | Promise<void>
  /** All of them have been told. The rows that the log of this node has ever taken are reached with `reached`. */
  opened(node: string, reached: Position): void
  /**
   * Writes the rows whose ids are new. Resolves when these are synced, and also the first copies of those that were
   * still being written.
   */
  write(table: FactTable, rows: readonly ByteText[], ids: readonly string[], write: Write): Promise<Written>
  /** Takes the hashes of ids whose rows are synced, in this segment. */
  synced(table: FactTable, segment: number, hashes: Uint32Array): void
  /** Resolves when all that was synced or recovered before is in the window on the disk. */
  sync(): Promise<void>
}
