import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextSegmentNumber } from './segment-number.ts'

describe('segment numbers', () => {
  test('only grow, whatever the clock does, and fit a UInt32 for two thousand million segments', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -8.64e15, max: 8.64e15 }), { minLength: 1 }), (clock) => {
        let last = 0
        for (const now_ms of clock) {
          const next = nextSegmentNumber(last, now_ms)
          expect(next).toBeGreaterThan(last)
          last = next
        }
        expect(last).toBeLessThanOrEqual(2 ** 31 + clock.length)
      }),
    )
  })
  test('follow the clock, so that those of another node are near', () => {
    const at_ms = Date.UTC(2026, 10, 21)
    expect(nextSegmentNumber(1, at_ms + 1000)).toBe(nextSegmentNumber(1, at_ms) + 5)
  })
})
