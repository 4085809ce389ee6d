import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Channel, channels } from './channel.ts'
import { type CreditModel, type CreditOptions, creditModels, creditWeights, type Touch } from './credit.ts'

const path = (...names: string[]) => names.map((channel) => ({ channel: channel as Channel }))
const near = (weights: readonly number[]) => weights.map((weight) => expect.closeTo(weight, 12))
const DAY_MS = 86_400_000

describe('the credit of a path', () => {
  test.each<[string, CreditModel, boolean, string[], number[]]>([
    ['goes to the first touch', 'first', true, ['paid_search', 'email', 'direct'], [1, 0, 0]],
    ['goes to the last touch', 'last', true, ['paid_search', 'email', 'direct'], [0, 0, 1]],
    ['goes to the last that somebody brought', 'last_non_direct', true, ['paid_search', 'email', 'direct'], [0, 1, 0]],
    ['takes internal for direct', 'last_non_direct', true, ['email', 'internal'], [1, 0]],
    ['goes to the last direct when there is nothing else', 'last_non_direct', true, ['direct', 'direct'], [0, 1]],
    ['goes half to the first and half to the last', 'first_last', true, ['email', 'sms', 'push'], [0.5, 0, 0.5]],
    ['is shared evenly', 'linear', true, ['email', 'direct', 'sms', 'push'], [0.25, 0.25, 0.25, 0.25]],
    ['leaves direct touches out when told to', 'linear', false, ['email', 'direct', 'sms'], [0.5, 0, 0.5]],
    ['skips direct ones at the start when told to', 'first', false, ['direct', 'email'], [0, 1]],
    ['skips direct ones at the end when told to', 'last', false, ['email', 'direct'], [1, 0]],
    ['goes to nobody when direct is left out and was all there was', 'last_non_direct', false, ['direct'], [0]],
    ['goes to nobody on an empty path', 'linear', true, [], []],
    ['is the same for every channel', 'shapley', true, ['email', 'sms', 'email', 'push'], [1 / 6, 1 / 3, 1 / 6, 1 / 3]],
  ])('%s', (_, model, direct, names, weights) => {
    expect(creditWeights(path(...names), { model, direct })).toEqual(near(weights))
  })

  test.each(creditModels)('goes wholly to the only touch: %s', (model) => {
    for (const deal of [true, false]) {
      const options = { model, deal, lead: 0, effects: new Map([['email', 0.3]]), contacts: [0] }
      expect(creditWeights(path('email'), options)).toEqual([1])
    }
  })
})

// Google Analytics (Universal), «About the default MCF attribution models»: position based gives 40% to the first, 40% to the
// last and 20% to those between; with two touches half each. Google Ads, «About attribution models»: under time decay a click
// 8 days before a conversion gets half as much credit as one a day before (half-life of 7 days).
describe('credit as Google Analytics documented it', () => {
  test.each<[number, number[]]>([
    [1, [1]],
    [2, [0.5, 0.5]],
    [3, [0.4, 0.2, 0.4]],
    [4, [0.4, 0.1, 0.1, 0.4]],
    [7, [0.4, 0.04, 0.04, 0.04, 0.04, 0.04, 0.4]],
  ])('by position, of %i touches', (touches, weights) => {
    expect(creditWeights(path(...new Array(touches).fill('email')), { model: 'position_u' })).toEqual(near(weights))
  })

  test('by age: 8, 15 and 22 days before get a half, a quarter and an eighth of what a day before gets', () => {
    const days = [22, 15, 8, 1]
    const weights = creditWeights(touchesBefore(days), { model: 'time_decay' })
    expect(weights.map((weight) => weight / (weights[3] as number))).toEqual(near([0.125, 0.25, 0.5, 1]))
  })

  // «The worked journey» of github.com/coreyhaines31/marketingskills (attribution-models.md): five touches on days 0, 5, 12, 30
  // and 38, and a deal of $12,000 on the last.
  test.each<[CreditModel, number[]]>([
    ['first', [12_000, 0, 0, 0, 0]],
    ['last', [0, 0, 0, 0, 12_000]],
    ['last_non_direct', [0, 0, 0, 12_000, 0]],
    ['linear', [2400, 2400, 2400, 2400, 2400]],
    ['time_decay', [175, 290, 575, 3415, 7545]],
    ['position_u', [4800, 800, 800, 800, 4800]],
  ])('and others worked out with it: %s', (model, dollars) => {
    const names: Channel[] = ['paid_social', 'organic_search', 'paid_social', 'paid_search', 'direct']
    const touches = touchesBefore([38, 33, 26, 8, 0]).map((touch, index) => ({
      ...touch,
      channel: names[index] as Channel,
    }))
    const found = creditWeights(touches, { model }).map((weight) => weight * 12_000)
    // The table is rounded to five dollars, and made to add up.
    for (const [index, value] of found.entries()) expect(Math.abs(value - (dollars[index] as number))).toBeLessThan(5)
  })
})

