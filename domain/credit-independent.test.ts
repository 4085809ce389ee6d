import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Channel } from './channel.ts'
import { type CreditModel, type CreditOptions, creditModels, creditWeights, type Touch } from './credit.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A second implementation, which shares no line and no way of reckoning with the first. */
type Independent = (touches: readonly Touch[], options: CreditOptions) => number[]

/**
 * Hands out a pot by shares, and what no share was there to take once more, until nothing is left: where the first
 * implementation divides by what was given, this one goes round.
 */
function handOut(touches: number, shareOf: (place: number) => number): number[] {
  const given = new Array<number>(touches).fill(0)
  let pot = 1
  for (let round = 0; round < 20_000 && pot > 1e-17; round++) {
    let spent = 0
    for (let place = 0; place < touches; place++) {
      given[place] = (given[place] as number) + pot * shareOf(place)
      spent += pot * shareOf(place)
    }
    if (spent === 0) return given.map(() => 1 / touches)
    pot -= spent
  }
  return given
}

/** The share that each place gets of a pot of 1 in one round, by roles of which one place may have several. */
function byRoles(touches: number, roles: readonly (number | undefined)[], weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const taken = new Set(roles)
  const others = [...new Array(touches).keys()].filter((place) => !taken.has(place))
  return handOut(touches, (place) => {
    let share = others.includes(place) ? (weights[roles.length] as number) / sum / others.length : 0
    for (const [role, at] of roles.entries()) if (at === place) share += (weights[role] as number) / sum
    return share
  })
}

/** A channel's share of the credit by chance: of all orders in which channels could have come, how often it closes the set. */
function closers(touches: readonly Touch[]): Map<Channel, number> {
  const set = [...new Set(touches.map(({ channel }) => channel))]
  const last = new Map<Channel, number>()
  const orders = permutations(set)
  for (const order of orders)
    last.set(order.at(-1) as Channel, (last.get(order.at(-1) as Channel) ?? 0) + 1 / orders.length)
  return last
}

function permutations(names: readonly Channel[]): Channel[][] {
  if (names.length === 0) return [[]]
  return names.flatMap((name) => permutations(names.filter((other) => other !== name)).map((rest) => [name, ...rest]))
}

/** A channel's share is the same for each of its touches. */
function amongTouches(touches: readonly Touch[], shares: ReadonlyMap<Channel, number>): number[] {
  const times = (channel: Channel) => touches.reduce((count, touch) => count + (touch.channel === channel ? 1 : 0), 0)
  return touches.map(({ channel }) => (shares.get(channel) ?? 0) / times(channel))
}

const ofContacts = (touches: readonly Touch[], contacts: readonly (number | undefined)[]) => {
  const weights = touches.map(() => 0)
  for (const place of contacts) if (place !== undefined && place in weights) weights[place] = (weights[place] ?? 0) + 1
  return weights.map((count) => (contacts.length === 0 ? 0 : count / contacts.length))
}

const independent: Record<CreditModel, Independent> = {
  first: (touches) => touches.map((_, place) => (place === 0 ? 1 : 0)),
  last: (touches) =>
    touches
      .toReversed()
      .map((_, place) => (place === 0 ? 1 : 0))
      .toReversed(),
  last_non_direct(touches) {
    const weights = touches.map(() => 0)
    let at = touches.length
    while (at > 0 && ['direct', 'internal'].includes(touches[at - 1]?.channel as string)) at--
    weights[(at === 0 ? touches.length : at) - 1] = 1
    return weights
  },
  first_last: (touches) => byRoles(touches.length, [0, touches.length - 1], [1, 1, 0]),
  linear: (touches) => handOut(touches.length, () => 1 / (touches.length + 1)),
  // A touch against every other: 1 / Σ 2^(how many half-lives the other is newer).
  time_decay: (touches, { half_life_days = 7 }) =>
    touches.map(
      ({ at_ms = 0 }) =>
        1 / touches.reduce((sum, other) => sum + 2 ** (((other.at_ms ?? 0) - at_ms) / DAY_MS / half_life_days), 0),
    ),
  position_u(touches, { weights = [40, 20, 40] }) {
    const [first = 0, middle = 0, last = 0] = weights
    return byRoles(touches.length, [0, touches.length - 1], [first, last, middle])
  },
  position_w(touches, { weights = [30, 30, 30, 10], deal, lead }) {
    const [first = 0, atLead = 0, atDeal = 0, rest = 0] = weights
    const end = touches.length - 1
    const known = lead !== undefined && lead < touches.length ? lead : undefined
    return deal
      ? byRoles(touches.length, [0, known, end], [first, atLead, atDeal, rest])
      : byRoles(touches.length, [0, end], [first, atLead, rest])
  },
  markov(touches, { effects = new Map() }) {
    const set = [...new Set(touches.map(({ channel }) => channel))]
    const most = set.reduce((sum, channel) => sum + (effects.get(channel) ?? 0), 0)
    // Nobody would be missed: each touch is as good as another.
    if (most === 0) return touches.map(() => 1 / touches.length)
    return amongTouches(touches, new Map(set.map((channel) => [channel, (effects.get(channel) ?? 0) / most])))
  },
  shapley: (touches) => amongTouches(touches, closers(touches)),
  first_contact: (touches, { contacts = [] }) => ofContacts(touches, contacts.length > 0 ? [contacts[0]] : []),
  last_contact: (touches, { contacts = [] }) =>
    ofContacts(touches, contacts.length > 0 ? [contacts[contacts.length - 1]] : []),
  linear_contact: (touches, { contacts = [] }) => ofContacts(touches, contacts),
}

