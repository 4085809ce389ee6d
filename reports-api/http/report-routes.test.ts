import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { settleCredit } from '#reports-api/registry/attribution-terms.ts'
import { dimensions } from '#reports-api/registry/dimensions.ts'
import { MatrixQuery } from '#reports-api/registry/matrix-query.ts'
import { metrics } from '#reports-api/registry/metrics.ts'
import { planReport } from '#reports-api/registry/plan-report.ts'
import { journeysOf, readRemovalEffects } from '#reports-api/registry/removal-effects-query.ts'
import { ReportQuery } from '#reports-api/registry/report-query.ts'
import { runMatrix } from '#reports-api/registry/run-matrix.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'
import { fillHistory } from './test-history.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp

beforeAll(async () => {
  store = await freshStore()
  await fillHistory(store)
  http = await makeTestApp(() => store)
})

afterAll(async () => {
  await http.app.close()
  await store.drop()
})

const query = { site: 'shop', from: '2026-11-01', to: '2026-11-30', metrics: ['visits', 'revenue'] }
const token = 'reports'

describe('POST /v1/reports/query', () => {
  test('answers with columns, rows, totals and meta', async () => {
    const { status, body } = await http.send(
      'POST',
      '/v1/reports/query',
      { ...query, dimensions: ['channel'] },
      { token },
    )
    expect(status).toBe(200)
    expect(body.rows).toEqual([
      { channel: 'direct', visits: 2, revenue: '0.00' },
      { channel: 'paid_search', visits: 1, revenue: '45000.00' },
    ])
    expect(body.totals).toEqual({ visits: 3, revenue: '45000.00' })
    expect(body.columns).toMatchObject([
      { name: 'channel', label: { ru: 'Канал' } },
      { name: 'visits', unit: 'count' },
      { name: 'revenue', type: 'money' },
    ])
    expect(body.meta).toMatchObject({
      timezone: 'Europe/Moscow',
      currency: 'RUB',
      attribution: { model: 'last_non_direct', lookback_days: 180, direct: true },
      uncredited: { deals: 0.5 },
      rows_total: 2,
    })
  })

  test.each([
    [{ metrics: ['visits', 'hype'] }, 'unknown_metric', 'hype'],
    [{ dimensions: ['aura'] }, 'unknown_dimension', 'aura'],
    [{ attribution: { model: 'guess' } }, 'unknown_model', 'guess'],
    [{ attribution: { model: 'time_decay', half_life_days: 0 } }, 'bad_request', 'half_life_days'],
    [{ attribution: { model: 'time_decay', half_life_days: 'week' } }, 'bad_request', 'half_life_days'],
    [{ attribution: { model: 'linear', half_life_days: 7 } }, 'bad_request', 'linear'],
    [{ attribution: { model: 'position_u', weights: [40, -20, 40] } }, 'bad_request', 'weights'],
    [{ attribution: { model: 'position_u', weights: [40, 60] } }, 'bad_request', 'weights'],
    [{ attribution: { model: 'position_u', weights: [0, 0, 0] } }, 'bad_request', 'weights'],
    [{ attribution: { model: 'position_w', weights: [40, 20, 40] } }, 'bad_request', 'first, lead, deal, rest'],
    [{ attribution: { model: 'markov', order: 2 } }, 'bad_request', 'order'],
    [{ from: '2026-02-30' }, 'bad_request', 'from'],
    [{ limit: 0 }, 'bad_request', 'limit'],
    [{ limit: 10_001 }, 'bad_request', 'limit'],
    [{ filters: [{ dimension: 'channel', op: 'like', values: ['x'] }] }, 'bad_request', 'op'],
    [{ filter: [] }, 'bad_request', 'filter'],
    [{ compare: {} }, 'bad_request', 'compare'],
    [{ compare: { from: '2026-10-01' } }, 'bad_request', 'compare.to'],
  ])('refuses %j and says so', async (given, code, named) => {
    const { status, body } = await http.send('POST', '/v1/reports/query', { ...query, ...given }, { token })
    expect([status, body.error]).toMatchObject([400, { code, message: expect.stringContaining(named) }])
  })

  test('reads each table once, and no row twice', async () => {
    const rows = await rowsRead({ metrics: Object.keys(metrics), dimensions: ['channel', 'date'] })
    const stored = await countRows(['sessions', 'touchpoints', 'costs'])
    // One more for each of the constants that the parts are added up with.
    expect(rows).toBeLessThanOrEqual(stored + 2)
    expect(rows).toBeGreaterThan(5)
  })

  test('compares models by reading touchpoints alone once more', async () => {
    const rows = await rowsRead({ metrics: Object.keys(metrics), compare: { attribution: { model: 'first' } } })
    expect(rows).toBeLessThanOrEqual((await countRows(['sessions', 'touchpoints', 'touchpoints', 'costs'])) + 2)
  })

  test('reads each table once more, and no row twice, to find what the loss of a channel would cost', async () => {
    const read: number[] = []
    const counting = {
      query: async (sql: string, params = {}) => {
        read.push(await rowsReadBy(sql, params))
        return []
      },
    }
    const credit = settleCredit(ReportQuery.parse({ ...query, attribution: { model: 'markov' } }).attribution, '')
    await readRemovalEffects(counting, credit, journeysOf({ ...query, date: 'created' }, 'UTC'))
    const stored = await countRows(['sessions', 'touchpoints', 'call_matches', 'conversions'])
    expect(read).toHaveLength(1)
    expect(read[0]).toBeLessThanOrEqual(stored)
    expect(read[0]).toBeGreaterThan(5)
  })

  test.each([
    ['associated', {}, ['touchpoints']],
    ['associated', { attribution: { model: 'linear_contact' } }, ['touchpoints', 'conversions']],
    ['cannibalisation', {}, ['touchpoints', 'sessions', 'conversions']],
  ])('lays a matrix of kind %s with %j by reading each table once', async (kind, given, tables) => {
    const read: number[] = []
    const counting = {
      query: async <Row>(sql: string, params = {}) => {
        read.push(await rowsReadBy(sql, params))
        return store.query<Row>(sql, params)
      },
    }
    const matrix = MatrixQuery.parse({ site: 'shop', from: query.from, to: query.to, kind, ...given })
    await runMatrix(counting, matrix, { timezone: 'UTC', currency: 'RUB' })
    expect(read).toHaveLength(1)
    expect(read[0]).toBeLessThanOrEqual((await countRows(tables)) + 2)
    expect(read[0]).toBeGreaterThan(5)
  })

  test('reads no table that it does not need', async () => {
    expect(await rowsRead({ metrics: ['visits'] })).toBeLessThanOrEqual((await countRows(['sessions'])) + 2)
  })
})

