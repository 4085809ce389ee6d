import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { engineLimits } from './limits.ts'

const GB = 1024 ** 3

describe('the memory of the engine', () => {
  test.each([
    [1, 0.68],
    [2, 1],
    [4, 2],
    [64, 16],
  ])('on a machine of %d GB is at most %d GB', (machine, expected) => {
    expect(engineLimits(machine * GB).server_max / GB).toBeCloseTo(expected, 1)
  })

  test('leaves room beside every single query and all caches', () => {
    fc.assert(
      fc.property(fc.integer({ min: GB / 2, max: 512 * GB }), (machine) => {
        const limits = engineLimits(machine)
        expect(limits.bi_query_max).toBeLessThan(limits.query_max)
        expect(limits.query_max + limits.mark_cache + 2 * limits.index_cache).toBeLessThan(limits.server_max)
      }),
    )
  })
})
