import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CONVERTED, LOST, removalEffects, START, type Transition } from './removal-effects.ts'

interface Journey {
  steps: string[]
  converted: boolean
  times?: number
}

function transitionsOf(journeys: readonly Journey[]): Transition[] {
  return journeys.flatMap(({ steps, converted, times = 1 }) => {
    const all = [START, ...steps, converted ? CONVERTED : LOST]
    return all.slice(1).map((to, index) => ({ from: all[index] as string, to, times }))
  })
}

const journey = (line: string, times = 1): Journey => {
  const steps = line.split(' > ')
  return { steps: steps.slice(0, -1), converted: steps.at(-1) === 'conv', times }
}

const solve = (...journeys: Journey[]) => {
  const { conversion_rate, effects } = removalEffects(transitionsOf(journeys))
  return { conversion_rate, effects: Object.fromEntries(effects) }
}

describe('removal effects as they were published', () => {
  // Sergey Bryl', «Marketing Multi-Channel Attribution model with R, part 1», analyzecore.com, 3 August 2016: a third of the
  // journeys convert, a sixth without C1; C1 : C2 : C3 share the conversion as 0.2 : 0.4 : 0.4.
  test('of three journeys over C1, C2 and C3', () => {
    const { conversion_rate, effects } = solve(
      journey('C1 > C2 > C3 > conv'),
      journey('C1 > null'),
      journey('C2 > C3 > null'),
    )
    expect(conversion_rate).toBeCloseTo(1 / 3, 14)
    expect(effects).toEqual({ C1: expect.closeTo(0.5, 14), C2: expect.closeTo(1, 14), C3: expect.closeTo(1, 14) })
    expect(conversion_rate * (1 - (effects.C1 as number))).toBeCloseTo(1 / 6, 14)
    const sum = Object.values(effects).reduce((all, effect) => all + effect, 0)
    expect(Object.values(effects).map((effect) => effect / sum)).toEqual(
      [0.2, 0.4, 0.4].map((x) => expect.closeTo(x, 14)),
    )
  })

  // Serhii Puzyrov, «Markov Chain Attribution – simple explanation of Removal Effect», serhiipuzyrov.com, July 2019: 0.8 of
  // the journeys convert: 0.8 · (0.5 + 0.25 · 1) + 0.2 · 1.
  test('of Google Ads and a mailing', () => {
    const { conversion_rate, effects } = solve(
      journey('ads > conv', 2),
      journey('mail > conv'),
      journey('ads > mail > conv'),
      journey('ads > null'),
    )
    expect(conversion_rate).toBeCloseTo(0.8, 14)
    expect(effects).toEqual({ ads: expect.closeTo(1 - 0.2 / 0.8, 14), mail: expect.closeTo(1 - 0.4 / 0.8, 14) })
  })

  // The README of pychattr (a port of R's ChannelAttribution), by simulation: 1.991106 and 1.008894 of 3 conversions.
  test('of two channels that lead to each other in circles', () => {
    const { effects } = solve(
      journey('A > B > A > B > B > A > conv'),
      journey('A > B > B > A > A > conv'),
      journey('A > A > conv'),
    )
    const sum = (effects.A as number) + (effects.B as number)
    expect([(3 * (effects.A as number)) / sum, (3 * (effects.B as number)) / sum]).toEqual([
      expect.closeTo(1.991106, 1),
      expect.closeTo(1.008894, 1),
    ])
    expect(effects).toEqual({ A: 1, B: expect.closeTo(0.5, 14) })
  })
})

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const anyJourneys = fc.array(
  fc.record({
    steps: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 9 }),
    converted: fc.boolean(),
    times: fc.integer({ min: 1, max: 1000 }),
  }),
  { minLength: 1, maxLength: 30 },
)