describe('credit by milestones', () => {
  const five = path('email', 'sms', 'push', 'maps', 'audio')
  test.each<[string, Partial<CreditOptions>, number[]]>([
    ['first, lead and deal get 30% each, the rest 10%', { deal: true, lead: 2 }, [0.3, 0.05, 0.3, 0.05, 0.3]],
    ['a touch with two roles is paid for both', { deal: true, lead: 0 }, [0.6, 0.1 / 3, 0.1 / 3, 0.1 / 3, 0.3]],
    ['without a lead its part goes to the others', { deal: true }, [3 / 7, 1 / 21, 1 / 21, 1 / 21, 3 / 7]],
    ['a lead has no deal', { lead: 4 }, [3 / 7, 1 / 21, 1 / 21, 1 / 21, 3 / 7]],
    ['other weights', { deal: true, lead: 1, weights: [1, 2, 1, 0] }, [0.25, 0.5, 0, 0, 0.25]],
  ])('%s', (_, options, weights) => {
    expect(creditWeights(five, { model: 'position_w', ...options })).toEqual(near(weights))
  })

  test('leaves everybody the same where weights leave nobody anything', () => {
    expect(creditWeights(path('email', 'sms'), { model: 'position_u', weights: [0, 1, 0] })).toEqual([0.5, 0.5])
  })
})

describe('credit by contacts', () => {
  const four = path('email', 'sms', 'direct', 'maps')
  test.each<[string, CreditModel, Partial<CreditOptions>, number[]]>([
    ['the first request', 'first_contact', { contacts: [1, 3] }, [0, 1, 0, 0]],
    ['the last request', 'last_contact', { contacts: [1, 3] }, [0, 0, 0, 1]],
    ['all requests alike', 'linear_contact', { contacts: [1, 1, 3, 0] }, [0.25, 0.5, 0, 0.25]],
    ['nobody, where no touch brought the first request', 'first_contact', { contacts: [undefined, 3] }, [0, 0, 0, 0]],
    [
      'the others, and leaves the share of those that none brought open',
      'linear_contact',
      { contacts: [undefined, 3] },
      [0, 0, 0, 0.5],
    ],
    ['nobody, where there was no request', 'last_contact', {}, [0, 0, 0, 0]],
    [
      'nobody, where a direct touch brought it and those are left out',
      'last_contact',
      { contacts: [1, 2], direct: false },
      [0, 0, 0, 0],
    ],
  ])('goes to the touches of %s', (_, model, options, weights) => {
    expect(creditWeights(four, { model, ...options })).toEqual(near(weights))
  })
})

describe('the Shapley value', () => {
  // «Data Driven Attribution using Shapley value», github.com/tomgorb/misc, after towardsdatascience.com
  // («Data-Driven Marketing Attribution»): of 100 conversions 20 by F alone, 10 by O, 17 by L, 17 by F and O, 30 by F and L, 6 by all.
  test('is as published', () => {
    const counts = { F: 20, O: 10, L: 17, 'F+O': 17, 'F+L': 30, 'F+L+O': 6 }
    const paths = Object.entries(counts).flatMap(([names, times]) => new Array<string[]>(times).fill(names.split('+')))
    expect(paths).toHaveLength(100)
    const credit = totals(paths)
    expect(credit.get('F')).toBeCloseTo(45.5, 10)
    expect(credit.get('O')).toBeCloseTo(20.5, 10)
    expect(credit.get('L')).toBeCloseTo(34, 10)
  })

  // K. Zhao, S. H. Mahboobi, S. R. Bagheri, «Shapley Value Methods for Attribution Modeling in Online Advertising»
  // (arXiv 1804.05327): where a coalition is worth the conversions that it has without anybody else, each conversion is split
  // evenly among its channels. Here against the definition: what a channel adds, over all orders in which channels can come.
  test('is what a channel adds on average over all orders of coming', () => {
    const anyPaths = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 15,
    })
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const credit = totals(paths)
        for (const [name, value] of shapleyByPermutations(paths)) expect(credit.get(name) ?? 0).toBeCloseTo(value, 9)
      }),
      { numRuns: 50 },
    )
  })
})

function totals(paths: readonly string[][]): Map<string, number> {
  const credit = new Map<string, number>()
  for (const names of paths) {
    for (const [index, weight] of creditWeights(path(...names), { model: 'shapley' }).entries()) {
      const name = names[index] as string
      credit.set(name, (credit.get(name) ?? 0) + weight)
    }
  }
  return credit
}

function shapleyByPermutations(paths: readonly string[][]): Map<string, number> {
  const players = [...new Set(paths.flat())]
  const worth = (coalition: readonly string[]) =>
    paths.filter((names) => names.every((name) => coalition.includes(name))).length
  const orders = permutations(players)
  const added = new Map(players.map((name) => [name, 0]))
  for (const order of orders) {
    for (const [index, name] of order.entries()) {
      const gain = worth(order.slice(0, index + 1)) - worth(order.slice(0, index))
      added.set(name, (added.get(name) as number) + gain / orders.length)
    }
  }
  return added
}

