import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Candidate, chooseNumber } from './choose-number.ts'

const NOW = 1000
const free = (number: string, to_ms = 0, visitor = ''): Candidate => ({
  number,
  visitor,
  from_ms: Math.max(0, to_ms - 100),
  to_ms,
  address: '',
})
const held = (number: string, address = '', visitor = 'other'): Candidate => ({
  number,
  visitor,
  from_ms: 900,
  to_ms: NOW + 1,
  address,
})
const asker = { visitor: 'me', address: 'home', leases_per_address_max: 2 }

describe('the number for a session', () => {
  test.each([
    ['is the one idle longest', [free('a', 500), free('b', 300), free('c', 400)], 'b'],
    ['is one that was never shown before one that was', [free('a', 1), free('b')], 'b'],
    ['is the first of the pool among equals', [free('a'), free('b')], 'a'],
    ['is the own one, though others were idle longer', [free('a'), free('b', 900, 'me')], 'b'],
    ['is the own one, though an earlier session still holds it', [free('a'), held('b', '', 'me')], 'b'],
    ['is the newest of several own ones', [free('a', 500, 'me'), free('b', 900, 'me'), free('c', 700, 'me')], 'b'],
    ['is free the moment its reserve ends', [free('a', NOW)], 'a'],
  ])('%s', (_, candidates, number) => {
    expect(chooseNumber(candidates, asker, NOW)).toMatchObject({ number })
  })

  test.each([
    ['all are held', [held('a'), held('b')], 'exhausted'],
    ['there are none', [], 'exhausted'],
    ['its address holds enough', [held('a', 'home'), held('b', 'home'), free('c')], 'address_limit'],
    [
      'its address holds enough, and visitors are made up to bring numbers back',
      [held('a', 'home'), held('b', 'home'), free('c', 5, 'me')],
      'address_limit',
    ],
  ])('is refused when %s', (_, candidates, refused) => {
    expect(chooseNumber(candidates, asker, NOW)).toEqual({ refused })
  })

  test('may be one more while its address holds one less than the most', () => {
    expect(chooseNumber([held('a', 'home'), held('b', 'office'), free('c')], asker, NOW)).toMatchObject({ number: 'c' })
  })

  test('is never one that somebody else holds, and is refused only without need', () => {
    const anyCandidate = fc.record({
      number: fc.string({ minLength: 1 }),
      visitor: fc.constantFrom('me', 'you', 'they'),
      from_ms: fc.nat(NOW),
      to_ms: fc.nat(2 * NOW),
      address: fc.constantFrom('', 'home', 'office'),
    })
    const anyPool = fc.uniqueArray(anyCandidate, { selector: ({ number }) => number })
    fc.assert(
      fc.property(anyPool, (pool) => {
        const choice = chooseNumber(pool, asker, NOW)
        const usable = pool.filter(({ visitor, to_ms }) => visitor === 'me' || to_ms <= NOW)
        if ('number' in choice) expect(usable.map(({ number }) => number)).toContain(choice.number)
        else if (choice.refused === 'exhausted') expect(usable).toEqual([])
        else expect(pool.filter(({ address }) => address === 'home').length).toBeGreaterThanOrEqual(2)
      }),
    )
  })
})
