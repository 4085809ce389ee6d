import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FactTable } from '#storage/fact-tables.ts'
import { recoverFramed } from './framed-segments.ts'
import type { ReportCut, Segment } from './segment.ts'
import { recoverSidecar } from './sidecar-segments.ts'

/** Takes the hashes of the ids in a recovered commit, for the repeat window. */
export type TakeHashes = (hashes: Uint32Array) => void | Promise<void>

export type SegmentFormName = 'framed' | 'sidecar'

/** The segments that have a file in a folder, ascending, and how each is written. */
export async function segmentsIn(folder: string): Promise<[number: number, form: SegmentFormName][]> {
  const names = await readdir(folder)
  const found = names.flatMap((name) => {
    const [, number, kind] = /^(\d{1,10})\.(segment|rows|commits)$/.exec(name) ?? []
    return number ? [[Number(number), kind === 'segment' ? 'framed' : 'sidecar'] as const] : []
  })
  // One of two files has its name but once.
  return [...new Map(found.toSorted(([a], [b]) => a - b))]
}

/** The number of the newest segment that has a file; makes the folder when it is not there. */
export async function newestSegment(dir: string, table: FactTable): Promise<number> {
  await mkdir(join(dir, table), { recursive: true, mode: 0o700 })
  return (await segmentsIn(join(dir, table))).at(-1)?.[0] ?? 0
}

/** Finds the segments that an earlier process left, oldest first, and cuts from each what a crash left torn. */
export async function recoverSegments(
  dir: string,
  table: FactTable,
  { reportCut, takeHashes }: { reportCut: ReportCut; takeHashes: TakeHashes },
): Promise<Segment[]> {
  const newest = await newestSegment(dir, table)
  const segments: Segment[] = []
  for (const [number, form] of await segmentsIn(join(dir, table))) {
    // Only the newest can be torn: all others were synced to their end before the next one began.
    // Their rows are checked just before they are sent, so that a long backlog does not hold up the start.
    const recover = form === 'framed' ? recoverFramed : recoverSidecar
    const found = await recover(dir, table, number, { isNewest: number === newest, reportCut })
    if (!found) continue
    segments.push(found.segment)
    for (const hashes of found.hashes) await takeHashes(hashes)
  }
  return segments
}
