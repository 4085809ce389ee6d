import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InFlight } from './in-flight.ts'

describe('ids in flight', () => {
  const half = fc.constantFrom(1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff)

  test('are told apart by the whole hash, whoever comes and goes between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half)), (hashes) => {
        const inFlight = new InFlight<number>()
        const model = new Map<string, number>()
        for (const [step, [high, low]] of hashes.entries()) {
          const name = `${high} ${low}`
          if (model.delete(name)) inFlight.release(Uint32Array.of(high, low), 1)
          else {
            model.set(name, step)
            inFlight.claim(high, low, step)
          }
          for (const [h, l] of hashes) expect(inFlight.get(h, l)).toBe(model.get(`${h} ${l}`))
        }
      }),
    )
  })
})
