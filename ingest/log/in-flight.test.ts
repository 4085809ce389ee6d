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

  test('are found however many there are, and those that go leave the others in their places', () => {
    const ids = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 5, 1023, 1024, 2 ** 32 - 1)),
      {
        minLength: 2_000,
        maxLength: 5_000,
        size: 'max',
      },
    )
    fc.assert(
      fc.property(ids, fc.infiniteStream(fc.boolean()), (all, goes) => {
        const inFlight = new InFlight<number>()
        const kept = new Map<string, { hash: [number, number]; step: number }>()
        for (const [step, hash] of all.entries()) {
          if (kept.has(hash.join())) continue
          inFlight.claim(...hash, step)
          kept.set(hash.join(), { hash, step })
        }
        for (const [name, { hash }] of kept)
          if (goes.next().value) {
            inFlight.release(Uint32Array.from(hash), 1)
            kept.delete(name)
          }
        for (const hash of all) expect(inFlight.get(...hash)).toBe(kept.get(hash.join())?.step)
      }),
      { numRuns: 5 },
    )
  })
})
