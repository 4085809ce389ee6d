import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EarlierEnds, writeEarlierSegment } from './earlier-log.ts'
import { freshFolder } from './open-test-log.ts'
import { recoverSegments } from './recover-segments.ts'
import { type Commits, expectPrefix, type Found, recoverCommits, textOf } from './recovered-commits.ts'
import type { Segment } from './segment.ts'
import { sidecar_header_bytes as header_bytes } from './sidecar.ts'

let root: string
let remove: () => Promise<void>
let folders = 0

beforeAll(async () => {
  ;({ dir: root, remove } = await freshFolder())
})
afterAll(() => remove())

/** Commits as they are written: each some rows, each row some text. */
const anyCommits = fc.array(fc.array(fc.stringMatching(/^[a-zж]{0,12}$/), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
})

interface Written {
  dir: string
  files: { rows_file: string; commits_file: string }
  ends: EarlierEnds
}

async function write(commits: Commits): Promise<Written> {
  const dir = join(root, String(folders++))
  const header = { node: 'abc', segment: 7, opened_at_ms: 1000 }
  const parts = commits.map((rows, index) => ({
    data: Buffer.from(textOf(commits, [index])),
    rows: rows.length,
    hashes: Uint32Array.from(rows.flatMap((row) => [row.length + 1, 5])),
  }))
  const ends = await writeEarlierSegment(dir, 'events', header, parts)
  return { dir, files: segmentFiles(dir, 7), ends }
}

function segmentFiles(dir: string, segment: number): Written['files'] {
  const at = join(dir, 'events', String(segment))
  return { rows_file: `${at}.rows`, commits_file: `${at}.commits` }
}

const recover = ({ dir }: Written) => recoverCommits(dir)

/** All commits, or all but the one that was hit. */
function expectAllBut(found: Found, commits: Commits, hit: number): void {
  const others = [...commits.keys()].filter((index) => index !== hit)
  expect([textOf(commits), textOf(commits, others)]).toContain(found.text)
  expect(found.rows).toBe(found.text.split('\n').length - 1)
}

describe('a segment of an earlier version, after a crash,', () => {
  test('a tail torn at any byte of the rows leaves every commit before it', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), async (commits, at) => {
        const written = await write(commits)
        const bytes = await readFile(written.files.rows_file)
        const length = at % (bytes.length + 1)
        await writeFile(written.files.rows_file, bytes.subarray(0, length))
        const kept = written.ends.filter((end) => end.rows <= length).length - 1
        expectPrefix(await recover(written), commits, kept)
      }),
      { numRuns: 40 },
    )
  })
  test('a tail torn at any byte of the sidecar leaves every commit before it', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), async (commits, at) => {
        const written = await write(commits)
        const bytes = await readFile(written.files.commits_file)
        const length = at % (bytes.length + 1)
        await writeFile(written.files.commits_file, bytes.subarray(0, length))
        const kept = Math.max(0, written.ends.filter((end) => end.commits <= length).length - 1)
        expectPrefix(await recover(written), commits, kept)
      }),
      { numRuns: 40 },
    )
  })
  test('anything written after the last commit is cut, and that is said', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.uint8Array({ minLength: 1 }), fc.uint8Array(), async (commits, rows, sidecar) => {
        const written = await write(commits)
        await writeFile(written.files.rows_file, rows, { flag: 'a' })
        await writeFile(written.files.commits_file, sidecar, { flag: 'a' })
        const found = await recover(written)
        expectPrefix(found, commits, commits.length)
        expect(found.cuts).toBe(1)
      }),
      { numRuns: 40 },
    )
  })
})

describe('a bit that is turned over in a segment of an earlier version', () => {
  test('in the rows costs the commit it is in, which is kept aside, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), fc.nat(7), async (commits, at, bit) => {
        const written = await write(commits)
        const place = await flip(written.files.rows_file, at, bit)
        const hit = written.ends.filter((end) => end.rows <= place).length - 1
        const spoilt = await readFile(written.files.rows_file)
        const found = await recover(written)
        const others = [...commits.keys()].filter((index) => index !== hit)
        expect(found.text).toBe(textOf(commits, others))
        expect(found.rows).toBe(others.flatMap((index) => commits[index] as string[]).length)
        expect(found.cuts).toBeGreaterThan(0)
        expect(await readFile(join(written.dir, 'damaged', 'events-7.rows'))).toEqual(spoilt)
      }),
      { numRuns: 60 },
    )
  })
  test('in a commit record costs at most that commit, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), fc.nat(7), async (commits, at, bit) => {
        const written = await write(commits)
        const { length } = await readFile(written.files.commits_file)
        const place = await flip(written.files.commits_file, header_bytes + (at % (length - header_bytes)), bit)
        const hit = written.ends.filter((end) => end.commits <= place).length - 1
        const found = await recover(written)
        expectAllBut(found, commits, hit)
        const isKept = await stat(join(written.dir, 'damaged', 'events-7.rows')).catch(() => undefined)
        if (found.text !== textOf(commits) && commits.length > 1) expect(isKept).toBeDefined()
      }),
      { numRuns: 100 },
    )
  })
  test('in the head of a segment costs the segment, which is kept aside', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(header_bytes - 1), fc.nat(7), async (commits, at, bit) => {
        const written = await write(commits)
        await flip(written.files.commits_file, at, bit)
        expect((await recover(written)).text).toBe('')
        expect(await readFile(join(written.dir, 'damaged', 'events-7.rows'), 'utf8')).toBe(textOf(commits))
      }),
      { numRuns: 30 },
    )
  })
  test('leaves the same however often it is recovered', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), async (commits, at) => {
        const written = await write(commits)
        await flip(written.files.rows_file, at, 0)
        const once = await recover(written)
        expect(once.cuts).toBeGreaterThan(0)
        const again = await recover(written)
        expect([again.text, again.rows]).toEqual([once.text, once.rows])
      }),
      { numRuns: 30 },
    )
  })
})

describe('rows of an earlier version that were spoilt on the disk', () => {
  test('are kept in a folder of their own', async () => {
    const written = await write([['first'], ['second'], ['third']])
    await flip(written.files.rows_file, 0, 0)
    await recover(written)
    const kept = await stat(join(written.dir, 'damaged', 'events-7.rows'))
    expect(kept.size).toBe(textOf([['first'], ['second'], ['third']]).length)
  })
})

describe('a segment of an earlier version without rows', () => {
  test('goes away, whatever part of its files is there', async () => {
    const header = { node: 'abc', segment: 3, opened_at_ms: 1000 }
    const dir = join(root, String(folders++))
    await writeEarlierSegment(dir, 'events', header, [])
    await writeFile(segmentFiles(dir, 4).commits_file, 'TLSEG')
    const none = { reportCut: () => {}, takeHashes: () => {} }
    expect(await recoverSegments(dir, 'events', none)).toEqual([] satisfies Segment[])
    await expect(stat(segmentFiles(dir, 3).rows_file)).rejects.toThrow('ENOENT')
    await expect(stat(segmentFiles(dir, 4).commits_file)).rejects.toThrow('ENOENT')
  })
})

/** Turns one bit over and says in which byte. */
async function flip(file: string, at: number, bit: number): Promise<number> {
  const bytes = await readFile(file)
  const place = at % bytes.length
  bytes[place] = (bytes[place] as number) ^ (1 << bit)
  await writeFile(file, bytes)
  return place
}
