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
    expect((await readdir(dir)).filter((name) => name.endsWith('.ids')).length).toBeLessThanOrEqual(5)
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
  test('knows the last ids_max also when time has cut its generations short', async () => {
    let now_ms = 0
    const window = await open({ ids_max: 100, now: () => now_ms })
    for (const id of numbers(0, 76)) add(window, id)
    now_ms = 18 * hour_ms
    for (const id of numbers(76, 102)) add(window, id)
    await window.sync()
    for (const each of [window, await open({ ids_max: 100, now: () => now_ms })])
      expect(numbers(2, 102).filter((id) => !knows(each, id))).toEqual([])
  })
  const hour_ms = 3_600_000
  const anyStep = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sync' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 0, max: 30 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('clock back' as const), hours: fc.integer({ min: 1, max: 60 }) }),
    },
  )
  test('knows what it should and nothing else, through generations, restarts, syncs, time and clocks set back', async () => {
    let worlds = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 40 }), async (steps) => {
        const home = join(dir, `world-${worlds++}`)
        let now_ms = 1_000 * hour_ms
        let latest_ms = now_ms
        const options = { dir: home, now: () => now_ms, ids_max: 100 }
        let window = await openRepeatWindow(options)
        /** In the order they came; a restart forgets what was not synced, as a crash does. */
        let added: { id: number; at_ms: number; is_synced: boolean }[] = []
        let next = 0
        for (const step of steps) {
          if (step.do === 'add') {
            const ids = numbers(next, next + step.count)
            next += step.count
            add(window, ...ids)
            added.push(...ids.map((id) => ({ id, at_ms: latest_ms, is_synced: false })))
          } else if (step.do === 'restart') {
            window = await openRepeatWindow(options)
            added = added.filter(({ is_synced }) => is_synced)
          } else if (step.do === 'sync') {
            await window.sync()
            for (const each of added) each.is_synced = true
          } else now_ms += (step.do === 'wait' ? 1 : -1) * step.hours * hour_ms
          latest_ms = Math.max(latest_ms, now_ms)
          const wanted = added.slice(-100).filter(({ at_ms }) => latest_ms - at_ms < 72 * hour_ms)
          expect(wanted.filter(({ id }) => !knows(window, id))).toEqual([])
          expect(numbers(next, next + 20).some((id) => knows(window, id))).toBe(false)
        }
        await window.sync()
        // The key, those that are full, and those that time has cut short.
        expect((await readdir(home)).length).toBeLessThanOrEqual(1 + 5 + 5)
      }),
      { numRuns: 100 },
    )
  }, 60_000)
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
