import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { openFile } from './durable-file.ts'
import {
  decodeHashes,
  type Frame,
  frameAt,
  head_bytes,
  header_bytes,
  mark,
  place_bytes,
  readHeader,
  type SegmentHeader,
} from './frame.ts'

/** A stretch that no head can be read in, up to the next good one or the end. */
export interface Gap {
  kind: 'gap'
  start: number
  end: number
}

const chunk_bytes = 1024 * 1024
/** Much less than a commit of an import: those are stepped over. */
const heads_chunk_bytes = 64 * 1024

/** The file of a segment, for whoever goes through its frames. It is read in large pieces, each but once. */
export class FrameFile {
  readonly size: number
  readonly #handle: FileHandle
  readonly #chunk_bytes: number
  #chunk = Buffer.alloc(0)
  #chunk_start = 0

  private constructor(handle: FileHandle, size: number, chunk: number) {
    this.#handle = handle
    this.size = size
    this.#chunk_bytes = chunk
  }

  /** `heads`: nobody will ask for the rows. */
  static async use<Result>(
    path: string,
    act: (file: FrameFile) => Promise<Result>,
    { heads = false } = {},
  ): Promise<Result> {
    const handle = await openFile(path, 'r')
    try {
      return await act(new FrameFile(handle, (await handle.stat()).size, heads ? heads_chunk_bytes : chunk_bytes))
    } finally {
      await handle.close()
    }
  }

  static async open(path: string): Promise<{ file: FrameFile; close(): Promise<void> }> {
    const handle = await openFile(path, 'r')
    const { size } = await handle.stat()
    return { file: new FrameFile(handle, size, chunk_bytes), close: () => handle.close() }
  }

  async header(): Promise<{ header: SegmentHeader; seed: number } | undefined> {
    return readHeader(await this.bytes(0, Math.min(header_bytes, this.size)))
  }

