import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Channel } from '#domain/channel.ts'
import { type CreditOptions, creditModels, creditWeights, isUnsourced } from '#domain/credit.ts'
import { parseMoney } from '#domain/money.ts'
import { CONVERTED, LOST, removalEffects, START } from '#domain/removal-effects.ts'
import { insertConversions, type MadeConversion, sessionRow } from '#reports-api/registry/hand-made-history.ts'
import { REQUESTS_MAX } from '#reports-api/registry/person-joins.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'

const DAY_MS = 86_400_000
const conversion_at_ms = Date.parse('2026-11-20T00:00:00.000Z')
const before = (days: number) => new Date(conversion_at_ms - days * DAY_MS).toISOString()

interface Step {
  days: number
  channel: Channel
}

/** A person's touches, requests and deal. A request may name the visit it came from. */
interface Story {
  path: Step[]
  requests: { days: number; first: boolean; from: number }[]
  value: string | null
}

const anyChannel = fc.constantFrom<Channel>('direct', 'internal', 'paid_search', 'organic_search', 'email', 'referral')
const anyDays = fc.integer({ min: 0, max: 400 })
const anyStory: fc.Arbitrary<Story> = fc.record({
  path: fc
    .array(fc.record({ days: anyDays, channel: anyChannel }), { maxLength: 8 })
    .map((path) => path.toSorted((a, b) => b.days - a.days)),
  requests: fc.array(
    fc.record({ days: fc.integer({ min: -3, max: 300 }), first: fc.boolean(), from: fc.integer({ min: 0, max: 12 }) }),
    { maxLength: 2 },
  ),
  value: fc.option(fc.integer({ min: -100_000_000, max: 10_000_000_000 }).map((units) => (units / 10_000).toFixed(4))),
})

const stories = fc.sample(anyStory, { numRuns: 150, seed: 7 })
/** People who came and never asked for anything. */
const strangers = fc.sample(
  fc.array(fc.record({ days: anyDays, channel: anyChannel }), { minLength: 1, maxLength: 5 }),
  { numRuns: 60, seed: 8 },
)

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp

beforeAll(async () => {
  store = await freshStore()
  http = await makeTestApp(() => store)
  await insertConversions(store, stories.flatMap(conversionsOf))
  await store.insert(
    'sessions',
    strangers.flatMap((visits, person) =>
      visits.map(({ days, channel }, index) =>
        sessionRow({ id: `x${person}-${index}`, person: `x${person}`, started_at: before(days), channel }),
      ),
    ),
  )
})

afterAll(async () => {
  await http.app.close()
  await store.drop()
})

function conversionsOf({ path, requests, value }: Story, index: number): MadeConversion[] {
  const person = `p${index}`
  const touches = path.map(({ days, channel }, step) => ({ channel, at: before(days), session: `s${index}-${step}` }))
  return [
    {
      ...{ id: `d${index}`, kind: 'deal', fact: 'deal', lead_kind: '', status: 'won', person, value, currency: 'RUB' },
      at: before(0),
      path: touches,
    },
    ...requests.map(({ days, first, from }, number) => ({
      ...{ id: `q${index}-${number}`, person, first: Number(first), at: before(days) },
      session: touches[from]?.session ?? '',
      path: touches.filter((_, step) => (path[step] as Step).days >= days),
    })),
  ]
}

interface Line {
  conversion: string
  channel: string
  position: number
  weight: number
  credit: string
}

async function lines(query: string, site = 'shop'): Promise<Map<string, Line[]>> {
  const { status, body } = await http.get(`/v1/touchpoints?site=${site}&${query}`)
  expect([status, query]).toEqual([200, query])
  const found = (body.text as string).split('\n').filter(Boolean)
  const byConversion = new Map<string, Line[]>()
  for (const text of found) {
    const line = JSON.parse(text) as Line
    byConversion.set(line.conversion, [...(byConversion.get(line.conversion) ?? []), line])
  }
  return byConversion
}