const anyPath = fc.array(
  fc.record({
    channel: fc.constantFrom<Channel>('direct', 'internal', 'email', 'paid_search', 'maps', 'referral'),
    at_ms: fc.integer({ min: 0, max: 200 * DAY_MS }),
  }),
  { minLength: 1, maxLength: 12 },
)
const weight = fc.integer({ min: 1, max: 100 })
const anyOptions = fc.record({
  deal: fc.boolean(),
  lead: fc.option(fc.nat({ max: 11 }), { nil: undefined }),
  half_life_days: fc.double({ min: 1, max: 60, noNaN: true }),
  contacts: fc.array(fc.option(fc.nat({ max: 11 }), { nil: undefined }), { maxLength: 4 }),
  effects: fc
    // In thousandths: what is lost of numbers too small to be divided is not what this is about.
    .array(
      fc.nat({ max: 1000 }).map((effect) => effect / 1000),
      { minLength: 6, maxLength: 6 },
    )
    .map(([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]) => {
      const names = ['direct', 'internal', 'email', 'paid_search', 'maps', 'referral']
      return new Map(names.map((name, index) => [name, [a, b, c, d, e, f][index] as number]))
    }),
  u: fc.tuple(weight, weight, weight),
  w: fc.tuple(weight, weight, weight, weight),
})

