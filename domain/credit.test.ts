import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { channels } from './channel.ts'
import { type CreditModel, creditModels, creditWeights } from './credit.ts'

const path = (...names: string[]) => names.map((channel) => ({ channel: channel as (typeof channels)[number] }))

describe('the credit of a path', () => {
  test.each<[string, CreditModel, boolean, string[], number[]]>([
    ['goes to the first touch', 'first', true, ['paid_search', 'email', 'direct'], [1, 0, 0]],
    ['goes to the last touch', 'last', true, ['paid_search', 'email', 'direct'], [0, 0, 1]],
    ['goes to the last that somebody brought', 'last_non_direct', true, ['paid_search', 'email', 'direct'], [0, 1, 0]],
    ['takes internal for direct', 'last_non_direct', true, ['email', 'internal'], [1, 0]],
    ['goes to the last direct when there is nothing else', 'last_non_direct', true, ['direct', 'direct'], [0, 1]],
    ['is shared evenly', 'linear', true, ['email', 'direct', 'sms', 'push'], [0.25, 0.25, 0.25, 0.25]],
    ['leaves direct touches out when told to', 'linear', false, ['email', 'direct', 'sms'], [0.5, 0, 0.5]],
    ['skips direct ones at the start when told to', 'first', false, ['direct', 'email'], [0, 1]],
    ['skips direct ones at the end when told to', 'last', false, ['email', 'direct'], [1, 0]],
    ['goes to nobody when direct is left out and was all there was', 'last_non_direct', false, ['direct'], [0]],
    ['goes to nobody on an empty path', 'linear', true, [], []],
  ])('%s', (_, model, direct, names, weights) => {
    expect(creditWeights(path(...names), { model, direct })).toEqual(weights)
  })

  test('adds up to one or to nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...channels), { maxLength: 30 }),
        fc.constantFrom(...creditModels),
        fc.boolean(),
        (names, model, direct) => {
          const weights = creditWeights(path(...names), { model, direct })
          const isCounted = names.some((name) => direct || (name !== 'direct' && name !== 'internal'))
          expect(weights).toHaveLength(names.length)
          expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(isCounted ? 1 : 0, 12)
        },
      ),
    )
  })
})