  /** Exactly so many bytes; a file that ends before throws. */
  async bytes(start: number, length: number): Promise<Buffer> {
    if (start < this.#chunk_start || start + length > this.#chunk_start + this.#chunk.length)
      await this.#read(start, Math.max(length, this.#chunk_bytes))
    const at = start - this.#chunk_start
    if (at + length > this.#chunk.length) throw new Error('A file of the log is shorter than its commits say.')
    return this.#chunk.subarray(at, at + length)
  }

  /** All bytes between two places, piece by piece. */
  async *pieces(start: number, end: number): AsyncGenerator<{ at: number; bytes: Buffer }> {
    for (let at = start; at < end; ) {
      const here = this.#chunk_start + this.#chunk.length - at
      const length = Math.min(end - at, at >= this.#chunk_start && here > 0 ? here : this.#chunk_bytes)
      yield { at, bytes: await this.bytes(at, length) }
      at += length
    }
  }

  /**
   * Rows of one frame after the other: all pieces that one read brings at once, since a segment may have a frame for each
   * row. Ends early where a head cannot be read.
   */
  async *rows(seed: number, to: number): AsyncGenerator<{ pieces: { at: number; bytes: Buffer }[]; rows: number }> {
    let at = header_bytes
    let rows_end = at
    while (at < to) {
      const from = at
      const chunk = await this.bytes(from, Math.min(this.#chunk_bytes, to - from))
      const chunk_end = from + chunk.length
      const read = { pieces: [] as { at: number; bytes: Buffer }[], rows: 0 }
      while (at < chunk_end) {
        if (at < rows_end) {
          const end = Math.min(rows_end, chunk_end)
          read.pieces.push({ at, bytes: chunk.subarray(at - from, end - from) })
          at = end
          continue
        }
        // A head may lie across the border of two reads.
        if (at + head_bytes > chunk_end && chunk_end < to) break
        const frame = frameAt(chunk.subarray(at - from), at, seed)
        if (!frame || frame.end > to) {
          yield read
          return
        }
        if (frame.kind === 'rows') read.rows += frame.rows
        at = frame.kind === 'rows' ? frame.data_start : frame.end
        rows_end = frame.end
      }
      yield read
    }
  }

  async #read(start: number, length_max: number): Promise<void> {
    // A new one each time: pieces of the last are still on their way.
    const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(length_max, this.size - start)))
    let done = 0
    while (done < chunk.length) {
      const { bytesRead } = await this.#handle.read(chunk, done, chunk.length - done, start + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    this.#chunk = chunk.subarray(0, done)
    this.#chunk_start = start
  }

  /** Goes from head to head. Where none can be read it looks for the next. */
  async *frames(seed: number, to: number): AsyncGenerator<Frame | Gap> {
    for (let at = header_bytes; at < to; ) {
      const frame = frameAt(await this.bytes(at, Math.min(head_bytes, to - at)), at, seed)
      const next = frame && frame.end <= to ? frame : ({ kind: 'gap', start: at, end: to } as Gap)
      if (next.kind === 'gap') next.end = (await this.#nextHead(seed, at + head_bytes, to)) ?? to
      yield next
      at = next.end
    }
  }

  async #nextHead(seed: number, from: number, to: number): Promise<number | undefined> {
    for (let at = from; at + head_bytes <= to; ) {
      const bytes = await this.bytes(at, Math.min(chunk_bytes, to - at))
      for (let found = bytes.indexOf(mark); found >= 0; found = bytes.indexOf(mark, found + 1)) {
        if (found + head_bytes > bytes.length) break
        if (frameAt(bytes.subarray(found), at + found, seed)) return at + found
      }
      // A head may lie across the border of two pieces.
      at += Math.max(1, bytes.length - head_bytes + 1)
    }
    return undefined
  }

  /** The frame a long segment closes with, when it is the last thing in the file. */
  async endFrame(seed: number): Promise<Frame | undefined> {
    if (this.size < header_bytes + head_bytes + place_bytes) return undefined
    const start = (await this.bytes(this.size - place_bytes, place_bytes)).readUInt32LE()
    if (start < header_bytes || start + head_bytes + place_bytes > this.size) return undefined
    const frame = frameAt(await this.bytes(start, head_bytes), start, seed)
    return frame?.kind === 'end' && frame.end === this.size ? frame : undefined
  }

  /** The hashes of a frame; none when they do not match: a repeat of an id may then slip past the window. */
  async hashesOf(frame: Frame): Promise<Uint32Array> {
    if (!(await this.hasSoundHashes(frame))) return new Uint32Array(0)
    return decodeHashes(await this.bytes(frame.hashes_start, frame.hash_numbers * 4))
  }

  async hasSoundHashes({ hashes_start, hash_numbers, hashes_crc }: Frame): Promise<boolean> {
    return crc32(await this.bytes(hashes_start, hash_numbers * 4)) === hashes_crc
  }

  /** Whether the rows of a frame are as they were written. */
  async isSound({ data_start, end, data_crc }: Frame): Promise<boolean> {
    let crc = 0
    for await (const { bytes } of this.pieces(data_start, end)) crc = crc32(bytes, crc)
    return crc === data_crc
  }

  async linesOf({ data_start, end }: Frame): Promise<number> {
    let lines = 0
    for await (const { bytes } of this.pieces(data_start, end))
      for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++
    return lines
  }

  /**
   * Whether a write that was broken off may have left this: a stretch of the disk that it did not reach is zero still,
   * and rows have no zero in them.
   */
  async hasBlankSector(start: number, end: number): Promise<boolean> {
    for (let at = start; at < end; ) {
      const border = Math.min(end, at - (at % sector_bytes) + sector_bytes)
      const sector = await this.bytes(at, border - at)
      if (isBlank(sector) || (border === end && sector.at(-1) === 0)) return true
      at = border
    }
    return false
  }

  /** Where the last byte stands that is not zero, and one further; `from` when all behind it are. */
  async endOfText(from: number): Promise<number> {
    let end = from
    for await (const { at, bytes } of this.pieces(from, this.size))
      if (!isBlank(bytes)) end = at + bytes.findLastIndex((byte) => byte !== 0) + 1
    return end
  }
}

const sector_bytes = 512
const blank = Buffer.alloc(chunk_bytes)

function isBlank(bytes: Buffer): boolean {
  return bytes.compare(blank, 0, bytes.length) === 0
}
