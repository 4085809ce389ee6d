import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { dimensions } from './dimensions.ts'
import { fillMonth } from './hand-made-month.ts'
import { metrics } from './metrics.ts'
import { ReportQuery } from './report-query.ts'
import { type ReportAnswer, runReport } from './run-report.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const site = { timezone: 'Europe/Moscow', currency: 'RUB' }

beforeAll(async () => {
  store = await freshStore()
  await fillMonth(store)
})

afterAll(() => store.drop())

async function ask(given: object): Promise<ReportAnswer> {
  const query = ReportQuery.parse({ site: 'shop', from: '2026-11-01', to: '2026-11-30', ...given })
  return runReport(store, query, site)
}

describe('a report', () => {
  test('has every metric of the vocabulary', async () => {
    const names = Object.keys(metrics)
    const { totals, rows } = await ask({ metrics: names })
    expect(totals).toEqual({
      visits: 4,
      visitors: 2,
      pages: 7,
      bounce_rate: 0.25,
      leads: 3,
      first_leads: 2,
      target_leads: 2,
      suspicious_leads: 0,
      suspicious_share: 0,
      forms: 1,
      calls: 2,
      target_calls: 1,
      missed_calls: 1,
      deals: 4,
      deals_open: 1,
      deals_won: 2,
      deals_lost: 1,
      revenue: '1000.00',
      cost: '200.00',
      clicks: 24,
      impressions: 1150,
      cpc: '10.00',
      cpl: '66.6667',
      cac: '100.00',
      roas: 5,
      romi: 400,
      drr: 20,
      conversion_visit_lead: 0.75,
      conversion_lead_deal: 1.333333,
      average_deal: '1000.00',
      cycle_days: 10.5,
      touches_per_deal: 1,
    })
    expect(rows).toEqual([totals])
    expect(names).toHaveLength(32)
  })

  test('tells what no touch could be credited with', async () => {
    const { meta } = await ask({ metrics: ['revenue', 'leads', 'deals'] })
    expect(meta.uncredited).toEqual({ leads: 0.333333, deals: 0.5, revenue: 0 })
  })

  test('tells the same uncredited share when a channel is picked out', async () => {
    const filters = [{ dimension: 'channel', op: 'is', values: ['paid_search'] }]
    const { meta, totals } = await ask({ metrics: ['leads', 'deals'], filters })
    expect(meta.uncredited).toEqual({ leads: 0.333333, deals: 0.5, revenue: 0 })
    expect(totals).toEqual({ leads: 1, deals: 1 })
  })

  test('credits older touches when the look-back is longer', async () => {
    const { rows } = await ask({
      metrics: ['deals_lost'],
      dimensions: ['channel'],
      attribution: { lookback_days: 365 },
    })
    expect(rows.find((row) => row.channel === 'referral')).toEqual({ channel: 'referral', deals_lost: 1 })
  })

  test('leaves direct touches out when asked to', async () => {
    const attribution = { model: 'last', direct: false }
    const { rows } = await ask({ metrics: ['revenue'], dimensions: ['channel'], attribution })
    expect(rows[0]).toEqual({ channel: 'organic_search', revenue: '1000.00' })
  })

  test('counts deals by the day they were closed when asked to', async () => {
    const { rows, totals } = await ask({
      metrics: ['deals_won', 'revenue', 'deals', 'leads'],
      dimensions: ['date'],
      date: 'closed',
    })
    expect(rows.find((row) => row.date === '2026-11-17')).toMatchObject({ deals_won: 1, revenue: '1000.00' })
    expect(totals).toMatchObject({ deals: 1, leads: 3 })
  })

  test('names currencies that it leaves out', async () => {
    const { meta } = await ask({ metrics: ['revenue', 'cost'] })
    expect(meta.currencies_left_out).toEqual(['USD'])
    expect((await ask({ metrics: ['visits'] })).meta.currencies_left_out).toEqual([])
  })

  test('does not split cost by device, says so, and still gives its total', async () => {
    const { rows, totals, meta } = await ask({ metrics: ['visits', 'cost', 'cpl'], dimensions: ['device'] })
    expect(rows.map((row) => [row.device, row.visits, row.cost, row.cpl])).toEqual([
      ['desktop', 2, null, null],
      ['mobile', 1, null, null],
      ['tablet', 1, null, null],
      ['', 0, null, null],
    ])
    expect(totals).toEqual({ visits: 4, cost: '200.00', cpl: '66.6667' })
    expect(meta.notes).toEqual(['cost cannot be split by device', 'cpl cannot be split by device'])
  })

  test('gives no number where a filter cannot be followed', async () => {
    const filters = [{ dimension: 'manager', op: 'in', values: ['Anna'] }]
    const { totals, meta } = await ask({ metrics: ['visits', 'deals', 'cost'], filters })
    expect(totals).toEqual({ visits: null, deals: 1, cost: null })
    expect(meta.notes).toEqual(['visits cannot be filtered by manager', 'cost cannot be filtered by manager'])
  })

  test.each([
    ['is', ['yandex'], 1],
    ['is', ['yandex', 'google'], 2],
    ['in', ['yandex', 'google'], 2],
    ['is_not', ['yandex'], 3],
    ['contains', ['AND'], 1],
    ['contains', ['AND', 'oo'], 2],
  ])('filters with %s %j', async (op, values, visits) => {
    const { totals } = await ask({ metrics: ['visits'], filters: [{ dimension: 'source', op, values }] })
    expect(totals).toEqual({ visits })
  })

  test('cuts days in the time zone of the site', async () => {
    const { rows } = await ask({ metrics: ['visits'], dimensions: ['date', 'hour', 'weekday', 'week', 'month'] })
    expect(rows[0]).toEqual({
      date: '2026-11-01',
      hour: 0,
      weekday: 7,
      week: '2026-10-26',
      month: '2026-11-01',
      visits: 1,
    })
    expect(rows).toHaveLength(4)
  })

  test.each(Object.keys(dimensions))('splits what can be split by %s, and the parts add up', async (dimension) => {
    const { rows, totals } = await ask({
      metrics: ['leads', 'deals', 'deals_won'],
      dimensions: [dimension],
      attribution: { model: 'linear' },
    })
    const sum = (name: string) => Math.round(rows.reduce((all, row) => all + Number(row[name]), 0) * 1000) / 1000
    expect(rows.length).toBeGreaterThan(0)
    expect([sum('leads'), sum('deals'), sum('deals_won')]).toEqual([totals.leads, totals.deals, totals.deals_won])
  })

  test('compares two models side by side', async () => {
    const { rows, totals, columns } = await ask({
      metrics: ['revenue', 'visits'],
      dimensions: ['channel'],
      attribution: { model: 'first' },
      compare: { attribution: { model: 'last' } },
      order_by: ['-compare_revenue'],
    })
    expect(rows.slice(0, 2)).toEqual([
      { channel: 'direct', revenue: '0.00', compare_revenue: '1000.00', visits: 1, compare_visits: 1 },
      { channel: 'organic_search', revenue: '0.00', compare_revenue: '0.00', visits: 1, compare_visits: 1 },
    ])
    expect(totals).toMatchObject({ revenue: '1000.00', compare_revenue: '1000.00', compare_visits: 4 })
    expect(columns.map(({ name }) => name)).toEqual([
      'channel',
      'revenue',
      'compare_revenue',
      'visits',
      'compare_visits',
    ])
  })

  test('lays the days of another period over its own', async () => {
    const { rows, totals } = await ask({
      from: '2026-12-01',
      to: '2026-12-31',
      metrics: ['visits'],
      dimensions: ['date'],
      compare: { from: '2026-10-31', to: '2026-11-30' },
    })
    expect(rows).toEqual([
      { date: '2026-12-01', visits: 1, compare_visits: 0 },
      { date: '2026-12-02', visits: 0, compare_visits: 2 },
      { date: '2026-12-05', visits: 0, compare_visits: 1 },
      { date: '2026-12-06', visits: 0, compare_visits: 1 },
    ])
    expect(totals).toEqual({ visits: 1, compare_visits: 4 })
  })

  test('is cut into pages that never overlap', async () => {
    const all = await ask({ metrics: ['visits'], dimensions: ['channel', 'source'] })
    const pages = await Promise.all(
      [0, 2, 4].map((offset) => ask({ metrics: ['visits'], dimensions: ['channel', 'source'], limit: 2, offset })),
    )
    expect(pages.flatMap(({ rows }) => rows)).toEqual(all.rows)
    expect(pages.map(({ meta }) => meta.rows_total)).toEqual([4, 4, 4])
    expect(pages[2]?.totals).toEqual(all.totals)
  })

  test('of an empty period is zeros, and null where there is nothing to divide by', async () => {
    const { rows, totals } = await ask({
      from: '2020-01-01',
      to: '2020-01-31',
      metrics: ['visits', 'revenue', 'cpl', 'roas'],
      dimensions: ['channel'],
    })
    expect(rows).toEqual([])
    expect(totals).toEqual({ visits: 0, revenue: '0.00', cpl: null, roas: null })
  })

  test.each([
    [{ metrics: ['visits', 'nonsense'] }, 'unknown_metric', 'metrics.1'],
    [{ metrics: ['visits'], dimensions: ['mood'] }, 'unknown_dimension', 'dimensions.0'],
    [
      { metrics: ['visits'], filters: [{ dimension: 'mood', op: 'is', values: ['x'] }] },
      'unknown_dimension',
      'filters.0.dimension',
    ],
    [{ metrics: ['visits'], attribution: { model: 'toString' } }, 'unknown_model', 'attribution.model'],
    [
      { metrics: ['visits'], compare: { attribution: { model: 'psychic' } } },
      'unknown_model',
      'compare.attribution.model',
    ],
    [
      { metrics: ['visits'], attribution: { model: 'first', weights: [1, 1, 1] } },
      'bad_request',
      'attribution.weights',
    ],
    [
      { metrics: ['visits'], compare: { attribution: { model: 'position_w', weights: [1, 1, 1] } } },
      'bad_request',
      'compare.attribution.weights',
    ],
    [
      { metrics: ['leads'], attribution: { model: 'shapley', half_life_days: 7 } },
      'bad_request',
      'attribution.half_life_days',
    ],
    [{ metrics: ['visits'], order_by: 'leads' }, 'bad_request', 'order_by.0'],
    [{ metrics: ['visits'], order_by: 'compare_visits' }, 'bad_request', 'order_by.0'],
    [{ metrics: ['visits'], from: '2026-12-01' }, 'bad_request', 'to'],
  ])('refuses %j by name', async (given, code, field) => {
    await expect(ask(given)).rejects.toMatchObject({ code, field })
  })
})
