import type { Position } from '#domain/position.ts'
import type { FactTable } from '#storage/fact-tables.ts'

/** What a worker tells the one that keeps the memory of ids. Ids travel as hashes of two numbers each. */
export type ToClaimBook =
  /** May these be written? */
  | { say: 'claim'; batch: number; table: FactTable; hashes: Uint32Array }
  /** These are, in this segment. */
  | { say: 'synced'; node: string; table: FactTable; segment: number; hashes: Uint32Array }
  /** These were not; what is known of them stands. */
  | { say: 'failed'; hashes: Uint32Array }
  /** These were found in a log when it was opened. */
  | { say: 'recovered'; hashes: Uint32Array }
  /** A log is open, and the rows that it has ever taken are reached with this. */
  | { say: 'opened'; reached: Position }
  /** All logs of this worker are open: nothing more will be recovered. */
  | { say: 'ready' }

/** What it is told. */
export type FromClaimBook =
  /** One verdict for each hash of the batch. */
  | { say: 'claimed'; batch: number; verdicts: Uint8Array; position: Position }
  /** The end of a wait: it is known now, or to be written by the one who asked. */
  | { say: 'decided'; batch: number; place: number; isNew: boolean; position: Position }

export const verdict = { write: 0, known: 1, wait: 2 } as const
