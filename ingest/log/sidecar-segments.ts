import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { FactTable } from '#storage/fact-tables.ts'
import { openFile, readAt } from './durable-file.ts'
import { findRow } from './row-number.ts'
import {
  cutSegment,
  type Inspected,
  keepDamaged,
  makeSegment,
  type Piece,
  type Recovered,
  type ReportCut,
  removeSegment,
  type Segment,
  type SegmentFile,
  type SegmentForm,
} from './segment.ts'
import { type ReadCommit, readSidecar } from './sidecar.ts'

// Segments as earlier versions wrote them: rows in one file, and beside it one of commits, with the header in it. They are
// read, checked, sent and removed, and no new ones come.

const chunk_bytes = 1024 * 1024

interface Stretch {
  start: number
  end: number
}

/** What such a segment has in its files, as far as they can be trusted. */
async function scanSidecar(files: readonly SegmentFile[]) {
  const [rowsFile, commitsFile] = files as [SegmentFile, SegmentFile]
  // The rows first: commits that come later than this look speak of rows that are behind it, and are left out.
  const size = await sizeOf(rowsFile.path)
  const bytes = await readIfThere(commitsFile.path)
  const sidecar = readSidecar(bytes)
  const { commits, ends } = sidecar
  const whole = commits.slice(0, 1 + commits.findLastIndex(({ end, is_spoilt }) => !is_spoilt && end <= size))
  const [rows_end, commits_end] = [whole.at(-1)?.end ?? 0, ends[whole.length - 1] ?? 0]
  return { ...sidecar, size, whole, rows_end, commits_end, cut_bytes: size - rows_end + bytes.length - commits_end }
}

function sidecarFiles(dir: string, table: FactTable, number: number): [SegmentFile, SegmentFile] {
  return [
    { path: join(dir, table, `${number}.rows`), bytes: 0 },
    { path: join(dir, table, `${number}.commits`), bytes: 0 },
  ]
}

/** Finds a segment that an earlier process left, and cuts from it what a crash left torn. */
export async function recoverSidecar(
  dir: string,
  table: FactTable,
  number: number,
  { isNewest, reportCut }: { isNewest: boolean; reportCut: ReportCut },
): Promise<Recovered | undefined> {
  const files = sidecarFiles(dir, table, number)
  const { header, is_end_spoilt, size, whole, rows_end, commits_end, cut_bytes } = await scanSidecar(files)
  files[0].bytes = rows_end
  files[1].bytes = commits_end
  const form = new SidecarForm()
  const segment = makeSegment({
    ...{ node: header?.node ?? '', segment: number, opened_at_ms: header?.opened_at_ms ?? 0 },
    ...{ table, form, files, rows: whole.at(-1)?.rows ?? 0, bytes: rows_end + commits_end },
    ...{ is_recovered: true, is_checked: false, is_torn: true, spoilt_rows: 0 },
  })
  if (size > rows_end && (!isNewest || is_end_spoilt || !header)) await keepDamaged(dir, segment)
  if (segment.rows === 0) {
    if (size > 0) reportCut(table, number, cut_bytes)
    await removeSegment(segment)
    return undefined
  }
  if (cut_bytes > 0) {
    reportCut(table, number, cut_bytes)
    await cutSegment(segment)
  }
  segment.is_torn = false
  segment.is_checked = isNewest && (await form.check(dir, segment, reportCut))
  if (segment.rows === 0) return undefined
  const kept = whole.filter((commit) => commit.end <= files[0].bytes)
  return { segment, hashes: kept.map(({ hashes }) => hashes) }
}

/** Looks at a segment of another process. Throws ENOENT when one of its files has gone. */
export async function inspectSidecar(dir: string, table: FactTable, number: number): Promise<Inspected> {
  const [rowsFile, commitsFile] = sidecarFiles(dir, table, number)
  for (const { path } of [rowsFile, commitsFile]) await stat(path)
  const { header, whole, rows_end, commits_end, cut_bytes } = await scanSidecar([rowsFile, commitsFile])
  const files = [
    { ...rowsFile, bytes: rows_end },
    { ...commitsFile, bytes: commits_end },
  ]
  return { header, files, rows: whole.at(-1)?.rows ?? 0, uncommitted_bytes: cut_bytes, is_spoilt: false }
}

