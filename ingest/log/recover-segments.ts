import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { FactTable } from '#storage/fact-tables.ts'
import { type Commit, readSidecar } from './commit-record.ts'
import { openFile, readAt } from './durable-file.ts'
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
  const { header, commits, ends } = readSidecar(sidecar)
  const size = await sizeOf(files.rows_file)
  const whole = commits.filter((commit) => commit.end <= size)
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
  }
  const cut_bytes = size - segment.bytes + sidecar.length - segment.commits_bytes
  if (!isNewest && size > segment.bytes) await keepDamaged(dir, segment)
  if (segment.rows === 0) {
    if (size > 0) reportCut(table, number, cut_bytes)
    if (!header && size > 0) await keepDamaged(dir, segment)
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
 * Reads the rows against their checksums, and cuts the segment before the first commit that does not match.
 * False when nothing is left of it; then the files are gone.
 */
export async function checkRows(dir: string, segment: Segment, reportCut: ReportCut): Promise<boolean> {
  const { commits, ends } = readSidecar(await readFile(segment.commits_file))
  const good = await countMatching(segment, commits)
  if (good === commits.length) return true
  // A torn tail is one commit. Rows spoilt before the last one were accepted once: they are kept for a human eye.
  if (good < commits.length - 1) await keepDamaged(dir, segment)
  const cut_bytes = segment.bytes - (commits[good - 1]?.end ?? 0)
  segment.rows = commits[good - 1]?.rows ?? 0
  segment.bytes = commits[good - 1]?.end ?? 0
  segment.commits_bytes = ends[good - 1] ?? 0
  reportCut(segment.table, segment.segment, cut_bytes)
  if (segment.rows === 0) await removeSegment(segment)
  else await cutSegment(segment)
  return segment.rows > 0
}

async function countMatching(segment: Segment, commits: readonly Commit[]): Promise<number> {
  const handle = await openFile(segment.rows_file, 'r')
  try {
    let from = 0
    for (const [index, commit] of commits.entries()) {
      if (crc32(await readAt(handle, from, commit.end - from)) !== commit.data_crc) return index
      from = commit.end
    }
    return commits.length
  } finally {
    await handle.close()
  }
}

async function keepDamaged(dir: string, segment: Segment): Promise<void> {
  const folder = join(dir, 'damaged')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = join(folder, `${segment.table}-${segment.segment}`)
  // A disk without room for the copy must not keep the log from opening.
  await copyFile(segment.rows_file, `${name}.rows`).catch(() => {})
  await copyFile(segment.commits_file, `${name}.commits`).catch(() => {})
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
