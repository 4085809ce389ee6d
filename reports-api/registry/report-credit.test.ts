import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { creditModels } from '#domain/credit.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { fillMonth } from './hand-made-month.ts'
import { type ModelName, models } from './models.ts'
import { ReportQuery, RowsQuery } from './report-query.ts'
import { type ReportAnswer, runReport } from './run-report.ts'
import { runRows } from './run-rows.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const site = { timezone: 'Europe/Moscow', currency: 'RUB' }
const scope = { site: 'shop', from: '2026-11-01', to: '2026-11-30' }

beforeAll(async () => {
  store = await freshStore()
  await fillMonth(store)
})

afterAll(() => store.drop())

async function ask(given: object): Promise<ReportAnswer> {
  return runReport(store, ReportQuery.parse({ ...scope, ...given }), site)
}

describe('credit in a report', () => {
  const left = { uncredited: ['0.00', 1, 2] }
  const evenly = {
    direct: ['333.3333', 0.833333, 0.333333],
    organic_search: ['333.3334', 0.333333, 0.333333],
    paid_search: ['333.3333', 0.833333, 1.333333],
  }
  // Worked out by hand. The deal: paid on the 1st, organic on the 4th, direct on the 5th, two hours before the lead.
  const byModel = {
    first: { paid_search: ['1000.00', 2, 2] },
    last: { direct: ['1000.00', 2, 1], paid_search: ['0.00', 0, 1] },
    last_non_direct: { organic_search: ['1000.00', 1, 1], paid_search: ['0.00', 1, 1] },
    first_last: { direct: ['500.00', 1, 0.5], paid_search: ['500.00', 1, 1.5] },
    linear: evenly,
    // 2^(-4/7), 2^(-1/7) and 1 of their sum; the lead: 2^(-4/7) and 1.
    time_decay: {
      direct: ['387.7962', 0.985543, 0.387796],
      organic_search: ['351.2363', 0.351236, 0.351236],
      paid_search: ['260.9675', 0.663221, 1.260968],
    },
    position_u: {
      direct: ['400.00', 0.9, 0.4],
      organic_search: ['200.00', 0.2, 0.2],
      paid_search: ['400.00', 0.9, 1.4],
    },
    // The direct touch made both the lead and the deal: 30 + 30.
    position_w: {
      direct: ['600.00', 0.928571, 0.6],
      organic_search: ['100.00', 0.142857, 0.1],
      paid_search: ['300.00', 0.928571, 1.3],
    },
    // Everybody converts. To a deal: paid 1, organic and direct 1/2. To a lead: paid and direct 1, organic 1/2.
    markov: {
      direct: ['250.00', 0.9, 0.25],
      organic_search: ['250.00', 0.2, 0.25],
      paid_search: ['500.00', 0.9, 1.5],
    },
    shapley: evenly,
    // Asked by form and, an hour later, by phone, both after the direct visit; before the deal in dollars only paid was seen.
    first_contact: { direct: ['1000.00', 2, 1], paid_search: ['0.00', 0, 1] },
    last_contact: { direct: ['1000.00', 2, 1], paid_search: ['0.00', 0, 1] },
    linear_contact: { direct: ['1000.00', 2, 1], paid_search: ['0.00', 0, 1] },
  } satisfies Record<ModelName, unknown>

  test.each(Object.entries(byModel))('gives credit to channels by the model %s', async (model, expected) => {
    const { rows, totals } = await ask({
      metrics: ['revenue', 'leads', 'deals'],
      dimensions: ['channel'],
      attribution: { model },
      order_by: 'channel',
    })
    expect(Object.fromEntries(rows.map((row) => [row.channel, [row.revenue, row.leads, row.deals]]))).toEqual({
      ...expected,
      ...left,
    })
    expect(totals).toEqual({ revenue: '1000.00', leads: 3, deals: 4 })
  })

  test('has the models of the domain, in their order', () => {
    expect(Object.keys(models)).toEqual([...creditModels])
  })

  test.each([
    [{ model: 'time_decay', half_life_days: 1 }, ['40.00', '320.00', '640.00']],
    [{ model: 'position_u', weights: [1, 0, 3] }, ['250.00', undefined, '750.00']],
    [{ model: 'position_u', weights: [0.4, 0.2, 0.4] }, ['400.00', '200.00', '400.00']],
    [{ model: 'position_w', weights: [10, 20, 30, 40] }, ['100.00', '400.00', '500.00']],
    [{ model: 'shapley', direct: false }, ['500.00', '500.00', undefined]],
  ])('takes the parameters of %j', async (attribution, expected) => {
    const { rows, meta } = await ask({ metrics: ['revenue'], dimensions: ['channel'], attribution })
    const of = (channel: string) => rows.find((row) => row.channel === channel)?.revenue
    expect(['paid_search', 'organic_search', 'direct'].map(of)).toEqual(expected)
    expect(meta.attribution).toEqual({ lookback_days: 180, direct: true, ...attribution })
  })

  test('says which parameters hold when none are given', async () => {
    const meta = async (model: string) => (await ask({ metrics: ['leads'], attribution: { model } })).meta.attribution
    const plain = { lookback_days: 180, direct: true }
    expect(await meta('time_decay')).toEqual({ model: 'time_decay', ...plain, half_life_days: 7 })
    expect(await meta('position_u')).toEqual({ model: 'position_u', ...plain, weights: [40, 20, 40] })
    expect(await meta('position_w')).toEqual({ model: 'position_w', ...plain, weights: [30, 30, 30, 10] })
    expect(await meta('markov')).toEqual({ model: 'markov', ...plain })
  })

  test.each([
    [
      { model: 'markov' },
      { model: 'time_decay', half_life_days: 1 },
      { organic_search: ['250.00', '320.00'], direct: ['250.00', '640.00'], paid_search: ['500.00', '40.00'] },
    ],
    [
      { model: 'position_u', weights: [1, 1, 1] },
      { model: 'position_u' },
      { organic_search: ['333.3334', '200.00'], direct: ['333.3333', '400.00'], paid_search: ['333.3333', '400.00'] },
    ],
    [
      { model: 'markov' },
      { model: 'markov', direct: false },
      { organic_search: ['250.00', '333.3333'], direct: ['250.00', '0.00'], paid_search: ['500.00', '666.6667'] },
    ],
  ])('compares %j with %j, each with its own parameters', async (attribution, other, expected) => {
    const { rows, meta } = await ask({
      metrics: ['revenue'],
      dimensions: ['channel'],
      attribution,
      compare: { attribution: other },
    })
    const found = rows.filter(({ channel }) => channel !== 'uncredited')
    const pairs = found.map((row) => [row.channel, [row.revenue, row.compare_revenue]])
    expect(Object.fromEntries(pairs)).toEqual(expected)
    expect(meta.compare?.attribution).toMatchObject(other)
    expect(meta.removal_effects === undefined).toBe(attribution.model !== 'markov')
    expect(meta.compare?.removal_effects === undefined).toBe(other.model !== 'markov')
  })

  test.each(creditModels)('opens to its rows, which add up to it: %s', async (model) => {
    const attribution = { model }
    const { rows } = await ask({ metrics: ['leads', 'deals', 'revenue'], dimensions: ['channel'], attribution })
    let opened = 0
    for (const row of rows) {
      const filters = [{ dimension: 'channel', op: 'is', values: [row.channel] }]
      for (const metric of ['leads', 'deals', 'revenue'] as const) {
        const query = RowsQuery.parse({ ...scope, metric, filters, attribution, columns: ['weight', 'credit'] })
        const behind = (await runRows(store, query, site)).rows as { weight: number; credit: string }[]
        const sum = behind.reduce(
          (all, { weight, credit }) => all + (metric === 'revenue' ? Number(credit) : weight),
          0,
        )
        expect([row.channel, metric, sum]).toEqual([row.channel, metric, expect.closeTo(Number(row[metric]), 5)])
        opened += behind.length
      }
    }
    expect(opened).toBeGreaterThanOrEqual(8)
  })
})
