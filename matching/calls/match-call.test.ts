import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GONE_MAX_MS } from './call-model.ts'
import { type CallEvidence, clickerKey, LEASE_LIFE_MAX_MS, type Lease, matchCall } from './match-call.ts'

const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS

function lease(session: string, from: number, seen: number, said: Partial<Lease> = {}): Lease {
  return {
    ...{ session, visitor: `of ${session}`, pool: 'main', from_ms: from * MINUTE_MS, seen_ms: seen * MINUTE_MS },
    to_ms: (seen + 2.5) * MINUTE_MS,
    ...said,
  }
}

/** A call at a minute to a number with these leases, by a clock that wavers little. */
function callAt(minute: number, leases: readonly Lease[], said: Partial<CallEvidence> = {}) {
  return matchCall({
    ...{ at_ms: minute * MINUTE_MS, jitter_ms: 1_000, leases, kept: undefined, isByHeart: false },
    ...{ clicks: new Map(), known: new Set(), ...said },
  })
}

const wavering = { jitter_ms: 3_000 }

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
    ['counts as on screen a moment after the last sign of life', 10.02, [lease('a', 0, 10)], 'a', 'number_on_screen'],
    [
      'belongs to who holds it rather than to who gets it a second later',
      4.98,
      [lease('a', 0, 4), lease('b', 5, 10)],
      'a',
      'number_in_reserve',
    ],
    [
      'belongs to who has just got it rather than to who has just lost it',
      5.05,
      [lease('a', 0, 2.5), lease('b', 5, 10)],
      'b',
      'number_on_screen',
    ],
    [
      'belongs to the visitor when two of their sessions show it',
      5,
      [lease('a', 0, 10, { visitor: 'v' }), lease('b', 1, 10, { visitor: 'v' })],
      'b',
      'number_on_screen',
    ],
  ])('%s', (_, minute, leases, session, reason) => {
    expect(callAt(minute, leases)?.best).toMatchObject({ session, reason })
  })

  test.each([
    ['before the lease', 4.95, [lease('a', 5, 10)]],
    ['after the reserve', 12.54, [lease('a', 0, 10)]],
  ])('may ring a few seconds %s by a clock that wavers, and is then less sure', (_, minute, leases) => {
    const best = callAt(minute, leases, wavering)?.best
    expect(best).toMatchObject({ session: 'a' })
    expect(best?.confidence).toBeLessThan(callAt(9, leases, wavering)?.best?.confidence ?? 0)
    expect(callAt(minute, leases)?.best).toBeUndefined()
  })

  test.each([
    ['once the reserve has run out', 12.7, [lease('a', 0, 10)]],
    ['long before the lease', 4.8, [lease('a', 5, 10)]],
  ])('belongs to nobody %s', (_, minute, leases) => {
    expect(callAt(minute, leases, wavering)?.best).toBeUndefined()
  })

  test.each([
    [
      'when the lease is older than anybody looks at a page',
      5 + LEASE_LIFE_MAX_MS / MINUTE_MS,
      [lease('a', 4.99, 99_999)],
    ],
    ['when the reserve ran out long ago', 12.6 + GONE_MAX_MS / MINUTE_MS, [lease('a', 0, 10)]],
  ])('has no candidates %s', (_, minute, leases) => {
    expect(callAt(minute, leases)).toBeUndefined()
  })

  test('belongs to nobody for sure when two visitors look at the number, and names both', () => {
    const held = callAt(5, [lease('a', 0, 10), lease('b', 1, 10)])
    expect(held?.best).toBeUndefined()
    expect(held?.candidates).toMatchObject([
      { session: 'b', confidence: expect.closeTo(0.5, 1) },
      { session: 'a', confidence: expect.closeTo(0.5, 1) },
    ])
  })

  test('belongs to who clicked the link a moment before, of several who look at the number', () => {
    const leases = [lease('a', 0, 10), lease('b', 1, 10)]
    const clicks = (minute: number) => new Map([[clickerKey(leases[0] as Lease), [minute * MINUTE_MS]]])
    expect(callAt(5, leases, { clicks: clicks(4.9) })?.best).toMatchObject({
      session: 'a',
      signs: ['phone_link_clicked', 'others_possible'],
    })
    expect(callAt(5, leases, { clicks: clicks(3.9) })?.best).toBeUndefined()
    expect(callAt(5, leases, { clicks: clicks(5.2) })?.best).toBeUndefined()
  })

  test('belongs to who is known by the phone, of several who look at the number', () => {
    const best = callAt(5, [lease('a', 0, 10), lease('b', 1, 10)], { known: new Set(['of a']) })?.best
    expect(best).toMatchObject({ session: 'a', signs: ['caller_known', 'others_possible'] })
    // One of the two is a hundred times as likely as the other.
    expect(best?.confidence).toBeCloseTo(100 / 101, 3)
  })

  test.each([
    ['on screen a moment ago', 10.02, [lease('a', 0, 9), lease('b', 1, 10)], 'b'],
    ['in reserve', 12, [lease('a', 0, 9.6), lease('b', 1, 10)], 'b'],
    ['on screen in the older one', 10, [lease('a', 0, 11), lease('b', 1, 9)], 'a'],
  ])('is as sure of the caller as of all their visits together: %s', (_, minute, leases, session) => {
    const apart = callAt(minute, leases)
    const together = callAt(
      minute,
      leases.map((one) => ({ ...one, visitor: 'v' })),
    )?.best
    expect(together).toMatchObject({ session, visitor: 'v' })
    expect(together?.confidence).toBeGreaterThan(apart?.best?.confidence ?? 0)
  })

  test('that rings as soon as a visitor has the number is theirs where nobody else had it', () => {
    const best = callAt(5.01, [lease('a', 5, 10)])?.best
    expect(best).toMatchObject({ session: 'a', reason: 'number_on_screen' })
    expect(best?.confidence).toBeGreaterThan(0.95)
  })

  test('names the runners-up', () => {
    const held = callAt(12, [lease('left', 0, 10), lease('looks', 11, 60)])
    expect(held?.candidates).toMatchObject([{ session: 'left', reason: 'number_in_reserve' }])
    expect(held?.best?.signs).toEqual(['others_possible'])
  })
})

