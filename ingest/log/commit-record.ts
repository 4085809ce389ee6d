import { crc32 } from 'node:zlib'

/** What the sidecar of a segment opens with. */
export interface SegmentHeader {
  node: string
  segment: number
  /** When its first row came, by the clock of ingest. */
  opened_at_ms: number
}

/** One group commit: how far the rows reach with it, and their checksum. */
export interface Commit {
  end: number
  rows: number
  data_crc: number
  /** Hashes of the ids in it, two numbers an id; they refill the repeat window after a crash. */
  hashes: Uint32Array
}

export const header_bytes = 64
const record_bytes = 24
const node_bytes = 32
const magic = 'TLSEG001'

export function encodeHeader({ node, segment, opened_at_ms }: SegmentHeader): Buffer {
  const buffer = Buffer.alloc(header_bytes)
  buffer.write(magic, 0, 'latin1')
  buffer.write(node, 8, node_bytes, 'latin1')
  buffer.writeUInt32LE(segment, 40)
  buffer.writeDoubleLE(opened_at_ms, 44)
  buffer.writeUInt32LE(crc32(buffer.subarray(0, 60)), 60)
  return buffer
}

/** Bytes of a commit for the sidecar. `chain` is the checksum of the commit before, 0 for the first. */
export function encodeCommit({ end, rows, data_crc, hashes }: Commit, chain: number): { bytes: Buffer; chain: number } {
  const bytes = Buffer.alloc(record_bytes + hashes.byteLength)
  for (let i = 0; i < hashes.length; i++) bytes.writeUInt32LE(hashes[i] as number, record_bytes + i * 4)
  bytes.writeUInt32LE(end, 0)
  bytes.writeUInt32LE(rows, 4)
  bytes.writeUInt32LE(data_crc, 8)
  bytes.writeUInt32LE(hashes.length, 12)
  bytes.writeUInt32LE(crc32(bytes.subarray(record_bytes)), 16)
  const crc = crc32(bytes.subarray(0, 20), chain)
  bytes.writeUInt32LE(crc, 20)
  return { bytes, chain: crc }
}

export interface Sidecar {
  header: SegmentHeader | undefined
  /** The commits up to the first that is torn or does not match its checksum. */
  commits: Commit[]
  /** Where the sidecar ends after each of them. */
  ends: number[]
}

/** Reads a sidecar as far as it can be trusted. */
export function readSidecar(bytes: Buffer): Sidecar {
  const header = readHeader(bytes)
  const commits: Commit[] = []
  const ends: number[] = []
  if (!header) return { header, commits, ends }
  let at = header_bytes
  let chain = 0
  let last = { end: 0, rows: 0 }
  while (at + record_bytes <= bytes.length) {
    const numbers = bytes.readUInt32LE(at + 12)
    const next = at + record_bytes + numbers * 4
    chain = crc32(bytes.subarray(at, at + 20), chain)
    if (chain !== bytes.readUInt32LE(at + 20) || next > bytes.length) break
    if (crc32(bytes.subarray(at + record_bytes, next)) !== bytes.readUInt32LE(at + 16)) break
    const end = bytes.readUInt32LE(at)
    const rows = bytes.readUInt32LE(at + 4)
    if (end <= last.end || rows <= last.rows) break
    const hashes = new Uint32Array(numbers)
    for (let i = 0; i < numbers; i++) hashes[i] = bytes.readUInt32LE(at + record_bytes + i * 4)
    last = { end, rows }
    commits.push({ end, rows, data_crc: bytes.readUInt32LE(at + 8), hashes })
    ends.push(next)
    at = next
  }
  return { header, commits, ends }
}

function readHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < header_bytes || bytes.toString('latin1', 0, 8) !== magic) return undefined
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return undefined
  const node = bytes.toString('latin1', 8, 8 + node_bytes).replace(/\0+$/, '')
  return { node, segment: bytes.readUInt32LE(40), opened_at_ms: bytes.readDoubleLE(44) }
}