async function rowsRead(given: object): Promise<number> {
  const plan = planReport(ReportQuery.parse({ ...query, ...given }), { timezone: 'UTC', currency: 'RUB' })
  return rowsReadBy(plan.sql, plan.params)
}

async function rowsReadBy(sql: string, params: object): Promise<number> {
  const engine = inject('engine')
  const url = new URL(engine.url)
  url.searchParams.set('database', store.database)
  for (const [name, value] of Object.entries(params)) url.searchParams.set(`param_${name}`, String(value))
  const headers = { 'x-clickhouse-user': engine.user, 'x-clickhouse-key': engine.password }
  const answer = await fetch(url, { method: 'POST', headers, body: `${sql} FORMAT JSON` })
  expect([answer.status, answer.ok ? '' : await answer.text()]).toEqual([200, ''])
  const { statistics } = (await answer.json()) as { statistics: { rows_read: number } }
  return statistics.rows_read
}

async function countRows(tables: string[]): Promise<number> {
  const counts = await Promise.all(
    tables.map((table) => store.query<{ rows: string }>(`SELECT count() AS rows FROM ${table}`)),
  )
  return counts.flat().reduce((all, { rows }) => all + Number(rows), 0)
}

const hostile = [
  "'; DROP TABLE sessions; --",
  "' OR 1 = 1 --",
  '{site:String}',
  "\\' UNION ALL SELECT password FROM system.users --",
  '`id`, (SELECT 1)',
  '\u0000\n\t"]}),',
  '$(reboot)',
  'a'.repeat(1999),
]

