import { type FileHandle, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FactTable } from '#storage/fact-tables.ts'
import { CREATE_SYNCED, type OpenFile, openFile, syncFolder, writeSynced } from './durable-file.ts'
import { encodeCommit, encodeEnd, encodeHeader, header_bytes, readHeader, type SegmentHeader } from './frame.ts'
import { framedSegments, segmentFile } from './framed-segments.ts'
import { HashList } from './hash-list.ts'
import { makeSegment, type Segment, type SegmentFile } from './segment.ts'

/** A segment that still takes rows. */
export interface OpenSegment {
  segment: Segment
  /** Resolves when the rows are synced, and rejects with the segment torn. */
  commit(data: Buffer, rows: number, hashes: Uint32Array): Promise<void>
  /** Never rejects; what it could not bring in order leaves the segment torn. */
  close(): Promise<void>
}

/** Makes the file of a new segment; its name is synced when this resolves. */
export async function createSegment(
  dir: string,
  table: FactTable,
  header: SegmentHeader,
  open: OpenFile = openFile,
): Promise<OpenSegment> {
  const path = segmentFile(dir, table, header.segment)
  let handle: FileHandle | undefined
  try {
    handle = await open(path, CREATE_SYNCED)
    const bytes = encodeHeader(header)
    await writeSynced(handle, [bytes], 0)
    await syncFolder(join(dir, table))
    return new SegmentWriter(newSegment(path, table, header), handle, readHeader(bytes)?.seed as number)
  } catch (error) {
    await handle?.close().catch(() => {})
    await rm(path, { force: true }).catch(() => {})
    throw error
  }
}

function newSegment(path: string, table: FactTable, header: SegmentHeader): Segment {
  return makeSegment({
    ...header,
    table,
    form: framedSegments,
    files: [{ path, bytes: header_bytes }],
    rows: 0,
    bytes: header_bytes,
    is_recovered: false,
    is_checked: true,
    is_torn: false,
    spoilt_rows: 0,
  })
}

/** A start reads no more than this of a segment to find the hashes in it. */
const without_end_bytes_max = 1024 * 1024

class SegmentWriter implements OpenSegment {
  readonly segment: Segment
  readonly #handle: FileHandle
  readonly #seed: number
  readonly #hashes = new HashList()

  constructor(segment: Segment, handle: FileHandle, seed: number) {
    this.segment = segment
    this.#handle = handle
    this.#seed = seed
  }

  async commit(data: Buffer, rows: number, hashes: Uint32Array): Promise<void> {
    const { segment } = this
    const [file] = segment.files as [SegmentFile]
    const head = encodeCommit({ first_row: segment.rows, rows, data, hashes }, file.bytes, this.#seed)
    // If this fails, the disk is not believed any more: cut, and read against the checksums, before anything is sent.
    segment.is_torn = true
    segment.is_checked = false
    await writeSynced(this.#handle, [head, data], file.bytes)
    segment.is_torn = false
    segment.is_checked = true
    segment.rows += rows
    file.bytes += head.length + data.length
    segment.bytes = file.bytes
    this.#hashes.add(hashes)
  }

  async close(): Promise<void> {
    const { segment } = this
    try {
      if (!segment.is_torn && segment.rows > 0) await this.#finish()
    } catch {
      segment.is_torn = true
    } finally {
      await this.#handle.close().catch(() => {})
    }
  }

  async #finish(): Promise<void> {
    const { segment } = this
    const [file] = segment.files as [SegmentFile]
    if (file.bytes <= without_end_bytes_max) return
    const frame = encodeEnd(segment.rows, this.#hashes.all, file.bytes, this.#seed)
    await writeSynced(this.#handle, [frame], file.bytes)
    file.bytes += frame.length
    segment.bytes = file.bytes
  }
}
