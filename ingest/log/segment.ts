import { constants, copyFile, mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { FactTable } from '#storage/fact-tables.ts'
import { type OpenFile, openFile } from './durable-file.ts'
import type { SegmentHeader } from './frame.ts'

/** A row that ClickHouse refuses, and where its line stands. */
export interface RefusedRow {
  row: number
  start: number
  end: number
  reason: string
}

/** A file of a segment, and how much of it counts: what stands behind is not committed. */
export interface SegmentFile {
  path: string
  bytes: number
}

/** Good rows of a segment as they stand in its file, in their order. A line may go on in the next piece. */
export interface Piece {
  at: number
  bytes: Buffer
}

/** How segments lie on the disk, for those who read them. */
export interface SegmentForm {
  /** The good rows, some pieces at once. Throws rather than leave one out. */
  pieces(segment: Segment): AsyncGenerator<Piece[]>
  /**
   * Reads the rows against their checksums. Commits that do not match are left out from then on, and kept for a human
   * eye: they were accepted once. False when nothing is left; then the files are gone.
   */
  check(dir: string, segment: Segment, reportCut: ReportCut): Promise<boolean>
}

export type ReportCut = (table: FactTable, segment: number, cut_bytes: number) => void

/** A part of the log that reaches ClickHouse as one insert. */
export interface Segment extends SegmentHeader {
  table: FactTable
  form: SegmentForm
  /** That with the rows first. */
  files: SegmentFile[]
  /** What is committed, without what is spoilt. */
  rows: number
  /** Of all files, as they take up the disk. */
  bytes: number
  /** Left by an earlier process: its insert may have happened. */
  is_recovered: boolean
  /** Its rows match their checksums. */
  is_checked: boolean
  /** The files may hold more than what is committed, and are to be cut before anything reads them. */
  is_torn: boolean
  /** In order of rows. */
  refused: RefusedRow[]
  /** Rows that were accepted, do not count in `rows` and were spoilt on the disk; they may have landed before that. */
  spoilt_rows: number
}

/**
 * All segments are made here, so that they are one kind of object to the engine: an append asks the open one, and code made
 * fast for one kind is thrown away when another comes.
 */
export function makeSegment(parts: Omit<Segment, 'refused'>): Segment {
  return {
    node: parts.node,
    segment: parts.segment,
    opened_at_ms: parts.opened_at_ms,
    table: parts.table,
    form: parts.form,
    files: parts.files,
    rows: parts.rows,
    bytes: parts.bytes,
    is_recovered: parts.is_recovered,
    is_checked: parts.is_checked,
    is_torn: parts.is_torn,
    refused: [],
    spoilt_rows: parts.spoilt_rows,
  }
}

/** A segment that an earlier process left, with the hashes of the ids in it. */
export interface Recovered {
  segment: Segment
  hashes: Uint32Array[]
}

/** A segment as somebody else's log has it. */
export interface Inspected {
  header: SegmentHeader | undefined
  files: SegmentFile[]
  rows: number
  /** Bytes behind the last commit. */
  uncommitted_bytes: number
  /** A commit was spoilt on the disk, as far as its heads and the rows of the last one tell. */
  is_spoilt: boolean
}

/** Takes off what is not committed; synced when this resolves. */
export async function cutSegment(segment: Segment, open: OpenFile = openFile): Promise<void> {
  // The rows last: they are of no use without what speaks of them.
  for (const { path, bytes } of segment.files.toReversed()) {
    const handle = await open(path, 'r+')
    try {
      await handle.truncate(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  segment.bytes = segment.files.reduce((sum, { bytes }) => sum + bytes, 0)
  segment.is_torn = false
}

/** Removes the files of a segment, the rows first: what is left of it without them is known for what it is. */
export async function removeSegment({ files }: { files: readonly Pick<SegmentFile, 'path'>[] }): Promise<void> {
  for (const { path } of files) await rm(path, { force: true })
}

/** Keeps the files of a segment as they were found, because accepted rows in them are spoilt. */
export async function keepDamaged(dir: string, { table, files }: Pick<Segment, 'table' | 'files'>): Promise<void> {
  const folder = join(dir, 'damaged')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // A disk without room for the copy must not keep the log from opening.
  // Nor must a later look, at what is left then, take the place of the first.
  for (const { path } of files)
    await copyFile(path, join(folder, `${table}-${basename(path)}`), constants.COPYFILE_EXCL).catch(() => {})
}
