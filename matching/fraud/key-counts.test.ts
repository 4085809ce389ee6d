import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyCounts } from './key-counts.ts'

test('counts as a map of strings would', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.constantFrom(1, 2)), { maxLength: 200 }), (said) => {
      const counts = new KeyCounts()
      const map = new Map<string, number>()
      for (const [key, more] of said) {
        counts.add(key, more)
        map.set(key, (map.get(key) ?? 0) + more)
      }
      for (const [key, count] of map) expect(counts.get(key)).toBe(count)
      expect(counts.get('nobody')).toBe(0)
    }),
  )
})

test('grows, keeps what it counted, and lets go of what fell to nothing', () => {
  const counts = new KeyCounts()
  for (let index = 0; index < 50_000; index++) counts.add(`n:${index}`, 1)
  for (let index = 0; index < 50_000; index += 2) counts.add(`n:${index}`, -1)
  for (let index = 50_000; index < 90_000; index++) counts.add(`n:${index}`, 3)
  expect([counts.get('n:0'), counts.get('n:1'), counts.get('n:89999')]).toEqual([0, 1, 3])
  let all = 0
  for (let index = 0; index < 90_000; index++) all += counts.get(`n:${index}`)
  expect(all).toBe(25_000 + 120_000)
})
