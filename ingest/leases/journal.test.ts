import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openJournal } from './journal.ts'

interface Entry {
  key: string
  value: number
}

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-journal-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const newest = new Map<string, Entry>()
const open = () =>
  openJournal<Entry>({
    path: join(dir, 'sub', 'journal'),
    read: (line) => (typeof line === 'object' && line !== null && 'key' in line ? (line as Entry) : undefined),
    key: ({ key }) => key,
    everything: () => newest.values(),
    onFault: (error) => {
      throw error
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
