import { crc32 } from 'node:zlib'
import type { SegmentHeader } from './frame.ts'

/** One group commit: how far the rows reach with it, and their checksum. */
export interface Commit {
  end: number
  rows: number
  data_crc: number
  /** Hashes of the ids in it, two numbers an id; they refill the repeat window after a crash. */
  hashes: Uint32Array
}

/** A commit as it is read back. */
export interface ReadCommit extends Commit {
  /** Its record does not match its checksum, and a later one shows that it was written: one of its numbers is wrong. */
  is_spoilt: boolean
}

export const sidecar_header_bytes = 64
export const record_bytes = 24
const node_bytes = 32
export const sidecar_magic = 'TLSEG001'

export interface Sidecar {
  header: SegmentHeader | undefined
  /** The commits up to the first that is torn. A spoilt one has another behind it. */
  commits: ReadCommit[]
  /** Where the sidecar ends after each of them. */
  ends: number[]
  /** A record at the end is whole and says something else than its checksum: no crash of a process leaves that. */
  is_end_spoilt: boolean
}

/** Reads a sidecar as far as it can be trusted. */
export function readSidecar(bytes: Buffer): Sidecar {
  const header = readHeader(bytes)
  const sidecar: Sidecar = { header, commits: [], ends: [], is_end_spoilt: false }
  if (!header) return sidecar
  let at = sidecar_header_bytes
  let chain = 0
  let last = { end: 0, rows: 0 }
  while (at + record_bytes <= bytes.length) {
    const { commit, next, crc } = recordAt(bytes, at)
    const expected = crc32(bytes.subarray(at, at + 20), chain)
    if (crc !== expected) {
      const found = findNext(bytes, at, [crc, expected])
      if (!found) {
        sidecar.is_end_spoilt = bytes.subarray(at).some((byte) => byte !== 0)
        break
      }
      sidecar.commits.push({ ...commit, hashes: noHashes, is_spoilt: true })
      sidecar.ends.push(found.at)
      at = found.at
      chain = found.chain
      continue
    }
    if (next > bytes.length || commit.end <= last.end || commit.rows <= last.rows) break
    last = commit
    const isKnown = crc32(bytes.subarray(at + record_bytes, next)) === bytes.readUInt32LE(at + 16)
    // Without its hashes a repeat of its ids may slip past the window; its rows are as good as ever.
    sidecar.commits.push({ ...commit, hashes: isKnown ? hashesAt(bytes, at) : noHashes, is_spoilt: false })
    sidecar.ends.push(next)
    at = next
    chain = crc
  }
  return sidecar
}

const noHashes = new Uint32Array(0)

function recordAt(bytes: Buffer, at: number): { commit: Omit<Commit, 'hashes'>; next: number; crc: number } {
  const [end, rows, data_crc] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)]
  const next = at + record_bytes + bytes.readUInt32LE(at + 12) * 4
  return { commit: { end, rows, data_crc }, next, crc: bytes.readUInt32LE(at + 20) }
}

function hashesAt(bytes: Buffer, at: number): Uint32Array {
  const hashes = new Uint32Array(bytes.readUInt32LE(at + 12))
  for (let i = 0; i < hashes.length; i++) hashes[i] = bytes.readUInt32LE(at + record_bytes + i * 4)
  return hashes
}

/** Finds the record that goes on from a spoilt one: from its checksum as it stands, or as it should be. */
function findNext(bytes: Buffer, after: number, chains: readonly number[]): { at: number; chain: number } | undefined {
  for (let at = after + record_bytes; at + record_bytes <= bytes.length; at += 4) {
    const crc = bytes.readUInt32LE(at + 20)
    const chain = chains.find((before) => crc32(bytes.subarray(at, at + 20), before) === crc)
    if (chain !== undefined) return { at, chain }
  }
  return undefined
}

function readHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < sidecar_header_bytes || bytes.toString('latin1', 0, 8) !== sidecar_magic) return undefined
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return undefined
  const node = bytes.toString('latin1', 8, 8 + node_bytes).replace(/\0+$/, '')
  return { node, segment: bytes.readUInt32LE(40), opened_at_ms: bytes.readDoubleLE(44) }
}
