import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertConversions } from '#reports-api/registry/hand-made-history.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'
import { at, callMatch, factRow, fillHistory } from './test-history.ts'

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

describe('one thing of history', () => {
  test('a session tells where it came from, what was done, and who it was', async () => {
    const { body } = await http.get('/v1/sessions/s1?site=shop')
    expect(body).toMatchObject({
      id: 's1',
      visitor: 'v1',
      person: 'panna',
      started_at: at(1, 0),
      source: 'yandex',
      medium: 'cpc',
      campaign: 'brand',
      channel: 'paid_search',
      click_ids: { yclid: '77' },
      landing_url: 'https://shop.test/?email=ivan@mail.test',
      pages: 2,
      engaged_ms: 0,
      bounce: false,
      numbers: ['+74951000001'],
      city: 'Moscow',
    })
  })

  test('a call tells its match, why, and who else it could have been', async () => {
    const { body } = await http.get('/v1/calls/c1?site=shop')
    expect(body).toMatchObject({
      id: 'c1',
      from: '+79261234567',
      to: '+74951000001',
      talk: 40,
      recording_url: 'https://pbx.test/c1.mp3',
      match: { session: 's1', visitor: 'v1', person: 'panna', confidence: 0.99, reason: 'number_on_screen' },
    })
    expect((body.match as { candidates: unknown[] }).candidates).toHaveLength(1)
  })

  const brand = { source: 'yandex', medium: 'cpc', campaign: 'brand', channel: 'paid_search' }

  test.each(['calls/c1', 'leads/f1'])('%s came from where its session came from', async (path) => {
    expect((await http.get(`/v1/${path}?site=shop`)).body).toMatchObject(brand)
  })

  test('a call to a static number came from what the number stands for, a lead from what its message says', async () => {
    const board = { source: 'board', medium: 'outdoor', campaign: '', channel: 'offline' }
    await store.insert('call_matches', [{ ...callMatch, id: 'c-board', ...board }])
    expect((await http.get('/v1/calls/c-board?site=shop')).body).toMatchObject({ ...board, match: { session: 's1' } })
    await insertConversions(store, [{ id: 'l-board', at: at(1, 8), lead_kind: 'chat', session: 's1' }])
    await store.insert('leads', [factRow('leads', { id: 'l-board', at: at(1, 8), kind: 'chat', body: '{}', ...board })])
    expect((await http.get('/v1/leads/l-board?site=shop')).body).toMatchObject({ ...board, match: { session: 's1' } })
  })

  test('a call tells the clock it was dated by, and how sure that is', async () => {
    const { body } = await http.get('/v1/calls/c1?site=shop')
    expect(body.clock).toMatchObject({ shift_ms: 10_800_000, skew_ms: 2_000, agreeing: 37, told: 40 })
    const { explanation } = body.clock as { explanation: { en: string } }
    expect(explanation.en).toContain('3 h ahead')
    expect(explanation.en).toContain('37 of the 40 calls')
  })

  test('a lead tells its newest message, person and session', async () => {
    const { body } = await http.get('/v1/leads/chat1?site=shop')
    expect(body).toMatchObject({ id: 'chat1', kind: 'chat', name: 'Anna', person: 'panna', match: { session: null } })
  })

  test('a form is a lead, with what was typed', async () => {
    const { body } = await http.get('/v1/leads/f1?site=shop')
    expect(body).toMatchObject({
      id: 'f1',
      kind: 'form',
      name: 'Anna',
      phone: '+79261234567',
      form: { id: 'order', name: 'Order', fields: { comment: 'Call me' } },
      match: { session: 's1', person: 'panna' },
      first: true,
    })
  })

  test('a deal stands as its messages say together', async () => {
    const { body } = await http.get('/v1/deals/d1?site=shop')
    expect(body).toMatchObject({
      id: 'd1',
      status: 'won',
      amount: '45000.00',
      currency: 'RUB',
      created_at: at(3, 0),
      closed_at: at(9, 0),
      url: 'https://crm.test/d1',
      contact: { id: 'crm1', name: 'Anna K.', phones: ['+79261234567'], emails: [] },
      person: 'panna',
      match: { session: 's1' },
    })
  })

  test.each(['sessions', 'calls', 'leads', 'deals'])('%s that nobody knows are 404', async (table) => {
    const { status, body } = await http.get(`/v1/${table}/nothing?site=shop`)
    expect([status, body.error]).toMatchObject([404, { code: 'fact_not_found' }])
  })

  test('belongs to its site', async () => {
    expect((await http.get('/v1/sessions/s1?site=other')).status).toBe(404)
    expect((await http.get('/v1/sessions/s1?site=nowhere')).body.error).toMatchObject({ code: 'site_not_found' })
    expect((await http.get('/v1/sessions/s1')).status).toBe(400)
  })
})

