import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { head_bytes } from './frame.ts'
import { segmentFile } from './framed-segments.ts'
import { inspectLog } from './inspect-log.ts'
import { freshFolder } from './open-test-log.ts'
import { recoverSegments } from './recover-segments.ts'
import type { Segment } from './segment.ts'
import { segmentBody } from './segment-body.ts'
import { createSegment } from './segment-writer.ts'

let dir: string
let remove: () => Promise<void>

beforeEach(async () => {
  ;({ dir, remove } = await freshFolder())
  await mkdir(join(dir, 'events'))
})
afterEach(() => remove())

const path = () => segmentFile(dir, 'events', 7)
/** The first number tells the row. */
const hashesOf = (row: number) => Uint32Array.of(row + 1, 5)

/** Leaves a segment with a row a commit, closed; says where each commit begins, and where the last one ends. */
async function write(commits: number, text = 'x'): Promise<number[]> {
  const open = await createSegment(dir, 'events', { node: 'abc', segment: 7, opened_at_ms: 1000 })
  const committed = () => open.segment.files[0]?.bytes as number
  const starts = [committed()]
  for (let row = 0; row < commits; row++) {
    await open.commit(Buffer.from(`[${row},"${text}"]\n`), 1, hashesOf(row))
    starts.push(committed())
  }
  await open.close()
  return starts
}

async function change(how: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(path())
  how(bytes)
  await writeFile(path(), bytes)
}

const flip = (place: number) =>
  change((bytes) => {
    bytes[place] = (bytes[place] as number) ^ 1
  })

async function recovered(): Promise<{ rows: number; sent: number; ids: number[]; damaged: string[] }> {
  const ids = new Set<number>()
  const takeHashes = (hashes: Uint32Array) => {
    for (let i = 0; i < hashes.length; i += 2) ids.add(hashes[i] as number)
  }
  const [segment] = await recoverSegments(dir, 'events', { reportCut: () => {}, takeHashes })
  const damaged = await readdir(join(dir, 'damaged')).catch(() => [])
  return {
    rows: segment?.rows ?? 0,
    sent: segment ? await linesSent(segment) : 0,
    ids: [...ids].toSorted((a, b) => a - b),
    damaged,
  }
}

async function linesSent(segment: Segment): Promise<number> {
  let lines = 0
  for await (const chunk of segmentBody(segment)) lines += (chunk as Buffer).filter((byte) => byte === 0x0a).length
  return lines
}

describe('the ids of a recovered segment are known again', () => {
  test.each([
    ['when the head of a commit was spoilt and could be mended', 4],
    ['when one of its sizes was', 12],
  ])('%s', async (_, place) => {
    const starts = await write(5)
    await flip((starts[2] as number) + place)
    expect(await recovered()).toMatchObject({ rows: 5, sent: 5, ids: [1, 2, 3, 4, 5] })
  })
})

describe('a commit whose head is spoilt keeps its rows', () => {
  test('when only the end of a long segment follows it', async () => {
    const starts = await write(3, 'x'.repeat(500_000))
    await flip((starts[2] as number) + 4)
    expect(await recovered()).toMatchObject({ rows: 3, sent: 3, ids: [1, 2, 3] })
  })
  test('when only a commit that was broken off follows it', async () => {
    const starts = await write(4, 'x'.repeat(3000))
    const [, , spoilt, torn] = starts as [number, number, number, number, number]
    await flip(spoilt + 4)
    await change((bytes) => bytes.fill(0, torn + 1000))
    expect(await recovered()).toMatchObject({ rows: 3, sent: 3, ids: [1, 2, 3] })
  })
})

test('a last commit whose head is spoilt is kept aside, also when one that was broken off stands behind it', async () => {
  const starts = await write(4, 'x'.repeat(3000))
  const [, , spoilt, torn] = starts as [number, number, number, number, number]
  await flip(spoilt + 4)
  await change((bytes) => bytes.fill(0, torn, torn + 1000))
  expect(await recovered()).toEqual({ rows: 2, sent: 2, ids: [1, 2], damaged: ['events-7.segment'] })
})

describe('a look from outside, as a backup and `doctor` have it, finds what a start would', () => {
  test.each([
    ['the ids of the last commit', ([, , , last]: number[]) => (last as number) + head_bytes, 4, false],
    ['the rows of the last commit', ([, , , , end]: number[]) => (end as number) - 3, 4, true],
    ['the head of the last commit', ([, , , last]: number[]) => (last as number) + 4, 3, true],
    ['the head of another commit', ([, second]: number[]) => (second as number) + 4, 4, true],
  ])('when %s are spoilt', async (_, place, rows, is_spoilt) => {
    const starts = await write(4)
    await flip(place(starts))
    const { segments } = await inspectLog(dir)
    expect(segments).toMatchObject([{ rows, is_spoilt, files: [{ bytes: rows === 4 ? starts[4] : starts[3] }] }])
  })
  test('when the last commit was broken off', async () => {
    const starts = await write(4, 'x'.repeat(3000))
    await change((bytes) => bytes.fill(0, (starts[3] as number) + 1000))
    const { segments } = await inspectLog(dir)
    expect(segments).toMatchObject([{ rows: 3, is_spoilt: false, files: [{ bytes: starts[3] }] }])
  })
})