describe('credit as an independent implementation finds it', () => {
  test.each(creditModels)('is the same on any path: %s', (model) => {
    let compared = 0
    fc.assert(
      fc.property(anyPath, anyOptions, (touches, { u, w, ...said }) => {
        const options: CreditOptions = {
          ...said,
          model,
          ...(model === 'position_u' && { weights: u }),
          ...(model === 'position_w' && { weights: w }),
        }
        const found = creditWeights(touches, options)
        const expected = independent[model](touches, options)
        expect(found).toEqual(expected.map((one) => expect.closeTo(one, 9)))
        compared += found.length
      }),
      { numRuns: 150 },
    )
    expect(compared).toBeGreaterThan(150)
  })

  test.each(creditModels)('is that of the path without its direct touches, where those are left out: %s', (model) => {
    fc.assert(
      fc.property(anyPath, anyOptions, (path, { u: _, w: __, ...said }) => {
        const kept = path.flatMap((touch, place) =>
          touch.channel === 'direct' || touch.channel === 'internal' ? [] : [place],
        )
        const moved = (place: number | undefined) => {
          const at = place === undefined ? -1 : kept.indexOf(place)
          return at < 0 ? undefined : at
        }
        const without = independent[model](
          kept.map((place) => path[place] as Touch),
          { ...said, model, lead: moved(said.lead), contacts: said.contacts.map(moved) },
        )
        const found = creditWeights(path, { ...said, model, direct: false })
        expect(kept.map((place) => found[place])).toEqual(without.map((one) => expect.closeTo(one, 9)))
        const left = found.filter((_, place) => !kept.includes(place))
        expect(left.every((one) => one === 0)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  // The definition of Shapley's value: over every set of the other channels, what one adds to it, by how likely the set is to
  // have come before. Here of all paths together.
  test('is what a channel adds to every set of others, by the definition of the Shapley value', () => {
    const names: Channel[] = ['email', 'sms', 'push', 'maps']
    const anyPaths = fc.array(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 12,
    })
    const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const worth = (set: readonly Channel[]) =>
          paths.filter((path) => path.every((name) => set.includes(name))).length
        const credit = new Map<Channel, number>()
        for (const path of paths) {
          const weights = creditWeights(
            path.map((channel) => ({ channel })),
            { model: 'shapley' },
          )
          for (const [place, one] of weights.entries())
            credit.set(path[place] as Channel, (credit.get(path[place] as Channel) ?? 0) + one)
        }
        for (const name of names) {
          const others = names.filter((other) => other !== name)
          let value = 0
          for (let bits = 0; bits < 2 ** others.length; bits++) {
            const set = others.filter((_, index) => (bits >> index) % 2 === 1)
            const chance = (factorial(set.length) * factorial(others.length - set.length)) / factorial(names.length)
            value += chance * (worth([...set, name]) - worth(set))
          }
          expect(credit.get(name) ?? 0).toBeCloseTo(value, 9)
        }
      }),
      { numRuns: 60 },
    )
  })
})

const journey = (line: string): Touch[] => line.split(' > ').map((channel) => ({ channel: channel as Channel }))
const money = (line: string, model: CreditModel, value: number) =>
  creditWeights(journey(line), { model }).map((one) => one * value)

describe('credit as others publish it in their tests', () => {
  // snowplow/dbt-snowplow-attribution, integration_tests/data/expected/snowplow_attribution_channel_attributions_expected.csv;
  // linear and position based are rounded there to whole dollars. The middle of its position based rows (2 of 66.50, 7 of 140) is
  // left out: with them a path adds up to 84% of its value, which no reading of 40/20/40 gives.
  test.each<[string, number, CreditModel, (number | undefined)[]]>([
    ['direct', 50, 'first', [50]],
    ['direct', 20.42, 'last', [20.42]],
    ['direct', 20.42, 'linear', [20]],
    ['organic_video', 200, 'position_u', [200]],
    ['organic_search > display > organic_search', 66.5, 'first', [66.5, 0, 0]],
    ['organic_search > display > organic_search', 66.5, 'last', [0, 0, 66.5]],
    ['organic_search > display > organic_search', 66.5, 'linear', [22, 22, 22]],
    ['organic_search > display > organic_search', 66.5, 'position_u', [27, undefined, 27]],
    ['direct > organic_search > direct', 140, 'first', [140, 0, 0]],
    ['direct > organic_search > direct', 140, 'last', [0, 0, 140]],
    ['direct > organic_search > direct', 140, 'linear', [47, 47, 47]],
    ['direct > organic_search > direct', 140, 'position_u', [56, undefined, 56]],
  ])('Snowplow: %s, worth %f, under %s', (line, value, model, expected) => {
    const found = money(line, model, value)
    const isWhole = model === 'linear' || model === 'position_u'
    const shown = found.map((one) => (isWhole ? Math.round(one) : Math.round(one * 100) / 100))
    expect(shown).toEqual(expected.map((one) => one ?? expect.any(Number)))
  })

  // DP6/Marketing-Attribution-Models, tests/test_heuristics.py: the journeys A > B > C and A > C, a conversion each; for time
  // decay A, B and C an hour apart with a half-life of an hour.
  test.each<[CreditModel, number[]]>([
    ['first', [2, 0, 0]],
    ['last', [0, 0, 2]],
    ['linear', [1 / 3 + 1 / 2, 1 / 3, 1 / 3 + 1 / 2]],
    ['position_u', [0.9, 0.2, 0.9]],
  ])('DP6: two journeys under %s', (model, expected) => {
    const [a = 0, b = 0, c = 0] = creditWeights(journey('email > sms > push'), { model })
    const [also = 0, end = 0] = creditWeights(journey('email > push'), { model })
    expect([a + also, b, c + end]).toEqual(expected.map((one) => expect.closeTo(one, 12)))
  })

  test('DP6: three touches an hour apart, with a half-life of an hour', () => {
    const touches = journey('email > sms > push').map((touch, index) => ({ ...touch, at_ms: index * HOUR_MS }))
    const weights = creditWeights(touches, { model: 'time_decay', half_life_days: 1 / 24 })
    expect(weights).toEqual([0.25 / 1.75, 0.5 / 1.75, 1 / 1.75].map((one) => expect.closeTo(one, 12)))
  })
})
