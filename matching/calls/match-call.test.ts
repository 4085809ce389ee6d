import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLOCK_SKEW_MS, LEASE_LIFE_MAX_MS, type Lease, matchCall } from './match-call.ts'

const MINUTE_MS = 60_000

function lease(session: string, from: number, seen: number, said: Partial<Lease> = {}): Lease {
  return {
    ...{ session, visitor: `of ${session}`, pool: 'main', from_ms: from * MINUTE_MS, seen_ms: seen * MINUTE_MS },
    to_ms: (seen + 2.5) * MINUTE_MS,
    ...said,
  }
}

describe('a call to a tracked number', () => {
  test.each([
    ['belongs to the session looking at the number', 5, [lease('a', 0, 10)], 'a', 'number_on_screen'],
    [
      'prefers a number on screen to one in reserve',
      12,
      [lease('left', 0, 10), lease('looks', 11, 60)],
      'looks',
      'number_on_screen',
    ],
    ['still belongs to a visitor who left two minutes ago', 12, [lease('a', 0, 10)], 'a', 'number_in_reserve'],
    ['belongs to a visitor to the last moment of the reserve', 12.5, [lease('a', 0, 10)], 'a', 'number_in_reserve'],
    [
      'counts as on screen a few seconds after the last sign of life',
      10.05,
      [lease('a', 0, 10)],
      'a',
      'number_on_screen',
    ],
    ['may ring a few seconds before the lease by a skewed clock', 4.95, [lease('a', 5, 10)], 'a', 'number_on_screen'],
    [
      'belongs to who holds it rather than to who gets it a second later',
      4.99,
      [lease('a', 0, 4), lease('b', 5, 10)],
      'a',
      'number_in_reserve',
    ],
    [
      'belongs to the visitor when two of their sessions show it',
      5,
      [lease('a', 0, 10, { visitor: 'v' }), lease('b', 1, 10, { visitor: 'v' })],
      'b',
      'number_on_screen',
    ],
  ])('%s', (_, minute, leases, session, reason) => {
    expect(matchCall(minute * MINUTE_MS, leases)?.best).toMatchObject({ session, reason })
  })

  test.each([
    ['once the reserve and the skew have run out', 12.6, [lease('a', 0, 10)]],
    ['more than the skew before the lease', 4.9, [lease('a', 5, 10)]],
    [
      'when the lease is older than anybody looks at a page',
      5 + LEASE_LIFE_MAX_MS / MINUTE_MS,
      [lease('a', 4.99, 99_999)],
    ],
  ])('belongs to nobody %s', (_, minute, leases) => {
    expect(matchCall(minute * MINUTE_MS, leases)).toBeUndefined()
  })

  test('belongs to nobody for sure when two visitors look at the number, and names both', () => {
    const held = matchCall(5 * MINUTE_MS, [lease('a', 0, 10), lease('b', 1, 10)])
    expect(held?.best).toBeUndefined()
    expect(held?.candidates).toMatchObject([
      { session: 'b', confidence: 0.5 },
      { session: 'a', confidence: 0.5 },
    ])
  })

  test.each([
    ['on screen a moment ago', 10.05, [lease('a', 0, 9), lease('b', 1, 10)], 'b', 0.95],
    ['in reserve', 12, [lease('a', 0, 9.6), lease('b', 1, 10)], 'b', 0.95],
    ['on screen now', 10, [lease('a', 0, 9), lease('b', 1, 10)], 'b', 0.99],
    ['on screen in the older one', 10, [lease('a', 0, 11), lease('b', 1, 9)], 'a', 0.99],
  ])('is sure of the caller when all who may have called are one visitor: %s', (_, minute, leases, session, least) => {
    const ofOne = leases.map((one) => ({ ...one, visitor: 'v' }))
    const best = matchCall(minute * MINUTE_MS, ofOne)?.best
    expect(best).toMatchObject({ session, visitor: 'v' })
    expect(best?.confidence).toBeGreaterThanOrEqual(least)
  })

  test('names the runners-up', () => {
    const held = matchCall(12 * MINUTE_MS, [lease('left', 0, 10), lease('looks', 11, 60)])
    expect(held?.candidates).toMatchObject([{ session: 'left', reason: 'number_in_reserve' }])
  })

  test('is matched the same whatever the order of rows', () => {
    const anyLeases = fc.array(
      fc.record({ session: fc.constantFrom('a', 'b', 'c'), from: fc.nat({ max: 20 }), lasts: fc.nat({ max: 10 }) }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(anyLeases, fc.nat({ max: 40 }), (said, minute) => {
        const leases = said.map(({ session, from, lasts }) => lease(session, from, from + lasts))
        const ms = minute * MINUTE_MS
        const held = matchCall(ms, leases)
        expect(matchCall(ms, leases.toReversed())).toEqual(held)
        const live = leases.filter(({ from_ms, seen_ms }) => from_ms <= ms && ms <= seen_ms)
        if (new Set(live.map(({ session }) => session)).size === 1) expect(held?.best?.session).toBe(live[0]?.session)
        if (!leases.some(({ from_ms, to_ms }) => from_ms - CLOCK_SKEW_MS <= ms && ms <= to_ms + CLOCK_SKEW_MS)) {
          expect(held).toBeUndefined()
        }
      }),
    )
  })
})
