import type { FileHandle } from 'node:fs/promises'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { FactTable } from '#storage/fact-tables.ts'
import { encodeCommit, encodeHeader, header_bytes, type SegmentHeader } from './commit-record.ts'
import { CREATE_SYNCED, type OpenFile, openFile, syncFolder, writeSynced } from './durable-file.ts'

/** A row that ClickHouse refuses, and where its line stands. */
export interface RefusedRow {
  row: number
  start: number
  end: number
  reason: string
}

/** A part of the log that reaches ClickHouse as one insert: a file of rows, and beside it a file of commits. */
export interface Segment extends SegmentHeader {
  table: FactTable
  rows_file: string
  commits_file: string
  /** What is committed; bytes and rows after it do not count. */
  rows: number
  bytes: number
  commits_bytes: number
  /** Left by an earlier process: its insert may have happened. */
  is_recovered: boolean
  /** Its rows match their checksums. */
  is_checked: boolean
  /** The files may hold more than what is committed, and are to be cut before anything reads them. */
  is_torn: boolean
  /** In order of rows. */
  refused: RefusedRow[]
  /** Bytes that are left out, because they do not match their checksum any more. In order. */
  damaged: { start: number; end: number }[]
  /** Rows that were accepted, do not count in `rows` and were spoilt on the disk; they may have landed before that. */
  spoilt_rows: number
}

/** A segment that still takes rows. */
export interface OpenSegment {
  segment: Segment
  /** Resolves when the rows are synced, and rejects with the segment torn. */
  commit(data: Buffer, rows: number, hashes: Uint32Array): Promise<void>
  close(): Promise<void>
}

export function segmentFiles(
  dir: string,
  table: FactTable,
  segment: number,
): { rows_file: string; commits_file: string } {
  return { rows_file: join(dir, table, `${segment}.rows`), commits_file: join(dir, table, `${segment}.commits`) }
}

/** Makes the files of a new segment; their names are synced when this resolves. */
export async function createSegment(
  dir: string,
  table: FactTable,
  header: SegmentHeader,
  open: OpenFile = openFile,
): Promise<OpenSegment> {
  const files = segmentFiles(dir, table, header.segment)
  const handles: FileHandle[] = []
  try {
    // The sidecar first: rows without a header would belong to nobody.
    for (const file of [files.commits_file, files.rows_file]) handles.push(await open(file, CREATE_SYNCED))
    const [commits, rows] = handles as [FileHandle, FileHandle]
    await writeSynced(commits, encodeHeader(header), 0)
    await syncFolder(join(dir, table))
    const segment: Segment = {
      ...header,
      ...files,
      table,
      rows: 0,
      bytes: 0,
      commits_bytes: header_bytes,
      is_recovered: false,
      is_checked: true,
      is_torn: false,
      refused: [],
      damaged: [],
      spoilt_rows: 0,
    }
    return openSegment(segment, rows, commits)
  } catch (error) {
    await Promise.allSettled(handles.map((handle) => handle.close()))
    await Promise.allSettled([rm(files.rows_file, { force: true }), rm(files.commits_file, { force: true })])
    throw error
  }
}

function openSegment(segment: Segment, rowsFile: FileHandle, commitsFile: FileHandle): OpenSegment {
  let chain = 0
  return {
    segment,
    async commit(data, rows, hashes) {
      const end = segment.bytes + data.length
      const next = { end, rows: segment.rows + rows, data_crc: crc32(data), hashes }
      const record = encodeCommit(next, chain)
      // If this fails, the disk is not believed any more: cut, and read against the checksums, before anything is sent.
      segment.is_torn = true
      segment.is_checked = false
      await all([
        writeSynced(rowsFile, data, segment.bytes),
        writeSynced(commitsFile, record.bytes, segment.commits_bytes),
      ])
      segment.is_torn = false
      segment.is_checked = true
      segment.bytes = end
      segment.rows = next.rows
      segment.commits_bytes += record.bytes.length
      chain = record.chain
    },
    async close() {
      await Promise.allSettled([rowsFile.close(), commitsFile.close()])
    },
  }
}

/** Takes off what is not committed; synced when this resolves. */
export async function cutSegment(segment: Segment, open: OpenFile = openFile): Promise<void> {
  for (const [file, bytes] of [
    [segment.commits_file, segment.commits_bytes],
    [segment.rows_file, segment.bytes],
  ] as const) {
    const handle = await open(file, 'r+')
    try {
      await handle.truncate(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  segment.is_torn = false
}

/** Removes the files of a segment, the rows first: a sidecar alone is known for what it is. */
export async function removeSegment(segment: Pick<Segment, 'rows_file' | 'commits_file'>): Promise<void> {
  await rm(segment.rows_file, { force: true })
  await rm(segment.commits_file, { force: true })
}

/** Like Promise.all, but waits for all: nothing may be written any more when the failure is dealt with. */
async function all(work: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