/** The chain by the letter of its definition: the paths to all conversions of a kind, and the visits of all others. */
function effectsOf(kind: 'lead' | 'deal', counts: (step: Step) => boolean, lookback: number) {
  const asked = (days: number) => (step: Step) => step.days - days <= lookback && step.days >= days && counts(step)
  const won = stories.flatMap(({ path, requests }) =>
    kind === 'deal' ? [path.filter(asked(0))] : requests.map(({ days }) => path.filter(asked(days))),
  )
  const lost = strangers.map((visits) => visits.toSorted((a, b) => b.days - a.days).filter(counts))
  const journeys = [
    ...won.map((path) => ({ path, end: CONVERTED })),
    ...lost.map((path) => ({ path, end: LOST })),
  ].filter(({ path }) => path.length > 0)
  const transitions = journeys.flatMap(({ path, end }) => {
    const steps = [START, ...path.map(({ channel }) => channel), end]
    return steps.slice(1).map((to, index) => ({ from: steps[index] as string, to, times: 1 }))
  })
  expect(journeys.length).toBeGreaterThan(60)
  return removalEffects(transitions).effects
}

/** The touch that made the lead of a deal: of the request's visit, else the last one until then. */
function leadOf(
  { path, requests }: Story,
  within: readonly (Step & { step: number })[],
  counts: (step: Step) => boolean,
) {
  const visited = (from: number) => (from < path.length ? String(from) : '')
  const request = requests
    .filter(({ first, days }) => first && days >= 0)
    .toSorted((a, b) => a.days - b.days || (visited(a.from) < visited(b.from) ? 1 : -1))[0]
  if (!request) return undefined
  const visit = within.findIndex((step) => step.step === request.from && counts(step))
  const last = within.findLastIndex((step) => step.days >= request.days && counts(step))
  const found = visit >= 0 ? visit : last
  return found >= 0 ? found : undefined
}

/** The place of the touch of each request until then and within the look-back: of its own visit, else the last before it. */
function contactsOf(
  { path, requests }: Story,
  within: readonly (Step & { step: number })[],
  { counts, days, lookback }: { counts: (step: Step) => boolean; days: number; lookback: number },
) {
  const visited = (from: number) => (from < path.length ? String(from) : '')
  return requests
    .filter((request) => request.days >= days && request.days - days <= lookback)
    .toSorted((a, b) => b.days - a.days || (visited(a.from) < visited(b.from) ? -1 : 1))
    .map((request) => {
      const visit = within.findIndex((step) => step.step === request.from && counts(step))
      const last = within.findLastIndex((step) => step.days >= request.days && counts(step))
      return visit >= 0 ? visit : last >= 0 ? last : undefined
    })
}

/** Visits a day apart, on each of which something was asked. */
function askedOften() {
  return [...new Array(130).keys()].map((index) => ({
    ...{ at: before(130 - index), session: `asked${index}`, channel: 'email' },
  }))
}

function benchOf(visits: ReturnType<typeof askedOften>): MadeConversion[] {
  const bench = { site: 'other', person: 'bench' }
  const deal = { ...bench, kind: 'deal', fact: 'deal', lead_kind: '', status: 'won', value: '100.00', currency: 'RUB' }
  return [
    { ...deal, id: 'bench', at: before(0), path: visits },
    ...visits.map(({ at, session }, index) => ({ ...bench, id: `q${index}`, at, session })),
  ]
}