function permutations(names: readonly string[]): string[][] {
  if (names.length === 0) return [[]]
  return names.flatMap((name) => permutations(names.filter((other) => other !== name)).map((rest) => [name, ...rest]))
}

function touchesBefore(days: readonly number[]): Touch[] {
  return days.map((day) => ({ channel: 'email', at_ms: 1e12 - day * DAY_MS }))
}

const anyPath = fc.array(
  fc.record({ channel: fc.constantFrom(...channels), at_ms: fc.integer({ min: 0, max: 400 * DAY_MS }) }),
  { maxLength: 30 },
)
const anyOptions = fc.record({
  model: fc.constantFrom(...creditModels),
  direct: fc.boolean(),
  deal: fc.boolean(),
  lead: fc.option(fc.integer({ min: 0, max: 29 }), { nil: undefined }),
  contacts: fc.array(fc.option(fc.integer({ min: 0, max: 29 }), { nil: undefined }), { maxLength: 4 }),
  half_life_days: fc.double({ min: 0.01, max: 1000, noNaN: true }),
  effects: fc
    // A share of conversions; so small that a half of it is nothing, it would be no number any more.
    .array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1, noNaN: true })), {
      minLength: channels.length,
      maxLength: channels.length,
    })
    .map((effects) => new Map(channels.map((channel, index) => [channel as string, effects[index] as number]))),
})
const byName = (touches: readonly Touch[], weights: readonly number[]) => {
  const credit = new Map<Channel, number>()
  for (const [index, { channel }] of touches.entries()) {
    credit.set(channel, (credit.get(channel) ?? 0) + (weights[index] as number))
  }
  return credit
}

describe('credit of any path under any model', () => {
  test('adds up to one, or to what no touch leaves open', () => {
    fc.assert(
      fc.property(anyPath, anyOptions, (touches, options) => {
        const weights = creditWeights(touches, options)
        const counts = ({ channel }: Touch) => options.direct || !['direct', 'internal'].includes(channel)
        const takes = (place = -1) => {
          const touch = touches[place]
          return Number(touch !== undefined && counts(touch))
        }
        const { contacts } = options
        const whole = {
          first_contact: takes(contacts[0]),
          last_contact: takes(contacts.at(-1)),
          linear_contact: contacts.reduce<number>((sum, place) => sum + takes(place), 0) / (contacts.length || 1),
        }
        const sum = (whole as Partial<Record<CreditModel, number>>)[options.model] ?? Number(touches.some(counts))
        expect(weights).toHaveLength(touches.length)
        expect(weights.every((weight) => weight >= 0 && weight <= 1 + 1e-12)).toBe(true)
        expect(weights.reduce((all, weight) => all + weight, 0)).toBeCloseTo(sum, 12)
      }),
    )
  })

  test('does not depend on the order of touches under models that look at channels alone, or at all alike', () => {
    const orderless = fc.constantFrom<CreditModel>('linear', 'time_decay', 'markov', 'shapley')
    fc.assert(
      fc.property(anyPath, anyOptions, orderless, (touches, options, model) => {
        const plain = byName(touches, creditWeights(touches, { ...options, model }))
        const turned = byName(touches.toReversed(), creditWeights(touches.toReversed(), { ...options, model }))
        for (const [channel, weight] of plain) expect(turned.get(channel)).toBeCloseTo(weight, 10)
      }),
    )
  })

  test('does not depend on how often a channel was met under models of channels', () => {
    fc.assert(
      fc.property(anyPath, anyOptions, fc.constantFrom<CreditModel>('markov', 'shapley'), (touches, options, model) => {
        const twice = [...touches, ...touches]
        const plain = byName(touches, creditWeights(touches, { ...options, model }))
        const more = byName(twice, creditWeights(twice, { ...options, model }))
        for (const [channel, weight] of plain) expect(more.get(channel)).toBeCloseTo(weight, 10)
      }),
    )
  })

  test('does not change when all ages, all weights or all effects grow alike', () => {
    fc.assert(
      fc.property(anyPath, anyOptions, fc.integer({ min: 2, max: 9 }), (touches, options, factor) => {
        const grown = {
          ...options,
          half_life_days: options.half_life_days * factor,
          effects: new Map([...options.effects].map(([channel, effect]) => [channel, effect * factor])),
          ...(options.model === 'position_u' && { weights: [40 * factor, 20 * factor, 40 * factor] }),
          ...(options.model === 'position_w' && { weights: [30, 30, 30, 10].map((weight) => weight * factor) }),
        }
        const older = touches.map((touch) => ({ ...touch, at_ms: touch.at_ms * factor }))
        const plain = creditWeights(touches, options)
        for (const [index, weight] of creditWeights(older, grown).entries())
          expect(weight).toBeCloseTo(plain[index] as number, 9)
      }),
    )
  })
})
