import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { models } from './attribution.ts'
import { dimensions } from './dimensions.ts'
import { costRow, insertConversions, sessionRow } from './hand-made-history.ts'
import { metrics } from './metrics.ts'
import { ReportQuery } from './report-query.ts'
import { type ReportAnswer, runReport } from './run-report.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const site = { timezone: 'Europe/Moscow', currency: 'RUB' }

const paid = { channel: 'paid_search', source: 'yandex', medium: 'cpc', campaign: 'brand', device: 'mobile' }
const organic = { channel: 'organic_search', source: 'google', medium: 'organic' }
const s1 = { session: 's1', at: '2026-11-01T10:00:00.000Z', ...paid }
const s2 = { session: 's2', at: '2026-11-05T10:00:00.000Z' }
const s3 = { session: 's3', at: '2026-11-04T10:00:00.000Z', ...organic }

beforeAll(async () => {
  store = await freshStore()
  await store.insert('sessions', [
    sessionRow({ id: 's1', visitor: 'v1', started_at: s1.at, pages: 3, ...paid, project: 'sosny' }),
    sessionRow({ id: 's2', visitor: 'v1', started_at: s2.at, bounce: 1 }),
    sessionRow({ id: 's3', visitor: 'v2', started_at: s3.at, pages: 2, ...organic }),
    // Half past midnight of 1 November in Moscow; and half past midnight of 1 December.
    sessionRow({
      id: 's6',
      visitor: 'v2',
      started_at: '2026-10-31T21:30:00.000Z',
      channel: 'referral',
      source: 'blog.test',
    }),
    sessionRow({ id: 's4', visitor: 'v3', started_at: '2026-11-30T21:30:00.000Z' }),
    sessionRow({ id: 's5', visitor: 'v4', started_at: s1.at, bot: 1 }),
    sessionRow({ id: 's1', visitor: 'v1', site: 'other', started_at: s1.at }),
  ])
  // Rewritten by matching: only the newer version may count.
  await store.insert('sessions', [
    sessionRow({ id: 's3', visitor: 'v2', started_at: s3.at, pages: 2, ...organic, device: 'tablet', version: 2 }),
  ])
  const d1 = { id: 'd1', kind: 'deal', fact: 'deal', lead_kind: '', at: '2026-11-06T10:00:00.000Z' }
  await insertConversions(store, [
    { id: 'l1', at: '2026-11-05T12:00:00.000Z', first: 1, target: 1, project: 'sosny', path: [s1, s2] },
    {
      id: 'c1',
      fact: 'call',
      lead_kind: 'call',
      status: 'answered',
      at: '2026-11-05T13:00:00.000Z',
      target: 1,
      number: '+74951000001',
      pool: 'main',
      path: [s1, s3, s2],
    },
    {
      id: 'c2',
      fact: 'call',
      lead_kind: 'call',
      status: 'missed',
      at: '2026-11-07T13:00:00.000Z',
      first: 1,
      number: '+74951000002',
    },
    {
      ...d1,
      status: 'won',
      value: '1000.00',
      currency: 'RUB',
      closed_at: '2026-11-16T22:00:00.000Z',
      manager: 'Anna',
      stage: 'paid',
      path: [s1, s3, s2],
    },
    { ...d1, id: 'd2', status: 'won', value: '500.00', currency: 'USD', path: [s1] },
    { ...d1, id: 'd3', status: 'open', manager: 'Boris' },
    {
      ...d1,
      id: 'd4',
      status: 'lost',
      reason: 'price',
      closed_at: '2026-12-01T10:00:00.000Z',
      path: [{ at: '2026-01-01T10:00:00.000Z', channel: 'referral', source: 'blog.test' }],
    },
  ])
  await store.insert('costs', [
    costRow({ date: '2026-11-03', cost: '100.00', clicks: 5, impressions: 500 }),
    costRow({
      date: '2026-11-03',
      cost: '150.50',
      clicks: 10,
      impressions: 1000,
      received_at: '2026-11-11T00:00:00.000Z',
    }),
    costRow({ date: '2026-11-04', cost: '49.50', clicks: 10, impressions: 100, campaign: 'remarketing' }),
    costRow({ date: '2026-11-04', cost: '99.00', clicks: 4, impressions: 50, campaign: 'abroad', currency: 'USD' }),
    costRow({ date: '2026-12-01', cost: '999.00' }),
  ])
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
    expect(names).toHaveLength(30)
  })

  test.each([
    ['first', { paid_search: ['1000.00', 2, 2], uncredited: ['0.00', 1, 2] }],
    ['last', { direct: ['1000.00', 2, 1], paid_search: ['0.00', 0, 1], uncredited: ['0.00', 1, 2] }],
    ['last_non_direct', { organic_search: ['1000.00', 1, 1], paid_search: ['0.00', 1, 1], uncredited: ['0.00', 1, 2] }],
    [
      'linear',
      {
        direct: ['333.3333', 0.833333, 0.333333],
        organic_search: ['333.3334', 0.333333, 0.333333],
        paid_search: ['333.3333', 0.833333, 1.333333],
        uncredited: ['0.00', 1, 2],
      },
    ],
  ])('gives credit to channels by the model %s', async (model, expected) => {
    const { rows, totals } = await ask({
      metrics: ['revenue', 'leads', 'deals'],
      dimensions: ['channel'],
      attribution: { model },
      order_by: 'channel',
    })
    expect(Object.fromEntries(rows.map((row) => [row.channel, [row.revenue, row.leads, row.deals]]))).toEqual(expected)
    expect(totals).toEqual({ revenue: '1000.00', leads: 3, deals: 4 })
  })

  test('knows every model it is asked about above', () => {
    expect(Object.keys(models)).toEqual(['first', 'last', 'last_non_direct', 'linear'])
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
    [{ metrics: ['visits'], order_by: 'leads' }, 'bad_request', 'order_by.0'],
    [{ metrics: ['visits'], order_by: 'compare_visits' }, 'bad_request', 'order_by.0'],
    [{ metrics: ['visits'], from: '2026-12-01' }, 'bad_request', 'to'],
  ])('refuses %j by name', async (given, code, field) => {
    await expect(ask(given)).rejects.toMatchObject({ code, field })
  })
})
