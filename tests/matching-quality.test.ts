import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leaveOut, type RuleName } from '#matching/rules.ts'
import { freshStore } from './support/fresh-store.ts'
import { isRightShare } from './support/measures/judge-calls.ts'
import { judgeWorld, type WorldQuality } from './support/measures/judge-world.ts'
import { printQuality } from './support/measures/print-quality.ts'
import { hardWorld } from './support/world/world-options.ts'

/** Few people, of whom nearly all ask and call: what large worlds show in hours is seen here in seconds. */
const small = hardWorld({ people: 250, days: 10, asking_share: 0.9, seed: 1 })

/** How much worse than the targets of large worlds a small one may be: one mistake weighs more here. */
const BOUNDS = { precision: 0.98, recall_lost: 0.025, mixed: 5, calls: 0.9, misplaced: 0.05 }

let store: Awaited<ReturnType<typeof freshStore>>
let world: WorldQuality
beforeAll(async () => {
  store = await freshStore()
  world = await judgeWorld(store, small)
})
afterAll(() => store.drop())

describe('in a small hard world', () => {
  test('hardly anybody is taken for somebody else, and whoever can be known is', () => {
    const { pairwise, bCubed, best, largestMixed } = world.people
    expect(world.people.identifiers, printQuality(world)).toBeGreaterThan(500)
    expect(pairwise.precision).toBeGreaterThan(BOUNDS.precision)
    expect(pairwise.recall).toBeGreaterThan(best.pairwise.recall - BOUNDS.recall_lost)
    expect(bCubed.recall).toBeGreaterThan(best.bCubed.recall - BOUNDS.recall_lost)
    expect(largestMixed).toBeLessThanOrEqual(BOUNDS.mixed)
  })

  test('every call within a lease belongs to the visit that held the number', () => {
    expect(world.calls.inLease.calls).toBeGreaterThan(40)
    expect(isRightShare(world.calls.inLease)).toBe(1)
  })

  test('calls are seldom given to a wrong visit, and calls to printed numbers to none', () => {
    const { all, byHeld } = world.calls
    expect(all.calls).toBeGreaterThan(50)
    expect(all.right / all.matched).toBeGreaterThan(BOUNDS.calls)
    expect(byHeld.printed).toMatchObject({ matched: 0 })
  })

  test('hardly any credit goes to a channel that did not earn it', () => {
    const { last, linear } = world.credit.revenue
    expect(last.value).toBeGreaterThan(0)
    expect(last.misplaced).toBeLessThan(last.misplacedAtBest + BOUNDS.misplaced)
    expect(linear.misplaced).toBeLessThan(linear.misplacedAtBest + BOUNDS.misplaced)
    expect(linear.leftOpen).toBeLessThan(linear.leftOpenAtBest + BOUNDS.misplaced)
  })
})

/** A bound that holds whatever the rules say would be none. */
describe('in the same world', () => {
  const earned: [RuleName, (quality: WorldQuality) => number][] = [
    ['strangers', ({ people }) => people.pairwise.precision],
    ['reserve', ({ calls }) => isRightShare(calls.inLease)],
  ]
  test.each(earned)(
    'matching is worse without the rule %s',
    async (rule, measure) => {
      const takeBack = leaveOut(rule)
      const without = await judgeWorld(store, { ...small, site: `without-${rule.replace('_', '-')}` })
      expect(takeBack()).toBe(true)
      expect(measure(without)).toBeLessThan(measure(world) * 0.98)
    },
    60_000,
  )

  test('over two months, when those who call again are known, matching is worse without the rule known_caller', async () => {
    const long = hardWorld({ people: 200, days: 60, asking_share: 0.9, redial_share: 0.3, seed: 1, site: 'long' })
    const whole = await judgeWorld(store, long)
    const takeBack = leaveOut('known_caller')
    const without = await judgeWorld(store, { ...long, site: 'long-without' })
    expect(takeBack()).toBe(true)
    expect(without.calls.all.right).toBeLessThan(whole.calls.all.right * 0.97)
  }, 60_000)
})