describe('credit worked out in SQL', () => {
  test.each(creditModels)(
    'is the same as in the domain, adds up to one, and its money to the value: %s',
    async (model) => {
      let compared = 0
      for (const [lookback, direct, more] of [
        [180, true, {}],
        [30, true, { half_life_days: 0.5, position_u: [1, 0, 2], position_w: [0, 2.5, 1, 0.25] }],
        [400, false, { half_life_days: 30, position_u: [0, 1, 0], position_w: [10, 20, 30, 40] }],
      ] as const) {
        const options: CreditOptions = { model, direct }
        let query = `model=${model}&lookback_days=${lookback}&direct=${direct}`
        if (model === 'time_decay' && 'half_life_days' in more) {
          query += `&half_life_days=${more.half_life_days}`
          options.half_life_days = more.half_life_days
        }
        if ((model === 'position_u' || model === 'position_w') && model in more) {
          options.weights = (more as Record<string, readonly number[]>)[model] as readonly number[]
          query += `&weights=${options.weights.join(',')}`
        }
        const counts = ({ channel }: Step) => direct || !isUnsourced(channel)
        const effects = {
          lead: effectsOf('lead', counts, lookback),
          deal: effectsOf('deal', counts, lookback),
        }
        const found = await lines(query)
        for (const [index, story] of stories.entries()) {
          for (const conversion of conversionsOf(story, index)) {
            const deal = conversion.kind === 'deal'
            const days = (conversion_at_ms - Date.parse(conversion.at)) / DAY_MS
            const whole = story.path
              .map((step, place) => ({ ...step, step: place }))
              .filter((step) => step.days >= days)
            const within = whole.filter((step) => step.days - days <= lookback)
            const expected = creditWeights(
              within.map(({ channel, days: age }) => ({ channel, at_ms: -age * DAY_MS })),
              {
                ...{ ...options, deal, lead: leadOf(story, within, counts), effects: effects[deal ? 'deal' : 'lead'] },
                contacts: contactsOf(story, within, { counts, days, lookback }),
              },
            )
            const rows = found.get(conversion.id) ?? []
            const touched = rows.filter(({ position }) => position !== 0).slice(whole.length - within.length)
            expect([conversion.id, touched.map(({ weight }) => weight)]).toEqual([
              conversion.id,
              expected.map((weight) => expect.closeTo(weight, 9)),
            ])
            expect(rows.reduce((all, { weight }) => all + weight, 0)).toBeCloseTo(1, 12)
            const units = rows.reduce((all, { credit }) => all + Math.round(Number(credit) * 10_000), 0)
            expect(units).toBe(Math.round(Number(conversion.value ?? 0) * 10_000))
            compared++
          }
        }
      }
      expect(compared).toBeGreaterThan(3 * 200)
    },
  )

  test.each(creditModels)('cuts the largest sum over the longest path to the last digit: %s', async (model) => {
    const value = '99999999999999.9999'
    const path = [...new Array(1000).keys()].map((index) => ({
      channel: ['email', 'sms', 'push', 'maps', 'direct', 'audio', 'referral'][(index * index) % 7],
      at: new Date(conversion_at_ms - (1000 - index) * 3_600_000).toISOString(),
    }))
    const about = {
      site: 'other',
      kind: 'deal',
      fact: 'deal',
      lead_kind: '',
      status: 'won',
      currency: 'RUB',
      at: before(0),
    }
    await insertConversions(store, [
      { ...about, id: 'large', value, path },
      { ...about, id: 'refund', value: `-${value}`, path },
      ...[3, 4, 400, 555, 556, 900, 999].map((step) => ({
        ...{ site: 'other', id: `asked${step}`, at: path[step]?.at as string },
      })),
    ])
    const weights = model.startsWith('position')
      ? `&weights=${model === 'position_u' ? '' : '10000,'}9999.9999,1,10000`
      : ''
    const found = await lines(`model=${model}${weights}`, 'other')
    for (const [id, sum] of [
      ['large', 999_999_999_999_999_999n],
      ['refund', -999_999_999_999_999_999n],
    ] as const) {
      const rows = found.get(id) ?? []
      expect(rows).toHaveLength(1000)
      expect(rows.reduce((all, { credit }) => all + (parseMoney(credit) ?? 0n), 0n)).toBe(sum)
      for (const { weight, credit } of rows) {
        expect(Math.abs(Number(credit) / Number(value) - weight * Math.sign(Number(sum)))).toBeLessThan(1e-12)
      }
    }
  })

  test('gives what no touch can take to the row of channel «uncredited»', async () => {
    for (const model of creditModels) {
      const found = await lines(`model=${model}&lookback_days=1`)
      const left = [...found.values()].flat().filter(({ position, weight }) => position === 0 && weight > 0)
      expect(left.length).toBeGreaterThan(100)
      expect(
        left.every(({ channel, weight }) => channel === 'uncredited' && (weight === 1 || model === 'linear_contact')),
      ).toBe(true)
    }
  })

  test.each([
    ['first_contact', ['asked0'], 1],
    ['last_contact', ['asked129'], 1],
    // The first, and the newest ninety-nine.
    ['linear_contact', ['asked0', 'asked31', 'asked129'], 1 / REQUESTS_MAX],
  ])(
    'of somebody who asked too often is that of the first and the newest requests: %s',
    async (model, names, weight) => {
      const visits = askedOften()
      await insertConversions(store, benchOf(visits))
      const rows = (await lines(`model=${model}`, 'other')).get('bench') ?? []
      const found = rows.filter((row) => row.weight > 0)
      expect(found).toHaveLength(model === 'linear_contact' ? REQUESTS_MAX : 1)
      for (const name of names) {
        const place = visits.findIndex(({ session }) => session === name) + 1
        expect(found.find(({ position }) => position === place)?.weight).toBeCloseTo(weight, 12)
      }
    },
  )
})
