import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import { inspectFramed } from './framed-segments.ts'
import { type SegmentFormName, segmentsIn } from './recover-segments.ts'
import type { SegmentFile } from './segment.ts'
import { inspectSidecar } from './sidecar-segments.ts'

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
  /** Each with how much of it is committed. */
  files: SegmentFile[]
  /** Committed rows. */
  rows: number
  /** Bytes of its files behind the last commit: of a segment that is being written, or torn. */
  uncommitted_bytes: number
  /** A commit was spoilt on the disk, as far as its heads and the rows of the last one tell: a start mends what it can. */
  is_spoilt: boolean
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
    for (const [number, form] of await segmentsIn(join(dir, table)).catch(ifThere([]))) {
      const segment = await inspectSegment(dir, table, number, form)
      if (segment) segments.push(segment)
    }
  }
  const damaged = await readdir(join(dir, 'damaged')).catch(ifThere([]))
  return { dir, node: name.split(' ', 1)[0] ?? '', segments, damaged }
}

/** Undefined when it is not there any more. */
async function inspectSegment(
  dir: string,
  table: FactTable,
  number: number,
  form: SegmentFormName,
): Promise<InspectedSegment | undefined> {
  const found = await (form === 'framed' ? inspectFramed : inspectSidecar)(dir, table, number).catch(ifThere(undefined))
  if (!found) return undefined
  const { header, ...rest } = found
  return { table, node: header?.node ?? '', segment: number, opened_at_ms: header?.opened_at_ms ?? 0, ...rest }
}

function ifThere<Otherwise>(otherwise: Otherwise): (error: NodeJS.ErrnoException) => Otherwise {
  return (error) => {
    if (error.code === 'ENOENT') return otherwise
    throw error
  }
}
