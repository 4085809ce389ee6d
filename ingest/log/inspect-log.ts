import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import { type Commit, readSidecar } from './commit-record.ts'

/** The folder of one log, as another process finds it; nothing in it is changed. */
export interface InspectedLog {
  dir: string
  /** Its own name; empty when it has none yet. */
  node: string
  segments: InspectedSegment[]
  /** Segments kept because their accepted rows were spoilt. */
  damaged: string[]
}

export interface InspectedSegment {
  table: FactTable
  /** Of whom it is, which need not be the folder's own name; empty when its first bytes cannot be read. */
  node: string
  segment: number
  opened_at_ms: number
  rows_file: string
  commits_file: string
  /** Committed rows, their bytes, and the bytes of their commits. */
  rows: number
  bytes: number
  commits_bytes: number
  /** Bytes of both files behind the last commit: of a segment that is being written, or torn. */
  uncommitted_bytes: number
}

/** Finds every log below a folder, however many workers have one there. */
export async function findLogs(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(ifThere([]))
  const logs = entries
    .filter((entry) => entry.isDirectory() && (factTableNames as string[]).includes(entry.name))
    .map((entry) => entry.parentPath)
    .filter((path) => basename(path) !== 'damaged')
  return [...new Set(logs)].toSorted()
}

/** Looks at one log. Files that go away meanwhile have landed, and are left out. */
export async function inspectLog(dir: string): Promise<InspectedLog> {
  const name = await readFile(join(dir, 'node'), 'utf8').catch(ifThere(''))
  const segments: InspectedSegment[] = []
  for (const table of factTableNames) {
    const names = await readdir(join(dir, table)).catch(ifThere([]))
    for (const file of names.filter((found) => /^\d{1,10}\.rows$/.test(found))) {
      const segment = await inspectSegment(join(dir, table), table, Number(file.slice(0, -'.rows'.length)))
      if (segment) segments.push(segment)
    }
  }
  const damaged = await readdir(join(dir, 'damaged')).catch(ifThere([]))
  return { dir, node: name.split(' ', 1)[0] ?? '', segments, damaged }
}

/** Undefined when it is not there any more. */
export async function inspectSegment(
  folder: string,
  table: FactTable,
  number: number,
): Promise<InspectedSegment | undefined> {
  const [rows_file, commits_file] = [join(folder, `${number}.rows`), join(folder, `${number}.commits`)]
  // The rows first: commits that come later than this look speak of rows that are behind it, and are left out.
  const size = await stat(rows_file).then(({ size: bytes }) => bytes, ifThere(undefined))
  if (size === undefined) return undefined
  const sidecar = await readFile(commits_file).catch(ifThere(undefined))
  if (sidecar === undefined) return undefined
  const { header, commits, ends } = readSidecar(sidecar)
  const whole: Commit[] = commits.filter(({ end }) => end <= size)
  const bytes = whole.at(-1)?.end ?? 0
  const commits_bytes = ends[whole.length - 1] ?? 0
  return {
    ...{ table, node: header?.node ?? '', segment: number, opened_at_ms: header?.opened_at_ms ?? 0 },
    ...{ rows_file, commits_file, rows: whole.at(-1)?.rows ?? 0, bytes, commits_bytes },
    uncommitted_bytes: size - bytes + sidecar.length - commits_bytes,
  }
}

function ifThere<Otherwise>(otherwise: Otherwise): (error: NodeJS.ErrnoException) => Otherwise {
  return (error) => {
    if (error.code === 'ENOENT') return otherwise
    throw error
  }
}