describe('hostile text', () => {
  test.each(hostile)('in a filter finds nothing and breaks nothing: %.60j', async (text) => {
    for (const op of ['is', 'in', 'contains']) {
      const filters = Object.keys(dimensions)
        .slice(0, 6)
        .map((dimension) => ({ dimension, op, values: [text, `${text}2`] }))
      const { status, body } = await http.send('POST', '/v1/reports/query', { ...query, filters }, { token })
      expect([status, body.totals]).toEqual([200, { visits: 0, revenue: '0.00' }])
      const behind = await http.send(
        'POST',
        '/v1/reports/rows',
        { ...query, metrics: undefined, metric: 'visits', filters },
        { token },
      )
      expect([behind.status, behind.body.rows]).toEqual([200, []])
    }
  })

  test.each(hostile.slice(0, 7))('as a name is refused: %j', async (text) => {
    for (const given of [
      { metrics: [text] },
      { dimensions: [text] },
      { order_by: text },
      { attribution: { model: text } },
    ]) {
      const { status } = await http.send('POST', '/v1/reports/query', { ...query, ...given }, { token })
      expect(status).toBe(400)
    }
    const { status } = await http.send(
      'POST',
      '/v1/reports/rows',
      { site: 'shop', from: query.from, to: query.to, metric: 'visits', columns: [text] },
      { token },
    )
    expect(status).toBe(400)
  })

  test.each(hostile.slice(0, 7))('as an id is nobody and nothing: %j', async (text) => {
    const id = encodeURIComponent(text)
    for (const path of [
      'persons/ID',
      'sessions/ID',
      'calls/ID',
      'leads/ID',
      'deals/ID',
      'facts/events/ID',
      'facts/deals/ID',
    ]) {
      expect((await http.get(`/v1/${path.replace('ID', id)}?site=shop`)).status).toBe(404)
    }
    for (const name of ['visitor', 'user', 'session', 'deal']) {
      expect((await http.get(`/v1/persons?site=shop&${name}=${id}`)).status).toBe(404)
    }
    expect((await http.get(`/v1/persons/why?site=shop&a=${id}&b=v1`)).status).toBe(404)
    expect((await http.get(`/v1/sessions?site=${id}`)).status).toBe(404)
    expect((await http.get(`/v1/sessions?site=shop&from=${id}`)).status).toBe(400)
    expect((await http.get(`/v1/sessions?site=shop&after=${id}`)).status).toBe(400)
    expect((await http.get(`/v1/persons/panna?site=shop&cursor=${id}`)).status).toBe(400)
  })

  test('has left everything in place', async () => {
    expect(await countRows(['sessions'])).toBe(4)
  })
})

describe('who may read', () => {
  const paths = [
    'reports/registry',
    'persons?site=shop&visitor=v1',
    'persons/panna?site=shop',
    'persons/why?site=shop&a=v1&b=d1',
    'sessions/s1?site=shop',
    'calls/c1?site=shop',
    'leads/f1?site=shop',
    'deals/d1?site=shop',
    'facts/events/e1?site=shop',
    'sessions?site=shop',
    'calls?site=shop',
    'leads?site=shop',
    'deals?site=shop',
    'leases?site=shop',
    'conversions?site=shop',
    'identities?site=shop',
    'touchpoints?site=shop',
    'status?site=shop',
  ]

  test.each(paths)('GET /v1/%s is for the scope reports and the sites of the token', async (path) => {
    expect((await http.get(`/v1/${path}`, 'reports')).status).toBe(200)
    expect((await http.get(`/v1/${path}`, 'reports@shop')).status).toBe(200)
    expect((await http.get(`/v1/${path}`, '')).status).toBe(401)
    expect((await http.get(`/v1/${path}`, 'ingest')).status).toBe(403)
    if (path.includes('site=')) expect((await http.get(`/v1/${path}`, 'reports@other')).status).toBe(403)
  })

  test.each(['query', 'rows'])('POST /v1/reports/%s is too', async (path) => {
    const body = path === 'rows' ? { site: 'shop', from: query.from, to: query.to, metric: 'visits' } : query
    expect((await http.send('POST', `/v1/reports/${path}`, body, { token: 'reports@shop' })).status).toBe(200)
    expect((await http.send('POST', `/v1/reports/${path}`, body, { token: 'reports@other' })).status).toBe(403)
    expect((await http.send('POST', `/v1/reports/${path}`, body, { token: 'ingest' })).status).toBe(403)
  })
})

describe('GET /v1/reports/registry', () => {
  test('names what the vocabulary names, in both languages', async () => {
    const { body } = await http.get('/v1/reports/registry', token)
    const all = [...(body.metrics as Described[]), ...(body.dimensions as Described[]), ...(body.models as Described[])]
    expect(all).toHaveLength(32 + 28 + 13)
    for (const { label, description } of all)
      for (const text of [label, description]) expect(text.en && text.ru).toBeTruthy()
    expect((body.metrics as Described[]).find(({ id }) => id === 'cost')).toMatchObject({
      unit: 'money',
      dimensions: ['channel', 'source', 'medium', 'campaign', 'content', 'term', 'date', 'week', 'month', 'weekday'],
    })
  })

  test('tells what can be set of a model', async () => {
    const { body } = await http.get('/v1/reports/registry', token)
    const settable = (body.models as (Described & { parameters: object[] })[]).filter(
      ({ parameters }) => parameters.length,
    )
    expect(Object.fromEntries(settable.map(({ id, parameters }) => [id, parameters]))).toEqual({
      time_decay: [{ id: 'half_life_days', default: 7 }],
      position_u: [{ id: 'weights', default: [40, 20, 40], roles: ['first', 'middle', 'last'] }],
      position_w: [{ id: 'weights', default: [30, 30, 30, 10], roles: ['first', 'lead', 'deal', 'rest'] }],
    })
  })
})

interface Described {
  id: string
  label: { en: string; ru: string }
  description: { en: string; ru: string }
}