describe('what was received', () => {
  test('is every message in the order of receipt, as it came', async () => {
    const { body } = await http.get('/v1/facts/deals/d1?site=shop')
    const versions = body.versions as { received_at: string; body: { status: string } }[]
    expect(versions.map((version) => [version.received_at, version.body.status])).toEqual([
      [at(3, 0), 'open'],
      [at(9, 1), 'won'],
      [at(9, 2), 'won'],
    ])
  })

  test('of an event is its columns, without the empty ones', async () => {
    const { body } = await http.get('/v1/facts/events/k1?site=shop')
    expect((body.versions as { body: object }[])[0]?.body).toMatchObject({
      id: 'k1',
      type: 'click',
      click_kind: 'phone',
    })
    expect(JSON.stringify(body)).not.toContain('form_fields')
  })

  test.each([
    ['calls', 'c1', 1],
    ['leads', 'chat1', 2],
    ['leases', 'le1', 2],
  ])('of %s %s is %i versions', async (table, id, count) => {
    expect((await http.get(`/v1/facts/${table}/${id}?site=shop`)).body.versions).toHaveLength(count)
  })

  test('is 404 when it is nothing, and 400 for a table that is none', async () => {
    expect((await http.get('/v1/facts/costs/none?site=shop')).status).toBe(404)
    expect((await http.get('/v1/facts/settings/shop?site=shop')).status).toBe(400)
  })

  test('is masked for a token that may not see personal data', async () => {
    const answers = await Promise.all(
      [
        'facts/deals/d1',
        'facts/calls/c1',
        'facts/events/f1',
        'facts/leads/chat1',
        'calls/c1',
        'leads/f1',
        'deals/d1',
        'sessions/s1',
      ].map((path) => http.get(`/v1/${path}?site=shop`, 'reports')),
    )
    expect(answers.map(({ status }) => status)).toEqual(new Array(8).fill(200))
    const text = JSON.stringify(answers.map(({ body }) => body))
    for (const secret of ['79261234567', '123-45-67', 'ivan@mail', 'Anna', 'Анна', 'c1.mp3', 'Call me']) {
      expect(text).not.toContain(secret)
    }
  })
})

test('a deal of more messages than are shown ends with its newest stage', async () => {
  const like = (table: string, where: string) => `(SELECT * FROM ${table} WHERE id = 'd1' AND ${where} LIMIT 1)`
  await store.command(
    `INSERT INTO conversions SELECT * REPLACE('long' AS id) FROM ${like('conversions', "kind = 'deal'")}`,
  )
  // The newest stand first in the table.
  const said = "toDateTime64('2026-11-01 00:00:00', 3) + n.number AS at, toString(n.number) AS stage, 'long' AS id"
  await store.command(
    `INSERT INTO deals SELECT d.* REPLACE(${said}) FROM ${like('deals', "status = 'won'")} AS d
     CROSS JOIN (SELECT 1001 - number AS number FROM numbers(1001)) AS n`,
  )
  const { body } = await http.get('/v1/deals/long?site=shop')
  expect(body.stages, JSON.stringify(body)).toHaveLength(1000)
  const stages = (body.stages as { stage: string }[]).map(({ stage }) => stage)
  expect([stages[0], stages.at(-1)]).toEqual(['2', '1001'])
})
