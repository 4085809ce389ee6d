import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { costRow, insertConversions, sessionRow } from './hand-made-history.ts'
import { metrics } from './metrics.ts'
import { ReportQuery, RowsQuery } from './report-query.ts'
import { runReport } from './run-report.ts'
import { type RowsAnswer, runRows } from './run-rows.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const site = { timezone: 'UTC', currency: 'RUB' }
const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T10:00:00.000Z`

beforeAll(async () => {
  store = await freshStore()
  await store.insert(
    'sessions',
    [1, 2, 3, 4, 5].map((number) =>
      sessionRow({ id: `s${number}`, started_at: day(Math.ceil(number / 2)), bounce: Number(number === 3) }),
    ),
  )
  const path = [
    { session: 's1', at: day(1), channel: 'paid_search' },
    { session: 's2', at: day(2), channel: 'email' },
    { session: 's3', at: day(3) },
  ]
  await insertConversions(store, [
    { id: 'l1', at: day(4), path },
    { id: 'c1', fact: 'call', lead_kind: 'call', status: 'answered', at: day(4), target: 1 },
    {
      id: 'd1',
      kind: 'deal',
      fact: 'deal',
      lead_kind: '',
      status: 'won',
      value: '100.00',
      currency: 'RUB',
      at: day(5),
      closed_at: day(9),
      path,
    },
  ])
  await store.insert('costs', [
    costRow({ date: '2026-11-03', cost: '10.00' }),
    costRow({ date: '2026-11-03', cost: '12.00', received_at: '2026-11-12T00:00:00.000Z' }),
  ])
})

afterAll(() => store.drop())

function ask(given: object): Promise<RowsAnswer> {
  return runRows(store, RowsQuery.parse({ site: 'shop', from: '2026-11-01', to: '2026-11-30', ...given }), site)
}

describe('the rows behind a number', () => {
  test('are the steps that got credit, with the credit', async () => {
    const { rows } = await ask({
      metric: 'revenue',
      columns: ['conversion', 'position', 'channel', 'weight', 'credit'],
      attribution: { model: 'linear' },
    })
    expect(rows).toEqual([
      { conversion: 'd1', position: 1, channel: 'paid_search', weight: 1 / 3, credit: '33.3333' },
      { conversion: 'd1', position: 2, channel: 'email', weight: 1 / 3, credit: '33.3334' },
      { conversion: 'd1', position: 3, channel: 'direct', weight: 1 / 3, credit: '33.3333' },
    ])
  })

  test('say why nobody is credited with a rest, by the terms that were asked for', async () => {
    const columns = ['conversion', 'position', 'weight', 'uncredited']
    const rest = async (metric: string, attribution: object) => {
      const { rows } = await ask({ metric, columns, attribution })
      return rows.filter(({ position }) => position === 0)
    }
    expect(await rest('leads', { model: 'linear' })).toEqual([
      { conversion: 'c1', position: 0, weight: 1, uncredited: 'no_touches' },
    ])
    // Its touches are two to four days older than the deal.
    expect(await rest('deals', { model: 'linear', lookback_days: 1 })).toEqual([
      { conversion: 'd1', position: 0, weight: 1, uncredited: 'beyond_lookback' },
    ])
    expect(await rest('deals', { model: 'linear', lookback_days: 2, direct: false })).toEqual([
      { conversion: 'd1', position: 0, weight: 1, uncredited: 'direct_only' },
    ])
    const touches = await ask({ metric: 'deals', columns: ['uncredited'], attribution: { model: 'linear' } })
    expect(touches.rows).toEqual([{ uncredited: null }, { uncredited: null }, { uncredited: null }])
  })

  test('keep to the filters of the report', async () => {
    const filters = [
      { dimension: 'channel', op: 'is', values: ['email'] },
      { dimension: 'date', op: 'in', values: ['2026-11-05'] },
    ]
    const { rows } = await ask({ metric: 'revenue', filters, columns: ['credit'], attribution: { model: 'linear' } })
    expect(rows).toEqual([{ credit: '33.3334' }])
  })

  test('come page by page, each once', async () => {
    const seen: unknown[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await ask({ metric: 'visits', columns: ['id'], limit: 2, ...(cursor && { cursor }) })
      seen.push(...page.rows.map(({ id }) => id))
      cursor = page.cursor ?? undefined
      pages++
    } while (cursor)
    expect(seen).toEqual(['s1', 's2', 's3', 's4', 's5'])
    expect(pages).toBe(3)
  })

  test.each(Object.keys(metrics))('of %s are there, and as many as the report counts', async (metric) => {
    const { rows, columns } = await ask({ metric, attribution: { model: 'last' } })
    expect(columns.length).toBeGreaterThan(5)
    const report = await runReport(
      store,
      ReportQuery.parse({
        site: 'shop',
        from: '2026-11-01',
        to: '2026-11-30',
        metrics: [metric],
        attribution: { model: 'last' },
      }),
      site,
    )
    const counted = [
      'visits',
      'leads',
      'forms',
      'calls',
      'target_leads',
      'deals',
      'deals_won',
      'deals_lost',
      'first_leads',
    ]
    if (counted.includes(metric)) expect(rows).toHaveLength(report.totals[metric] as number)
    else expect(rows.length).toBeLessThanOrEqual(5)
  })

  test.each([
    [{ metric: 'moods' }, 'unknown_metric', 'metric'],
    [{ metric: 'visits', columns: ['id', 'ga'] }, 'bad_request', 'columns.1'],
    [{ metric: 'visits', filters: [{ dimension: 'manager', op: 'is', values: ['x'] }] }, 'bad_request', 'filters'],
    [{ metric: 'visits', cursor: 'bm9uc2Vuc2U' }, 'bad_request', 'cursor'],
    [
      { metric: 'visits', cursor: Buffer.from('["1; DROP TABLE x","s"]').toString('base64url') },
      'bad_request',
      'cursor',
    ],
  ])('are refused for %j', async (given, code, field) => {
    await expect(ask(given)).rejects.toMatchObject({ code, field })
  })
})
