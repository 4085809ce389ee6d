import { crc32 } from 'node:zlib'

/** What the file of a segment opens with. */
export interface SegmentHeader {
  node: string
  segment: number
  /** When its first row came, by the clock of ingest. */
  opened_at_ms: number
}

/**
 * `rows`: one group commit. `spoilt`: stands over what cannot be read any more, so that it is skipped. `end`: the last of
 * a long segment; the hashes of all ids once more, so that a start need not look for them between the rows.
 */
export type FrameKind = 'rows' | 'spoilt' | 'end'

/** What stands before the hashes and the rows of a group commit. */
export interface FrameHead {
  kind: FrameKind
  /** Rows of the segment before it, spoilt ones too. */
  first_row: number
  rows: number
  /** How long the rows are, as they go to ClickHouse. */
  data_bytes: number
  data_crc: number
  /** Hashes of the ids in it, two numbers an id; they refill the repeat window after a crash. */
  hash_numbers: number
  hashes_crc: number
}

/** A frame in its place: head, then hashes, then rows. */
export interface Frame extends FrameHead {
  start: number
  hashes_start: number
  data_start: number
  end: number
}

export const header_bytes = 64
export const head_bytes = 32
const node_bytes = 32
const magic = 'TLSEG002'

export function encodeHeader({ node, segment, opened_at_ms }: SegmentHeader): Buffer {
  const buffer = Buffer.alloc(header_bytes)
  buffer.write(magic, 0, 'latin1')
  buffer.write(node, 8, node_bytes, 'latin1')
  buffer.writeUInt32LE(segment, 40)
  buffer.writeDoubleLE(opened_at_ms, 44)
  buffer.writeUInt32LE(crc32(buffer.subarray(0, 60)), 60)
  return buffer
}

/** With the seed of all checksums of heads in the file: a frame of another segment does not pass for one of this. */
export function readHeader(bytes: Buffer): { header: SegmentHeader; seed: number } | undefined {
  if (bytes.length < header_bytes || bytes.toString('latin1', 0, 8) !== magic) return undefined
  const seed = bytes.readUInt32LE(60)
  if (crc32(bytes.subarray(0, 60)) !== seed) return undefined
  const node = bytes.toString('latin1', 8, 8 + node_bytes).replace(/\0+$/, '')
  return { header: { node, segment: bytes.readUInt32LE(40), opened_at_ms: bytes.readDoubleLE(44) }, seed }
}

/** Rows of one group commit. */
export interface Commit {
  first_row: number
  rows: number
  data: Buffer
  hashes: Uint32Array
}

/** What stands before the rows of a commit that begins at `start`: head and hashes. */
export function encodeCommit(commit: Commit, start: number, seed: number, kind: FrameKind = 'rows'): Buffer {
  const { first_row, rows, data, hashes } = commit
  const bytes = Buffer.allocUnsafe(head_bytes + hashes.byteLength)
  for (let i = 0; i < hashes.length; i++) bytes.writeUInt32LE(hashes[i] as number, head_bytes + i * 4)
  const hashes_crc = crc32(bytes.subarray(head_bytes))
  const sizes = { data_bytes: data.length, hash_numbers: hashes.length }
  putHead(bytes, { kind, first_row, rows, ...sizes, data_crc: crc32(data), hashes_crc }, start, seed)
  return bytes
}

/** The last frame of a long segment. Its data is its own place, by which it is found from the end of the file. */
export function encodeEnd(rows: number, hashes: Uint32Array, start: number, seed: number): Buffer {
  const place = Buffer.alloc(place_bytes)
  place.writeUInt32LE(start)
  return Buffer.concat([encodeCommit({ first_row: rows, rows: 0, data: place, hashes }, start, seed, 'end'), place])
}

export const place_bytes = 4

/** A head alone, as a repair writes it over another. */
export function encodeHead(head: FrameHead, start: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(head_bytes)
  putHead(bytes, head, start, seed)
  return bytes
}

/** A head that makes readers step over all up to `end`. */
export function encodeSpoilt(
  place: { start: number; end: number },
  first_row: number,
  rows: number,
  seed: number,
): Buffer {
  const data_bytes = place.end - place.start - head_bytes
  const sums = { data_crc: 0, hash_numbers: 0, hashes_crc: 0 }
  return encodeHead({ kind: 'spoilt', first_row, rows, data_bytes, ...sums }, place.start, seed)
}

/** The frame whose head these bytes are, if they are one and it belongs to this place of this file. */
export function frameAt(bytes: Buffer, start: number, seed: number): Frame | undefined {
  if (bytes.length < head_bytes || kinds[bytes[kind_at] as number] === undefined) return undefined
  return bytes.readUInt32LE(crc_at) === headCrc(bytes, start, seed) ? claimedFrame(bytes, start) : undefined
}

/** What a head says, whether its checksum bears it out or not. */
export function claimedFrame(bytes: Buffer, start: number): Frame {
  const [data_bytes, hash_numbers] = [bytes.readUInt32LE(12), bytes.readUInt32LE(20)]
  const hashes_start = start + head_bytes
  const data_start = hashes_start + hash_numbers * 4
  return {
    kind: kinds[bytes[kind_at] as number] ?? 'rows',
    first_row: bytes.readUInt32LE(4),
    rows: bytes.readUInt32LE(8),
    data_bytes,
    data_crc: bytes.readUInt32LE(16),
    hash_numbers,
    hashes_crc: bytes.readUInt32LE(24),
    start,
    hashes_start,
    data_start,
    end: data_start + data_bytes,
  }
}

/** Hashes as they stand in a file. */
export function decodeHashes(bytes: Buffer): Uint32Array {
  const hashes = new Uint32Array(bytes.length / 4)
  for (let i = 0; i < hashes.length; i++) hashes[i] = bytes.readUInt32LE(i * 4)
  return hashes
}

// The first byte stands in no row: JSON escapes it.
export const mark: Buffer = Buffer.from('\x1eTL')
const kind_at = mark.length
const crc_at = 28
const kinds: readonly (FrameKind | undefined)[] = [undefined, 'rows', 'spoilt', 'end']

function putHead(bytes: Buffer, head: FrameHead, start: number, seed: number): void {
  mark.copy(bytes)
  bytes[kind_at] = kinds.indexOf(head.kind)
  bytes.writeUInt32LE(head.first_row, 4)
  bytes.writeUInt32LE(head.rows, 8)
  bytes.writeUInt32LE(head.data_bytes, 12)
  bytes.writeUInt32LE(head.data_crc, 16)
  bytes.writeUInt32LE(head.hash_numbers, 20)
  bytes.writeUInt32LE(head.hashes_crc, 24)
  bytes.writeUInt32LE(headCrc(bytes, start, seed), crc_at)
}

function headCrc(bytes: Buffer, start: number, seed: number): number {
  return (crc32(bytes.subarray(0, crc_at), seed) ^ start) >>> 0
}
