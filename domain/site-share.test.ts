import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketsOf, hasSite, overlap, type Reached, reachedByBucket, SITE_BUCKETS, siteBucket } from './site-share.ts'

const shares = (of: number) => Array.from({ length: of }, (_, index) => ({ index, of }))
const anyShare = fc.integer({ min: 1, max: 16 }).chain((of) => fc.constantFrom(...shares(of)))

describe('the shares of matching processes', () => {
  test('give every site to one of them, whatever their number', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 16 }), (site, of) => {
        const having = shares(of).filter((share) => hasSite(share, site))
        expect(having).toHaveLength(1)
        expect(having.flatMap(bucketsOf)).toContain(siteBucket(site))
      }),
    )
  })

  test('have every bucket once', () => {
    for (let of = 1; of <= 16; of++) {
      expect(
        shares(of)
          .flatMap(bucketsOf)
          .toSorted((a, b) => a - b),
      ).toEqual(Array.from({ length: SITE_BUCKETS }, (_, bucket) => bucket))
    }
  })

  test('never give a site another bucket', () => {
    expect(['demo', 'shop', 'Магазин', ''].map(siteBucket)).toEqual([32, 34, 56, 0])
  })

  test('that have a site in common are known to', () => {
    fc.assert(
      fc.property(anyShare, anyShare, fc.string(), (a, b, site) => {
        if (hasSite(a, site) && hasSite(b, site)) expect(overlap(a, b)).toBe(true)
      }),
    )
    expect(overlap({ index: 0, of: 3 }, { index: 1, of: 3 })).toBe(false)
  })
})

describe('what was reached', () => {
  const reached = (index: number, of: number, value: number): Reached => ({ share: { index, of }, value })

  test('is unknown of a bucket that nobody had who has said so', () => {
    expect(reachedByBucket([reached(1, 2, 7)]).slice(0, 4)).toEqual([undefined, 7, undefined, 7])
  })

  test('stays, when the number of processes changes and changes back', () => {
    const all = [reached(0, 1, 10), reached(0, 3, 50), reached(1, 3, 60), reached(0, 2, 55)]
    expect(reachedByBucket(all).slice(0, 6)).toEqual([55, 60, 55, 50, 60, 10])
  })

  test('of a bucket never falls by what is reached later', () => {
    const any = fc.array(fc.record({ share: anyShare, value: fc.nat(100) }), { maxLength: 8 })
    fc.assert(
      fc.property(any, any, (before, later) => {
        const [first, then] = [reachedByBucket(before), reachedByBucket([...before, ...later])]
        first.forEach((value, bucket) => {
          if (value !== undefined) expect(then[bucket]).toBeGreaterThanOrEqual(value)
        })
      }),
    )
  })
})
