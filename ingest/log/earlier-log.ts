import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { FactTable } from '#storage/fact-tables.ts'
import type { SegmentHeader } from './frame.ts'
import { type Commit, record_bytes, sidecar_header_bytes, sidecar_magic } from './sidecar.ts'

/** Commits as a test wants them: the lines, numbered, and the hashes of their ids. */
export interface EarlierCommit {
  data: Buffer
  rows: number
  hashes: Uint32Array
}

/** Where rows and sidecar end, after the header and after each commit. */
export type EarlierEnds = { rows: number; commits: number }[]

/** Writes a segment as versions before the frames did: rows in one file, their commits in another. */
export async function writeEarlierSegment(
  dir: string,
  table: FactTable,
  header: SegmentHeader,
  commits: readonly EarlierCommit[],
): Promise<EarlierEnds> {
  await mkdir(join(dir, table), { recursive: true })
  const rowsFile = await open(join(dir, table, `${header.segment}.rows`), 'wx')
  const commitsFile = await open(join(dir, table, `${header.segment}.commits`), 'wx')
  await commitsFile.write(encodeHeader(header))
  const ends: EarlierEnds = [{ rows: 0, commits: sidecar_header_bytes }]
  let [chain, rows] = [0, 0]
  for (const commit of commits) {
    const last = ends.at(-1) as EarlierEnds[number]
    rows += commit.rows
    const end = last.rows + commit.data.length
    const record = encodeCommit({ end, rows, data_crc: crc32(commit.data), hashes: commit.hashes }, chain)
    await rowsFile.write(commit.data)
    await commitsFile.write(record.bytes)
    chain = record.chain
    ends.push({ rows: end, commits: last.commits + record.bytes.length })
  }
  await rowsFile.close()
  await commitsFile.close()
  return ends
}

function encodeHeader({ node, segment, opened_at_ms }: SegmentHeader): Buffer {
  const buffer = Buffer.alloc(sidecar_header_bytes)
  buffer.write(sidecar_magic, 0, 'latin1')
  buffer.write(node, 8, 32, 'latin1')
  buffer.writeUInt32LE(segment, 40)
  buffer.writeDoubleLE(opened_at_ms, 44)
  buffer.writeUInt32LE(crc32(buffer.subarray(0, 60)), 60)
  return buffer
}

/** `chain` is the checksum of the commit before, 0 for the first. */
function encodeCommit({ end, rows, data_crc, hashes }: Commit, chain: number): { bytes: Buffer; chain: number } {
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
