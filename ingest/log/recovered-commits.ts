import { expect } from 'vitest'
import { recoverSegments } from './recover-segments.ts'
import { segmentBody } from './segment-body.ts'

/** What a test writes to a segment: commits of some rows, each row some text. */
export type Commits = string[][]

/** The text of some of the commits; each line has its number in the segment, as the log writes it. */
export function textOf(commits: Commits, which: readonly number[] = [...commits.keys()]): string {
  let text = ''
  let row = 0
  for (const [index, rows] of commits.entries())
    for (const value of rows) {
      if (which.includes(index)) text += `[${row},"${value}"]\n`
      row++
    }
  return text
}

/** What a start finds of a segment, and how often it cut something off. */
export interface Found {
  text: string
  rows: number
  hashes: number
  cuts: number
  /** Of its files, as the segment knows them; 0 when nothing is left. */
  bytes: number
}

/** Recovers the one segment of events in a folder. */
export async function recoverCommits(dir: string): Promise<Found> {
  const found: Found = { text: '', rows: 0, hashes: 0, cuts: 0, bytes: 0 }
  const reportCut = () => void found.cuts++
  const takeHashes = (taken: Uint32Array) => {
    found.hashes += taken.length / 2
  }
  const [segment] = await recoverSegments(dir, 'events', { reportCut, takeHashes })
  if (!segment || !(await segment.form.check(dir, segment, reportCut))) return { ...found, hashes: 0 }
  const chunks: Buffer[] = []
  for await (const chunk of segmentBody(segment)) chunks.push(chunk as Buffer)
  return { ...found, text: Buffer.concat(chunks).toString(), rows: segment.rows, bytes: segment.bytes }
}

/** The first commits are there whole, and nothing else. */
export function expectPrefix(found: Found, commits: Commits, kept: number): void {
  const prefix = commits.slice(0, kept)
  expect(found.text).toBe(textOf(prefix))
  expect(found.rows).toBe(prefix.flat().length)
  expect(found.hashes).toBe(prefix.flat().length)
}
