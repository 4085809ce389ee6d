import { constants, copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { FactTable } from '#storage/fact-tables.ts'
import { type Commit, type ReadCommit, readSidecar } from './commit-record.ts'
import { openFile, readAt } from './durable-file.ts'
import { findRow } from './row-number.ts'
import { cutSegment, removeSegment, type Segment, segmentFiles } from './segment.ts'

export type ReportCut = (table: FactTable, segment: number, cut_bytes: number) => void

/** Takes the hashes of the ids in a recovered commit, for the repeat window. */
export type TakeHashes = (hashes: Uint32Array) => void | Promise<void>

/** The numbers of all segments that have a file, ascending; makes the folder when it is not there. */
export async function segmentNumbers(dir: string, table: FactTable): Promise<number[]> {
  await mkdir(join(dir, table), { recursive: true, mode: 0o700 })
  const names = await readdir(join(dir, table))
  const numbers = names.flatMap((name) => /^(\d{1,10})\.(?:rows|commits)$/.exec(name)?.[1] ?? []).map(Number)
  return [...new Set(numbers)].toSorted((a, b) => a - b)
}

/** Finds the segments that an earlier process left, oldest first, and cuts from each what a crash left torn. */
export async function recoverSegments(
  dir: string,
  table: FactTable,
  { reportCut, takeHashes }: { reportCut: ReportCut; takeHashes: TakeHashes },
): Promise<Segment[]> {
  const numbers = await segmentNumbers(dir, table)
  const last = numbers.at(-1)
  const segments: Segment[] = []
  for (const number of numbers) {
    // Only the newest can be torn: all others were synced to their end before the next one began.
    // Their rows are checked just before they are sent, so that a long backlog does not hold up the start.
    const found = await recoverSegment(dir, table, number, { isNewest: number === last, reportCut })
    if (!found) continue
    segments.push(found.segment)
    for (const commit of found.commits) await takeHashes(commit.hashes)
  }
  return segments
}

async function recoverSegment(
  dir: string,
  table: FactTable,
  number: number,
  { isNewest, reportCut }: { isNewest: boolean; reportCut: ReportCut },
): Promise<{ segment: Segment; commits: Commit[] } | undefined> {
  const files = segmentFiles(dir, table, number)
  const sidecar = await readIfThere(files.commits_file)
  const { header, commits, ends, is_end_spoilt } = readSidecar(sidecar)
  const size = await sizeOf(files.rows_file)
  const whole = commits.slice(0, 1 + commits.findLastIndex(({ end, is_spoilt }) => !is_spoilt && end <= size))
  const segment: Segment = {
    node: header?.node ?? '',
    segment: number,
    opened_at_ms: header?.opened_at_ms ?? 0,
    ...files,
    table,
    rows: whole.at(-1)?.rows ?? 0,
    bytes: whole.at(-1)?.end ?? 0,
    commits_bytes: ends[whole.length - 1] ?? 0,
    is_recovered: true,
    is_checked: false,
    is_torn: true,
    refused: [],
    damaged: [],
    spoilt_rows: 0,
  }
  const cut_bytes = size - segment.bytes + sidecar.length - segment.commits_bytes
  if (size > segment.bytes && (!isNewest || is_end_spoilt || !header)) await keepDamaged(dir, segment)
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
  segment.is_checked = isNewest && (await checkRows(dir, segment, reportCut))
  if (segment.rows === 0) return undefined
  return { segment, commits: whole.filter((commit) => commit.end <= segment.bytes) }
}

/**
 * Reads the rows against their checksums. Commits that do not match are left out, and kept for a human eye: they were
 * accepted once. False when nothing is left; then the files are gone.
 */
export async function checkRows(dir: string, segment: Segment, reportCut: ReportCut): Promise<boolean> {
  const { commits, ends } = readSidecar(await readFile(segment.commits_file))
  const { good, rows, damaged } = await matchRows(segment, commits)
  const all_rows = commits.at(-1)?.rows ?? 0
  if (damaged.length === 0) return true
  await keepDamaged(dir, segment)
  reportCut(
    segment.table,
    segment.segment,
    damaged.reduce((sum, { start, end }) => sum + end - start, 0),
  )
  segment.rows = rows
  segment.spoilt_rows = all_rows - rows
  segment.bytes = commits[good]?.end ?? 0
  segment.commits_bytes = ends[good] ?? 0
  segment.damaged = damaged.filter(({ start }) => start < segment.bytes)
  if (rows === 0) await removeSegment(segment)
  else if (good < commits.length - 1) await cutSegment(segment)
  return rows > 0
}

interface Matched {
  /** The last commit that matches; -1 when none does. */
  good: number
  /** Rows of all that match. */
  rows: number
  damaged: Segment['damaged']
}

async function matchRows(segment: Segment, commits: readonly ReadCommit[]): Promise<Matched> {
  const matched: Matched = { good: -1, rows: 0, damaged: [] }
  const handle = await openFile(segment.rows_file, 'r')
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

async function keepDamaged(dir: string, segment: Segment): Promise<void> {
  const folder = join(dir, 'damaged')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = join(folder, `${segment.table}-${segment.segment}`)
  // A disk without room for the copy must not keep the log from opening.
  // Nor must a later look, at what is left then, take the place of the first.
  await copyFile(segment.rows_file, `${name}.rows`, constants.COPYFILE_EXCL).catch(() => {})
  await copyFile(segment.commits_file, `${name}.commits`, constants.COPYFILE_EXCL).catch(() => {})
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