describe('a number kept from an earlier visit', () => {
  const kept = { session: 'old', visitor: 'of old', at_ms: -DAY_MS, visits: 1 }

  test('leads to that visit when nobody holds the number', () => {
    expect(callAt(5, [], { kept })?.best).toMatchObject({
      session: 'old',
      visitor: 'of old',
      reason: 'known_caller',
      signs: ['number_kept'],
    })
  })

  test('is the less surely out of the last visit the more visits were shown it, and out of none when they were many', () => {
    const sure = [1, 2, 5].map((visits) => callAt(5, [], { kept: { ...kept, visits } })?.best?.confidence)
    expect(sure[0]).toBeGreaterThan(0.8)
    expect(sure[1]).toBeLessThan(0.75)
    expect(sure[2]).toBeUndefined()
  })

  test('that was dialled before is out of that visit as surely as it was then, whoever else has the phone', () => {
    const known = new Set(['of old', 'of another'])
    const best = (dialled: number) => callAt(5, [], { kept: { ...kept, dialled, visits: 3 }, known })?.best
    expect(best(0.99)?.confidence).toBeGreaterThan(0.9)
    expect(best(0.7)?.confidence).toBeLessThan(0.7)
  })

  test('makes the holder of today less sure', () => {
    const leases = [lease('a', 0, 10)]
    const [unknown, known] = [callAt(5, leases), callAt(5, leases, { kept })]
    expect(unknown?.best?.confidence).toBeCloseTo(0.98, 3)
    const ofHolder = [known?.best, ...(known?.candidates ?? [])].find((one) => one?.session === 'a')
    expect(ofHolder?.confidence).toBeCloseTo(0.787, 3)
  })

  test('never beats a lease it is shown to be likelier than', () => {
    const held = callAt(12, [lease('a', 0, 10)], { kept })
    expect(held?.best).toMatchObject({ session: 'a', reason: 'number_in_reserve' })
    expect(held?.candidates).toMatchObject([{ session: 'old' }])
    expect(held?.best?.confidence).toBeGreaterThan(held?.candidates[0]?.confidence ?? 1)
  })

  test('by heart, dialled before while nobody held it, leaves its holder of today far from sure', () => {
    const best = callAt(5, [lease('a', 0, 10)], { isByHeart: true })?.best
    expect(best).toMatchObject({ session: 'a', reason: 'number_on_screen', signs: ['others_possible'] })
    expect(best?.confidence).toBeLessThan(0.8)
  })

  test.each([
    ['in reserve', 12, 'number_in_reserve'],
    ['gone', 14, 'known_caller'],
  ])('and dialled a few minutes ago leads to the visit it was dialled from, now %s', (_, minute, reason) => {
    const redial = { session: 'a', visitor: 'of a', at_ms: 9 * MINUTE_MS, dialled: 0.72, visits: 1 }
    const best = callAt(minute, [lease('a', 0, 10)], { kept: redial })?.best
    expect(best).toMatchObject({ session: 'a', reason })
    // No surer than the first time.
    expect(best?.confidence).toBeLessThanOrEqual(0.72)
    expect(best?.confidence).toBeGreaterThan(0.6)
  })

  test('is no other candidate when its visitor holds it again', () => {
    const best = callAt(5, [lease('a', 0, 10)], { kept: { ...kept, visitor: 'of a' } })?.best
    expect(best).toMatchObject({ session: 'a', signs: [] })
  })
})

test('a call is matched the same whatever the order of leases, and its chances add up to no more than one', () => {
  const anyLeases = fc.array(
    fc.record({ session: fc.constantFrom('a', 'b', 'c'), from: fc.nat({ max: 20 }), lasts: fc.nat({ max: 10 }) }),
    { maxLength: 6 },
  )
  const anyKept = fc.constantFrom(
    undefined,
    { session: 'a', visitor: 'of a', at_ms: 0, visits: 2 },
    { session: 'b', visitor: 'of b', at_ms: -DAY_MS, visits: 1, dialled: 0.9 },
    { session: 'z', visitor: '', at_ms: -DAY_MS, visits: 1 },
  )
  fc.assert(
    fc.property(
      anyLeases,
      fc.nat({ max: 40 }),
      anyKept,
      fc.constantFrom(1_000, 8_000),
      (said, minute, kept, jitter_ms) => {
        const leases = said.map(({ session, from, lasts }) => lease(session, from, from + lasts))
        const held = callAt(minute, leases, { kept, jitter_ms })
        expect(callAt(minute, leases.toReversed(), { kept, jitter_ms })).toEqual(held)
        const all = [held?.best, ...(held?.candidates ?? [])].flatMap((one) => one?.confidence ?? [])
        if (held?.best) expect(all[0]).toBe(Math.max(...all))
        expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(1.001 + all.length * 0.001)
      },
    ),
  )
})
