import { describe, expect, test } from 'vitest'
import { makeYear } from './make-year.ts'

const options = { base_url: 'http://localhost:8080', days: 365, visits: 2000, seed: 1, now_ms: Date.UTC(2026, 10, 21) }

describe('a made year', () => {
  const year = makeYear(options)

  test('has visits, calls, deals and costs', () => {
    expect(year.events.length).toBeGreaterThanOrEqual(2000)
    expect(year.leases.length).toBe(year.calls.length)
    expect(year.calls.length).toBeGreaterThan(20)
    expect(year.deals.length).toBeGreaterThan(20)
    expect(year.costs.length).toBeGreaterThan(200)
  })

  test('is the same for the same seed and another for another', () => {
    expect(makeYear(options)).toEqual(year)
    expect(makeYear({ ...options, seed: 2 }).calls).not.toEqual(year.calls)
  })

  test('lets nobody act in the future', () => {
    const moments = (year.deals as { at: number }[]).map(({ at }) => at)
    expect(moments.length).toBeGreaterThan(0)
    expect(Math.max(...moments)).toBeLessThan(options.now_ms)
  })

  test('spends each campaign once a day', () => {
    const keys = (year.costs as Record<string, string>[]).map(
      (cost) => `${cost.date} ${cost.source} ${cost.medium} ${cost.campaign}`,
    )
    expect(new Set(keys).size).toBe(keys.length)
  })
})
