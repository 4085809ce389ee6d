import { describe, expect, test } from 'vitest'
import { Truth } from '../world/truth.ts'
import { judgeCredit, type PathStep } from './judge-credit.ts'

/** Two buyers who each came over search and then by mail; each bought for 100. */
function twoBuyers(): Truth {
  const truth = new Truth()
  for (const id of ['d1', 'd2']) {
    const person = truth.newPerson()
    truth.fact(person, [
      ['deal', id],
      ['session', `${id}-first`],
    ])
    truth.fact(person, [['session', `${id}-last`]])
    truth.touch(person, { at_ms: 1, session: `${id}-first`, channel: 'paid_search' })
    truth.touch(person, { at_ms: 2, session: `${id}-last`, channel: 'email' })
    truth.touch(person, { at_ms: 9, session: `${id}-after`, channel: 'direct' })
    truth.conversions.push({ id, kind: 'deal', person, at_ms: 5, revenue: 100 })
  }
  return truth
}

function path(conversion: string, ...channels: string[]): PathStep[] {
  return channels.map((channel, index) => ({ kind: 'deal', conversion, position: index + 1, channel }))
}

describe('the credit of an answer', () => {
  test('is in place when the paths are the true ones, up to the conversion', () => {
    const { revenue } = judgeCredit(twoBuyers(), [
      ...path('d1', 'paid_search', 'email'),
      ...path('d2', 'paid_search', 'email'),
    ])
    expect(revenue.linear).toMatchObject({ value: 200, misplaced: 0, leftOpen: 0, inTotals: 0 })
    expect(revenue.last).toMatchObject({ misplaced: 0, leftOpen: 0 })
  })

  test('is misplaced as far as a channel has what another earned, and left open where none has it', () => {
    const { revenue, conversions } = judgeCredit(twoBuyers(), path('d1', 'paid_search'))
    // Of 200 search has 100 under linear, and earned 50 of them; nobody has the other 100.
    expect(revenue.linear).toMatchObject({ misplaced: 0.25, leftOpen: 0.5 })
    expect(revenue.last).toMatchObject({ misplaced: 0.5, leftOpen: 0.5 })
    expect(conversions.linear).toMatchObject({ value: 2, misplaced: 0.25, leftOpen: 0.5 })
  })

  test('may be right in the totals where it is wrong in each', () => {
    const { revenue } = judgeCredit(twoBuyers(), [...path('d1', 'paid_search'), ...path('d2', 'email')])
    expect(revenue.linear).toMatchObject({ misplaced: 0.5, inTotals: 0 })
  })

  test('of the oracle comes from the visits that a chain of facts leads to', () => {
    const { revenue } = judgeCredit(twoBuyers(), [])
    // No fact ties the visits by mail to the buyers: under linear search has all of what it earned half of.
    expect(revenue.linear).toMatchObject({ leftOpen: 1, leftOpenAtBest: 0, misplacedAtBest: 0.5 })
  })
})
