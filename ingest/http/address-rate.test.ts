import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AddressRate, openAddressRate, type RateReport } from './address-rate.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 21, 12)

/** Workers that hear of each other at once. */
function openWorkers(count: number, max: number): { rates: AddressRate[]; told: () => number } {
  const hears: ((slot: number, report: RateReport, now_ms: number) => void)[] = []
  let told = 0
  const rates = Array.from({ length: count }, (_, slot) =>
    openAddressRate(max, {
      workers: count,
      tell(report) {
        told++
        for (const [other, hear] of hears.entries()) if (other !== slot) hear(slot, report, report.since_ms)
      },
      listen: (hear) => void hears.push(hear),
    }),
  )
  return { rates, told: () => told }
}

function admitted(rates: AddressRate[], asks: readonly number[], now_ms = NOW): number {
  return asks.filter((slot) => rates[slot]?.admit('203.0.113.7', now_ms)).length
}

describe('the requests of one address that several workers admit together', () => {
  test('are no more than one would, but for what they have not told each other yet', () => {
    const asks = (workers: number) => fc.array(fc.nat({ max: workers - 1 }), { minLength: 300, maxLength: 500 })
    const worlds = fc.integer({ min: 1, max: 5 }).chain((workers) => fc.tuple(fc.constant(workers), asks(workers)))
    fc.assert(
      fc.property(worlds, fc.integer({ min: 5, max: 200 }), ([workers, sequence], max) => {
        const { rates } = openWorkers(workers, max)
        const count = admitted(rates, sequence)
        // A twentieth for each other worker.
        expect(count).toBeLessThanOrEqual(max + (workers - 1) * (Math.ceil(max / 20) - 1))
        expect(count).toBeGreaterThanOrEqual(max)
      }),
      { numRuns: 40 },
    )
  })

  test('are as many when one worker gets all of them', () => {
    const { rates } = openWorkers(4, 100)
    const one = Array.from({ length: 300 }, () => 2)
    expect(admitted(rates, one)).toBe(100)
    expect(admitted(rates, [0, 1, 3])).toBe(0)
    expect(admitted(rates, [0, 1, 2, 3], NOW + MINUTE)).toBe(4)
  })

  test('are told of when the address has used up the part of one worker, and not without end', () => {
    const { rates, told } = openWorkers(3, 300)
    const evenly = (count: number) => Array.from({ length: count }, (_, index) => index % 3)
    expect(admitted(rates, evenly(297))).toBe(297)
    expect(told()).toBe(0)
    admitted(rates, evenly(30_000))
    expect(told()).toBeGreaterThan(0)
    expect(told()).toBeLessThan(3 * 25)
  })

  test('are counted for the framework as well', () => {
    const { rates } = openWorkers(2, 10)
    expect(
      admitted(
        rates,
        Array.from({ length: 10 }, () => 0),
        Date.now(),
      ),
    ).toBe(10)
    const Store = rates[1]?.store as NonNullable<AddressRate['store']>
    let current = 0
    const done = (_: Error | null, result?: { current: number }) => {
      current = result?.current ?? 0
    }
    new Store({} as never).incr('203.0.113.7', done, MINUTE, 10)
    expect(current).toBe(11)
  })
})