class SidecarForm implements SegmentForm {
  /** Bytes of rows that are left out, because they do not match their checksum any more. In order. */
  #damaged: Stretch[] = []

  async *pieces({ files }: Segment): AsyncGenerator<Piece[]> {
    const [{ path, bytes }] = files as [SegmentFile]
    const handle = await openFile(path, 'r')
    try {
      let from = 0
      for (const gap of [...this.#damaged, { start: bytes, end: bytes }]) {
        // A file that ends too early throws: a body that ended neatly there would land short.
        for (let at = from; at < gap.start; at += chunk_bytes)
          yield [{ at, bytes: await readAt(handle, at, Math.min(chunk_bytes, gap.start - at)) }]
        from = gap.end
      }
    } finally {
      await handle.close()
    }
  }

  async check(dir: string, segment: Segment, reportCut: ReportCut): Promise<boolean> {
    const [rowsFile, commitsFile] = segment.files as [SegmentFile, SegmentFile]
    const { commits, ends } = readSidecar(await readFile(commitsFile.path))
    const { good, rows, damaged } = await matchRows(rowsFile.path, commits)
    if (damaged.length === 0) return true
    await keepDamaged(dir, segment)
    const cut_bytes = damaged.reduce((sum, { start, end }) => sum + end - start, 0)
    reportCut(segment.table, segment.segment, cut_bytes)
    segment.rows = rows
    segment.spoilt_rows = (commits.at(-1)?.rows ?? 0) - rows
    rowsFile.bytes = commits[good]?.end ?? 0
    commitsFile.bytes = ends[good] ?? 0
    this.#damaged = damaged.filter(({ start }) => start < rowsFile.bytes)
    if (rows === 0) await removeSegment(segment)
    else if (good < commits.length - 1) await cutSegment(segment)
    return rows > 0
  }
}

interface Matched {
  /** The last commit that matches; -1 when none does. */
  good: number
  /** Rows of all that match. */
  rows: number
  damaged: Stretch[]
}

async function matchRows(path: string, commits: readonly ReadCommit[]): Promise<Matched> {
  const matched: Matched = { good: -1, rows: 0, damaged: [] }
  const handle = await openFile(path, 'r')
  /** A spoilt record says nothing that is sure, yet what its checksum of the rows bears out is right. */
  const take = (commit: ReadCommit, start: number, data: Buffer): boolean => {
    const isGood = data.length > 0 && crc32(data) === commit.data_crc
    if (isGood) matched.rows += countLines(data)
    else if (data.length > 0) matched.damaged.push({ start, end: start + data.length })
    return isGood
  }
  try {
    let from = 0
    for (const [index, commit] of commits.entries()) {
      // Where its rows end is known once those of the next are found.
      if (commit.is_spoilt) continue
      const before = commits[index - 1]
      const data = await readAt(handle, from, commit.end - from)
      const length = before?.is_spoilt ? lengthOfFirst(data, before, commit) : 0
      if (before?.is_spoilt) take(before, from, data.subarray(0, length))
      if (take(commit, from + length, data.subarray(length))) matched.good = index
      from = commit.end
    }
    return matched
  } finally {
    await handle.close()
  }
}

/** How much of the rows of two commits is the first one's, whose record is spoilt; 0 when that cannot be found. */
function lengthOfFirst(data: Buffer, first: ReadCommit, second: ReadCommit): number {
  // One of its numbers is wrong: either where it ends is right, or with which row the next one begins.
  const line = findRow(data, first.rows)
  const ends = [data.length - (second.end - first.end), line]
  return ends.find((at) => at > 0 && at < data.length && crc32(data.subarray(at)) === second.data_crc) ?? 0
}

function countLines(data: Buffer): number {
  let lines = 0
  for (let at = data.indexOf(0x0a); at >= 0; at = data.indexOf(0x0a, at + 1)) lines++
  return lines
}

async function readIfThere(path: string): Promise<Buffer> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  })
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return found?.size ?? 0
}