describe('removal effects', () => {
  test('are those found by taking each channel out and solving the equations again', () => {
    let compared = 0
    fc.assert(
      fc.property(anyJourneys, (journeys) => {
        const transitions = transitionsOf(journeys)
        const found = removalEffects(transitions)
        const rate = conversionRateByEquations(transitions)
        expect(found.conversion_rate).toBeCloseTo(rate, 10)
        for (const [name, effect] of found.effects) {
          const left = conversionRateByEquations(transitions, name)
          expect(effect).toBeCloseTo(rate === 0 ? 0 : 1 - left / rate, 9)
          compared++
        }
      }),
    )
    expect(compared).toBeGreaterThan(200)
  })

  test('are those found by following the crowd step by step until nobody is left', () => {
    fc.assert(
      fc.property(anyJourneys, (journeys) => {
        const transitions = transitionsOf(journeys)
        const found = removalEffects(transitions)
        const rate = conversionRateBySteps(transitions)
        for (const [name, effect] of found.effects) {
          const left = conversionRateBySteps(transitions, name)
          expect(effect).toBeCloseTo(rate === 0 ? 0 : 1 - left / rate, 6)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('are near those of simulated visitors', () => {
    const transitions = transitionsOf([
      journey('a > b > a > c > conv', 3),
      journey('b > c > null', 5),
      journey('c > a > null', 2),
      journey('a > conv', 2),
      journey('b > a > b > conv'),
    ])
    const rate = conversionRateBySimulation(transitions)
    for (const [name, effect] of removalEffects(transitions).effects) {
      expect(effect).toBeCloseTo(1 - conversionRateBySimulation(transitions, name) / rate, 1)
    }
  })

  test('do not change with the order of journeys, with their number, or with returns to the same channel', () => {
    fc.assert(
      fc.property(anyJourneys, fc.integer({ min: 2, max: 5 }), (journeys, factor) => {
        const plain = removalEffects(transitionsOf(journeys))
        const turned = removalEffects(transitionsOf(journeys.toReversed()))
        expect(turned).toEqual(plain)
        const again = journeys.map((one) => ({
          ...one,
          steps: one.steps.flatMap((step) => [step, step, step]),
          times: one.times * factor,
        }))
        const same = removalEffects(transitionsOf(again))
        for (const [name, effect] of plain.effects) expect(same.effects.get(name)).toBeCloseTo(effect, 10)
      }),
    )
  })

  test('lie between nothing and everything; a channel of every converted journey has all', () => {
    fc.assert(
      fc.property(anyJourneys, (journeys) => {
        const { effects } = removalEffects(
          transitionsOf(journeys.map((one) => ({ ...one, steps: ['gate', ...one.steps] }))),
        )
        const everyone = [...effects.values()]
        expect(everyone.every((effect) => effect >= 0 && effect <= 1)).toBe(true)
        if (journeys.some(({ converted }) => converted)) expect(effects.get('gate')).toBe(1)
        else expect(everyone.every((effect) => effect === 0)).toBe(true)
      }),
    )
  })

  // h(A) = (N + 1) / (2N + 1): with N of 10¹² a solver that subtracts keeps four digits of this.
  test('keep all their digits where visitors go round in circles a million million times', () => {
    const N = 1e12
    const { conversion_rate, effects } = removalEffects([
      { from: START, to: 'A', times: 1 },
      { from: 'A', to: 'B', times: N },
      { from: 'B', to: 'A', times: N },
      { from: 'A', to: CONVERTED, times: 1 },
      { from: 'B', to: LOST, times: 1 },
    ])
    expect(conversion_rate).toBeCloseTo((N + 1) / (2 * N + 1), 15)
    expect(effects.get('A')).toBe(1)
    expect(1 - (effects.get('B') as number)).toBeCloseTo((2 * N + 1) / (N + 1) ** 2, 15)
  })

  test('of a circle that nobody leaves are nothing', () => {
    const { conversion_rate, effects } = removalEffects([
      { from: START, to: 'A', times: 1 },
      { from: 'A', to: 'B', times: 1 },
      { from: 'B', to: 'A', times: 1 },
    ])
    expect([conversion_rate, ...effects.values()]).toEqual([0, 0, 0])
  })

  test('of nothing are nothing', () => {
    expect(removalEffects([])).toEqual({ conversion_rate: 0, effects: new Map() })
  })

  test('of three hundred channels are found', () => {
    const many = [...new Array(300).keys()].map((index) => `c${index}`)
    const transitions = many.flatMap((from, row) => [
      { from: START, to: from, times: row + 1 },
      ...many.map((to, column) => ({ from, to, times: ((row * 7 + column * 13) % 11) + 1 })),
      { from, to: row % 2 === 0 ? CONVERTED : LOST, times: 50 },
    ])
    const { effects } = removalEffects(transitions)
    const rate = conversionRateByEquations(transitions)
    expect(effects.size).toBe(300)
    for (const name of ['c0', 'c151', 'c299']) {
      expect(effects.get(name)).toBeCloseTo(1 - conversionRateByEquations(transitions, name) / rate, 9)
    }
  })
})

/** How likely each step is to go where; what enters a removed channel is lost. */
function chances(transitions: readonly Transition[], removed?: string): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>()
  for (const { from, to, times } of transitions) {
    if (from === removed) continue
    const ways = counts.get(from) ?? new Map<string, number>()
    const target = to === removed ? LOST : to
    ways.set(target, (ways.get(target) ?? 0) + times)
    counts.set(from, ways)
  }
  for (const ways of counts.values()) {
    const all = [...ways.values()].reduce((sum, times) => sum + times, 0)
    for (const [to, times] of ways) ways.set(to, times / all)
  }
  return counts
}

/** (I − Q) h = r by Gaussian elimination with pivots. */
function conversionRateByEquations(transitions: readonly Transition[], removed?: string): number {
  const ways = chances(transitions, removed)
  const states = [...ways.keys()]
  const rows = states.map((from) => [
    ...states.map((to) => Number(from === to) - (ways.get(from)?.get(to) ?? 0)),
    ways.get(from)?.get(CONVERTED) ?? 0,
  ])
  const size = states.length
  for (let at = 0; at < size; at++) {
    let best = at
    for (let row = at; row < size; row++) {
      if (Math.abs(rows[row]?.[at] as number) > Math.abs(rows[best]?.[at] as number)) best = row
    }
    const pivot = rows[best] as number[]
    rows[best] = rows[at] as number[]
    rows[at] = pivot
    for (const [index, row] of rows.entries()) {
      const factor = (row[at] as number) / (pivot[at] as number)
      if (index === at || factor === 0) continue
      for (let column = at; column <= size; column++)
        row[column] = (row[column] as number) - factor * (pivot[column] as number)
    }
  }
  const start = states.indexOf(START)
  return (rows[start]?.[size] as number) / (rows[start]?.[start] as number)
}

/** The whole crowd takes a step at a time: every path, the shortest first. */
function conversionRateBySteps(transitions: readonly Transition[], removed?: string): number {
  const ways = chances(transitions, removed)
  let crowd = new Map([[START, 1]])
  let converted = 0
  for (let step = 0; step < 20_000 && crowd.size > 0; step++) {
    const next = new Map<string, number>()
    for (const [from, part] of crowd) {
      for (const [to, chance] of ways.get(from) ?? []) {
        if (to === CONVERTED) converted += part * chance
        else if (to !== LOST && part * chance > 1e-13) next.set(to, (next.get(to) ?? 0) + part * chance)
      }
    }
    crowd = next
  }
  return converted
}

function conversionRateBySimulation(transitions: readonly Transition[], removed?: string): number {
  const ways = chances(transitions, removed)
  const visitors = 20_000
  let seed = 12_345
  let converted = 0
  for (let visitor = 0; visitor < visitors; visitor++) {
    let at = START
    while (at !== CONVERTED && at !== LOST) {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      at = drawn([...(ways.get(at) ?? [])], seed / 2 ** 31)
    }
    if (at === CONVERTED) converted++
  }
  return converted / visitors
}

function drawn(options: readonly [string, number][], luck: number): string {
  let upto = 0
  for (const [to, chance] of options) {
    upto += chance
    if (luck < upto) return to
  }
  return options.at(-1)?.[0] ?? LOST
}
