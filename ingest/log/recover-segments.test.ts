import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { head_bytes, header_bytes } from './frame.ts'
import { segmentFile } from './framed-segments.ts'
import { freshFolder } from './open-test-log.ts'
import { recoverSegments } from './recover-segments.ts'
import { type Commits, expectPrefix, type Found, recoverCommits, textOf } from './recovered-commits.ts'
import { createSegment } from './segment-writer.ts'

let root: string
let remove: () => Promise<void>
let folders = 0

beforeAll(async () => {
  ;({ dir: root, remove } = await freshFolder())
})
afterAll(() => remove())

/** Commits as they are written: each some rows, each row some text; some are longer than a sector of the disk. */
const anyRow = fc
  .tuple(fc.stringMatching(/^[a-zж]{0,12}$/), fc.constantFrom(1, 1, 40, 300))
  .map(([text, times]) => text.repeat(times))
const anyCommits = fc.array(fc.array(anyRow, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
const anyZeros = fc.constantFrom(0, 3, 5000)

interface Written {
  dir: string
  file: string
  /** How far the file reaches with its head, and with each commit. */
  ends: number[]
}

/** Writes a segment. A file system may leave zeros behind what it was given when the power goes. */
async function write(commits: Commits, zeros = 0): Promise<Written> {
  const dir = join(root, String(folders++))
  await mkdir(join(dir, 'events'), { recursive: true })
  const open = await createSegment(dir, 'events', { node: 'abc', segment: 7, opened_at_ms: 1000 })
  const file = segmentFile(dir, 'events', 7)
  const committed = () => open.segment.files[0]?.bytes as number
  const ends = [committed()]
  for (const [index, rows] of commits.entries()) {
    const hashes = Uint32Array.from(rows.flatMap((row) => [row.length + 1, 5]))
    await open.commit(Buffer.from(textOf(commits, [index])), rows.length, hashes)
    ends.push(committed())
  }
  await open.close()
  await writeFile(file, Buffer.alloc(zeros), { flag: 'a' })
  return { dir, file, ends }
}

async function recover({ dir }: Written): Promise<Found> {
  const found = await recoverCommits(dir)
  if (found.bytes > 0) expect((await stat(segmentFile(dir, 'events', 7))).size).toBe(found.bytes)
  return found
}

const isKept = ({ dir }: Written) =>
  stat(join(dir, 'damaged', 'events-7.segment')).then(
    () => true,
    () => false,
  )

describe('after a crash', () => {
  test('all commits are there, and zeros behind them are neither rows nor damage', async () => {
    const commits = Array.from({ length: 40 }, (_, i) => [`${i}`.repeat(700), 'short'])
    const written = await write(commits, 100_000)
    const found = await recover(written)
    expectPrefix(found, commits, commits.length)
    expect([found.cuts, await isKept(written)]).toEqual([0, false])
  })
  test('a tail torn at any byte leaves every commit before it', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), async (commits, at) => {
        const written = await write(commits)
        const bytes = await readFile(written.file)
        const length = at % (bytes.length + 1)
        await writeFile(written.file, bytes.subarray(0, length))
        const kept = Math.max(0, written.ends.filter((end) => end <= length).length - 1)
        expectPrefix(await recover(written), commits, kept)
        expect(await isKept(written)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
  test('a write over zeros that stopped at any byte leaves every commit before it', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), fc.nat(4096), async (commits, at, more) => {
        const written = await write(commits)
        const bytes = await readFile(written.file)
        const length = at % (bytes.length + 1)
        bytes.fill(0, Math.max(header_bytes, length))
        await writeFile(written.file, Buffer.concat([bytes, Buffer.alloc(more)]))
        const kept = Math.max(0, written.ends.filter((end) => end <= length).length - 1)
        expectPrefix(await recover(written), commits, kept)
        expect(await isKept(written)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
  test('a write over zeros of which any sectors are missing is cut, and what was committed before it stays', async () => {
    let torn = 0
    await fc.assert(
      fc.asyncProperty(
        anyCommits,
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom(0, 10_000),
        async (commits, isMissing, more) => {
          const written = await write(commits)
          const bytes = await readFile(written.file)
          const [from, to] = written.ends.slice(-2) as [number, number]
          const whole = Buffer.from(bytes)
          for (let at = from; at < to; at += 512 - (at % 512))
            if (isMissing.next().value) bytes.fill(0, at, Math.min(to, at + 512 - (at % 512)))
          await writeFile(written.file, Buffer.concat([bytes, Buffer.alloc(more)]))
          const isTorn = !bytes.equals(whole)
          if (isTorn) torn++
          expectPrefix(await recover(written), commits, commits.length - (isTorn ? 1 : 0))
          expect(await isKept(written)).toBe(false)
        },
      ),
      { numRuns: 100 },
    )
    expect(torn).toBeGreaterThan(20)
  })
  test('anything written after the last commit is cut, and that is said', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.uint8Array({ minLength: 1 }), fc.boolean(), async (commits, more, isLong) => {
        const written = await write(commits)
        await writeFile(written.file, Buffer.concat([more, Buffer.alloc(isLong ? 9000 : 0)]), { flag: 'a' })
        const found = await recover(written)
        expectPrefix(found, commits, commits.length)
        expect(found.cuts).toBe(more.some((byte) => byte !== 0) ? 1 : 0)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a bit that is turned over', () => {
  test('in the rows costs the commit it is in, which is kept aside, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), fc.nat(7), anyZeros, async (commits, at, bit, zeros) => {
        const written = await write(commits, zeros)
        const hit = at % commits.length
        const [rows, end] = [Buffer.byteLength(textOf(commits, [hit])), written.ends[hit + 1] as number]
        await flip(written.file, end - 1 - (at % rows), bit)
        const spoilt = await readFile(written.file)
        const found = await recover(written)
        const others = [...commits.keys()].filter((index) => index !== hit)
        expect(found.text).toBe(textOf(commits, others))
        expect(found.rows).toBe(others.flatMap((index) => commits[index] as string[]).length)
        expect(found.cuts).toBeGreaterThan(0)
        expect(await readFile(join(written.dir, 'damaged', 'events-7.segment'))).toEqual(
          spoilt.subarray(0, written.ends.at(-1)),
        )
      }),
      { numRuns: 60 },
    )
  })
  test('in the head of a commit, or in its hashes, costs at most that commit, and none that another one follows', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), fc.nat(7), anyZeros, async (commits, at, bit, zeros) => {
        const written = await write(commits, zeros)
        const hit = at % commits.length
        const head = head_bytes + 8 * (commits[hit] as string[]).length
        const place = at % head
        await flip(written.file, (written.ends[hit] as number) + place, bit)
        const found = await recover(written)
        const others = [...commits.keys()].filter((index) => index !== hit)
        expect([textOf(commits), textOf(commits, others)]).toContain(found.text)
        expect(found.rows).toBe(found.text.split('\n').length - 1)
        // Without its checksum nobody can say of rows that they are what was accepted.
        const isSum = place >= 16 && place < 20
        if (hit < commits.length - 1 && !isSum) expect(found.text).toBe(textOf(commits))
        if (found.text !== textOf(commits)) expect(await isKept(written)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
  test('in the head of a segment costs the segment, which is kept aside', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(header_bytes - 1), fc.nat(7), async (commits, at, bit) => {
        const written = await write(commits)
        await flip(written.file, at, bit)
        const spoilt = await readFile(written.file)
        expect((await recover(written)).text).toBe('')
        expect(await readFile(join(written.dir, 'damaged', 'events-7.segment'))).toEqual(spoilt)
      }),
      { numRuns: 30 },
    )
  })
  test('leaves the same however often it is recovered', async () => {
    await fc.assert(
      fc.asyncProperty(anyCommits, fc.nat(), anyZeros, async (commits, at, zeros) => {
        const written = await write(commits, zeros)
        const [from, to] = [header_bytes, written.ends.at(-1) as number]
        await flip(written.file, from + (at % (to - from)), 0)
        const once = await recover(written)
        const again = await recover(written)
        expect([again.text, again.rows, again.cuts]).toEqual([once.text, once.rows, 0])
      }),
      { numRuns: 60 },
    )
  })
})

describe('a long segment', () => {
  const commits = Array.from({ length: 30 }, (_, i) => [`${i % 10}`.repeat(50_000), 'short'])

  test('closes with all its hashes in one place, and is the same without them', async () => {
    const written = await write(commits)
    const bytes = await readFile(written.file)
    const end = written.ends.at(-1) as number
    expect(bytes.length).toBe(end + head_bytes + commits.length * 2 * 8 + 4)
    expectPrefix(await recover(written), commits, commits.length)
    for (const length of [end, end + 1, end + head_bytes, end + head_bytes + 10, bytes.length - 1]) {
      await writeFile(written.file, bytes.subarray(0, length))
      expectPrefix(await recover(written), commits, commits.length)
    }
    for (const place of [end + 2, end + 10, end + 22, end + head_bytes + 9, bytes.length - 2]) {
      await writeFile(written.file, bytes)
      await flip(written.file, place, 5)
      expectPrefix(await recover(written), commits, commits.length)
    }
  })
  test('loses what is spoilt in it and nothing else', async () => {
    for (const hit of [0, 15, 29]) {
      const written = await write(commits)
      await flip(written.file, (written.ends[hit + 1] as number) - 20_000, 3)
      const found = await recover(written)
      expect(found.text).toBe(
        textOf(
          commits,
          [...commits.keys()].filter((index) => index !== hit),
        ),
      )
      expect([found.hashes, found.cuts, await isKept(written)]).toEqual([58, 1, true])
    }
  })
})

describe('a segment without rows', () => {
  test('goes away, however much of its file is there', async () => {
    const dir = join(root, String(folders++))
    await mkdir(join(dir, 'events'), { recursive: true })
    await (await createSegment(dir, 'events', { node: 'abc', segment: 3, opened_at_ms: 1000 })).close()
    await writeFile(segmentFile(dir, 'events', 4), 'TLSEG')
    await writeFile(segmentFile(dir, 'events', 5), '')
    const none = { reportCut: () => {}, takeHashes: () => {} }
    expect(await recoverSegments(dir, 'events', none)).toEqual([])
    for (const number of [3, 4, 5]) await expect(stat(segmentFile(dir, 'events', number))).rejects.toThrow('ENOENT')
  })
})

async function flip(file: string, place: number, bit: number): Promise<void> {
  const bytes = await readFile(file)
  bytes[place] = (bytes[place] as number) ^ (1 << bit)
  await writeFile(file, bytes)
}
