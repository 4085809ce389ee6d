import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HashSet } from './hash-set.ts'
import { freshFolder } from './open-test-log.ts'
import { openRepeatWindow, type RepeatWindow, type RepeatWindowOptions } from './repeat-window.ts'

let dir: string
let remove: () => Promise<void>

beforeEach(async () => {
  ;({ dir, remove } = await freshFolder())
})
afterEach(() => remove())

const open = (options: Partial<RepeatWindowOptions> = {}) => openRepeatWindow({ dir, now: () => 0, ...options })

function add(window: RepeatWindow, ...ids: (string | number)[]): void {
  const hashes = new Uint32Array(ids.length * 2)
  for (const [i, id] of ids.entries()) window.hash(String(id), hashes, i * 2)
  window.add(hashes)
}

function knows(window: RepeatWindow, id: string | number): boolean {
  const hash = new Uint32Array(2)
  window.hash(String(id), hash, 0)
  return window.has(hash[0] as number, hash[1] as number)
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe('the repeat window', () => {
  test('knows an id that was added, and no other', async () => {
    const window = await open()
    add(window, 'shop\na')
    expect([knows(window, 'shop\na'), knows(window, 'shop\nb'), knows(window, 'other\na')]).toEqual([
      true,
      false,
      false,
    ])
  })
  test('knows after a restart what was synced', async () => {
    const window = await open()
    add(window, 'a')
    await window.sync()
    add(window, 'b')
    await window.sync()
    const next = await open()
    expect([knows(next, 'a'), knows(next, 'b'), knows(next, 'c')]).toEqual([true, true, false])
  })
  test('drops what another hash left, instead of misreading it', async () => {
    const window = await open()
    add(window, 'a')
    await window.sync()
    const key = await readFile(join(dir, 'key'), 'latin1')
    for (const other of ['ab'.repeat(32), `${key.split(' ')[0]}9 ${key.split(' ')[1]}`]) {
      await writeFile(join(dir, 'key'), other)
      const next = await open()
      expect(knows(next, 'a')).toBe(false)
      expect((await readdir(dir)).filter((name) => name.endsWith('.ids'))).toEqual([])
      add(next, 'a')
      await next.sync()
      expect(knows(await open(), 'a')).toBe(true)
    }
  })
  test('knows at least the last ids_max, forgets in the end, and keeps few files', async () => {
    const window = await open({ ids_max: 100 })
    for (const id of numbers(0, 1000)) add(window, id)
    await window.sync()
    for (const each of [window, await open({ ids_max: 100 })]) {
      expect(numbers(900, 1000).every((id) => knows(each, id))).toBe(true)
      expect(numbers(0, 875).some((id) => knows(each, id))).toBe(false)
    }
    expect((await readdir(dir)).filter((name) => name.endsWith('.ids'))).toHaveLength(5)
  })
  test('knows an id for three days and forgets it within a day more', async () => {
    const hour_ms = 3_600_000
    let now_ms = 0
    const window = await open({ now: () => now_ms })
    add(window, 'first')
    for (let hour = 1; hour <= 71; hour++) {
      now_ms = hour * hour_ms
      add(window, `hour ${hour}`)
    }
    await window.sync()
    expect(knows(window, 'first')).toBe(true)
    now_ms = 96 * hour_ms
    add(window, 'late')
    expect([knows(window, 'first'), knows(window, 'hour 71')]).toEqual([false, true])
  })
  test('tries a failed sync again, and loses nothing by it', async () => {
    const failing = { open: () => Promise.reject(new Error('ENOSPC')) }
    const window = await open()
    add(window, 'a')
    const broken = await openRepeatWindow({ dir, now: () => 0, ...failing })
    add(broken, 'b')
    await expect(broken.sync()).rejects.toThrow('ENOSPC')
    expect(knows(broken, 'b')).toBe(true)
    await window.sync()
    expect(knows(await open(), 'a')).toBe(true)
  })
  test('keeps what stands before a torn or spoilt place in its file', async () => {
    const window = await open()
    for (const id of numbers(0, 10)) {
      add(window, id)
      await window.sync()
    }
    const file = join(dir, '1.ids')
    const bytes = await readFile(file)
    const block_bytes = bytes.length / 10
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.boolean(), async (at, isTorn) => {
        const spoilt = Buffer.from(bytes)
        spoilt[at] = (spoilt[at] as number) ^ 1
        await writeFile(file, spoilt)
        if (isTorn) await truncate(file, at)
        const found = await open()
        const kept = Math.floor(at / block_bytes)
        expect(numbers(0, 10).map((id) => knows(found, id))).toEqual(numbers(0, 10).map((id) => id < kept))
        // And it can be written on.
        add(found, 'new')
        await found.sync()
        expect(knows(await open(), 'new')).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
  test('starts empty rather than not at all when its files make no sense', async () => {
    await appendFile(join(dir, '3.ids'), 'nonsense that is long enough for a header')
    const window = await open()
    add(window, 'a')
    await window.sync()
    expect(knows(await open(), 'a')).toBe(true)
  })
})

describe('a set of hashes', () => {
  test('holds just what was added, up to its limit', () => {
    const half = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half)), fc.integer({ min: 1, max: 64 }), (pairs, size_max) => {
        const set = new HashSet(size_max)
        const expected = new Set<string>()
        for (const [high, low] of pairs) {
          set.add(high, low)
          if (expected.size < size_max) expected.add(`${high} ${low}`)
        }
        expect(set.size).toBe(expected.size)
        for (const [high, low] of pairs) expect(set.has(high, low)).toBe(expected.has(`${high} ${low}`))
      }),
    )
  })
})
