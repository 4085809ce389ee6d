import { appendFile, mkdir, mkdtemp, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failingDisk } from '#ingest/log/test-faults.ts'
import { openJournal } from './journal.ts'

interface Entry {
  key: string
  value: number
}

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-journal-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
  expect(faults.splice(0)).toEqual([])
  spoilt = 0
})

const newest = new Map<string, Entry>()
const faults: unknown[] = []
let spoilt = 0
const open = (disk = failingDisk()) =>
  openJournal<Entry>({
    open: disk.open,
    path: join(dir, 'sub', 'journal'),
    read: (line) => (typeof line === 'object' && line !== null && 'key' in line ? (line as Entry) : undefined),
    key: ({ key }) => key,
    everything: () => newest.values(),
    onFault: (error) => void faults.push(error),
    onSpoilt: (lines) => {
      spoilt += lines
    },
  })

describe('a journal', () => {
  test('gives back the newest record of each key, without having been closed', async () => {
    const journal = await open()
    await Promise.all([
      journal.append([
        { key: 'a', value: 1 },
        { key: 'b', value: 1 },
      ]),
      journal.append([{ key: 'a', value: 2 }]),
    ])
    const again = await open()
    expect(again.recovered).toEqual([
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
    ])
    await journal.close()
    await again.close()
  })

  test('loses no more than a line that was cut short, and goes on after it', async () => {
    const journal = await open()
    await journal.append([{ key: 'a', value: 1 }])
    await journal.close()
    await appendFile(join(dir, 'sub', 'journal'), '\n{"key":"b","va')
    const second = await open()
    expect(second.recovered).toEqual([{ key: 'a', value: 1 }])
    await second.append([{ key: 'c', value: 1 }])
    await second.close()
    const third = await open()
    expect(third.recovered).toEqual([
      { key: 'a', value: 1 },
      { key: 'c', value: 1 },
    ])
    await third.close()
  })

  test('loses no more than the line in which a bit was turned over, says so, and keeps a copy', async () => {
    const keys = ['a', 'b', 'c', 'd']
    const journal = await open()
    for (const key of keys) await journal.append([{ key, value: 1000 }])
    await journal.close()
    const path = join(dir, 'sub', 'journal')
    const whole = await readFile(path)
    const line_bytes = whole.length / keys.length
    await fc.assert(
      // The checksum of the very last line aside: when it is harmed, the line looks like one that a crash cut short.
      fc.asyncProperty(fc.nat(whole.length - 10), fc.nat(6), async (at, bit) => {
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] as number) ^ (1 << bit)
        await writeFile(path, bytes)
        spoilt = 0
        const again = await open()
        await again.close()
        const hit = Math.floor(at / line_bytes)
        const isBreak = at % line_bytes === 0
        // A line break that is gone makes one line of two.
        const left = keys.filter((_, index) => index !== hit && !(isBreak && index === hit - 1))
        expect(again.recovered).toEqual(left.map((key) => ({ key, value: 1000 })))
        expect(spoilt).toBeGreaterThan(0)
        expect(await readFile(`${path}.damaged`)).toEqual(bytes)
      }),
      { numRuns: 60 },
    )
  })

  test('reads what an earlier version wrote, which had no checksums', async () => {
    const journal = await open()
    await journal.close()
    await appendFile(join(dir, 'sub', 'journal'), '\n{"key":"a","value":1}\n{"key":"a","value":2}')
    const again = await open()
    await again.close()
    expect([again.recovered, spoilt]).toEqual([[{ key: 'a', value: 2 }], 0])
  })

  test('opens also when it cannot be made compact, and goes on in the long file', async () => {
    const journal = await open()
    await journal.append([{ key: 'a', value: 1 }])
    await journal.close()
    // Where the compact file should go, nothing can be written.
    await mkdir(join(dir, 'sub', 'journal.new'))
    const second = await open()
    expect(faults.splice(0)).toHaveLength(1)
    await second.append([{ key: 'b', value: 1 }])
    await second.close()
    await rmdir(join(dir, 'sub', 'journal.new'))
    const third = await open()
    await third.close()
    expect(third.recovered.map(({ key }) => key)).toEqual(['a', 'b'])
  })

  test.each(['isFull', 'isSyncFailing'] as const)(
    'takes nothing that a disk refuses (%s), and says so once',
    async (fault) => {
      const disk = failingDisk()
      const journal = await open(disk)
      await journal.append([{ key: 'a', value: 1 }])
      disk[fault] = true
      const refused = journal.append([
        { key: 'a', value: 2 },
        { key: 'b', value: 1 },
      ])
      await expect(refused).rejects.toMatchObject({ code: 'log_full', retry_after_s: 5 })
      expect(faults.splice(0)).toHaveLength(1)
      expect((await readFile(join(dir, 'sub', 'journal'), 'utf8')).trim()).toMatch(
        /^\{"key":"a","value":1\}\t[0-9a-f]{8}$/,
      )
      disk[fault] = false
      await journal.append([{ key: 'c', value: 1 }])
      await journal.close()
      const after = await open()
      await after.close()
      expect(spoilt).toBe(0)
      expect(after.recovered.map(({ key }) => key)).toEqual(['a', 'c'])
    },
  )

  test('is for its owner only', async () => {
    const journal = await open()
    expect((await stat(join(dir, 'sub', 'journal'))).mode & 0o777).toBe(0o600)
    await journal.close()
  })

  test('becomes short again by itself, and loses nothing by it', async () => {
    const journal = await open()
    for (let round = 0; round < 11; round++) {
      const entries = Array.from({ length: 2000 }, (_, value) => ({
        key: `k${value % 10}`,
        value: round * 2000 + value,
      }))
      for (const entry of entries) newest.set(entry.key, entry)
      await journal.append(entries)
    }
    await journal.append([{ key: 'last', value: 1 }])
    await journal.close()
    const lines = (await readFile(join(dir, 'sub', 'journal'), 'utf8')).split('\n').filter(Boolean)
    expect(lines.length).toBeLessThan(100)
    const again = await open()
    expect(again.recovered).toHaveLength(11)
    expect(again.recovered.find(({ key }) => key === 'k9')?.value).toBe(21_999)
    await again.close()
  })
})
