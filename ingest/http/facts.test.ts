import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { AT, AT_UTC, annotation, call, cost, deal, lead, lease, named } from './test-facts.ts'
import { openTestIngest, type TestIngest } from './test-ingest.ts'

const token = 'tl-ingest'
const [ann, bob] = [personId('shop', 'visitor', 'ann'), personId('shop', 'visitor', 'bob')]
const byHand = { site: 'shop', at: AT, on: { kind: 'person', id: ann } }

let ingest: TestIngest

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore(), {
    sites: [{}, { id: 'berlin', domains: ['b.example'], region: 'DE', currency: 'EUR' }],
  })
})
afterAll(() => ingest.close())

const routes = [
  ['/v1/calls', 'calls', call],
  ['/v1/leads', 'leads', lead],
  ['/v1/deals', 'deals', deal],
  ['/v1/costs', 'costs', cost],
  ['/v1/leases', 'leases', lease],
  ['/v1/annotations', 'annotations', annotation],
] as const

describe('a fact', () => {
  test.each([
    [
      '/v1/calls',
      {
        ...call,
        id: 'c-1',
        tags: ['a', 'b'],
        version: 3,
        client_ids: { ga: 'GA1.1.5.6', ym: 'bad' },
        operator: "O'Brien",
      },
      {
        at: AT_UTC,
        from: '+79162048137',
        from_extension: '12',
        to: '+74951112233',
        direction: 'in',
        status: 'answered',
        duration: 61,
        talk: 40,
        wait: 0,
        tags: ['a', 'b'],
        version: '3',
        ga: '5.6',
        ym: '',
        operator: "O'Brien",
      },
    ],
    [
      '/v1/calls',
      { ...call, id: 'c-2', from: null, direction: 'out', wait: 5 },
      { from: '', direction: 'out', wait: 5 },
    ],
    ['/v1/calls', { ...call, id: 'c-3', from: 'anonymous' }, { from: '' }],
    [
      '/v1/leads',
      {
        ...lead,
        id: 'l-1',
        name: ' Анна ',
        phone: '8(916)2048137',
        email: 'A.Nn+x@Gmail.com',
        source: 'Avito',
        medium: 'referral',
        campaign: 'c',
        text: "'; DROP TABLE leads; --",
      },
      {
        name: 'Анна',
        phone: '+79162048137',
        email: 'ann@gmail.com',
        source: 'avito',
        campaign: 'c',
        text: "'; DROP TABLE leads; --",
      },
    ],
    [
      '/v1/leads',
      { ...lead, id: 'l-2', phone: 'не скажу', email: 'none', version: null },
      { phone: '', email: '', source: '', channel: '', version: '0' },
    ],
    [
      '/v1/deals',
      {
        ...deal,
        id: 'd-1',
        amount: '8 500 000'.replaceAll(' ', ''),
        currency: 'RUB',
        created_at: AT,
        contact: { id: 'k', phones: ['89162048137', '+7 916 204 81 37', 'нет'], emails: ['a@b.ru', 'x'] },
      },
      {
        amount: '8500000',
        currency: 'RUB',
        created_at: AT_UTC,
        contact_id: 'k',
        phones: ['+79162048137'],
        emails: ['a@b.ru'],
        stage: null,
        manager: null,
      },
    ],
    [
      '/v1/deals',
      { ...deal, id: 'd-2', status: 'open', amount: 0.1 + 0.2 },
      { amount: '0.3', currency: null, phones: [], created_at: null },
    ],
    [
      '/v1/costs',
      { ...cost, source: ' Yandex ', medium: 'CPC', campaign: 'Spring', cost: '10.5', clicks: 3, impressions: '7' },
      {
        date: '2026-01-15',
        source: 'yandex',
        medium: 'cpc',
        campaign: 'Spring',
        channel: 'paid_search',
        cost: '10.5',
        currency: 'RUB',
        clicks: '3',
        impressions: '7',
      },
    ],
    ['/v1/costs', { ...cost, site: 'berlin' }, { currency: 'EUR', medium: '', clicks: '0' }],
    ['/v1/leases', lease, { change: 'imported', pool: 'old', number: '+74951112233', from: AT_UTC, to: AT_UTC }],
    [
      '/v1/annotations',
      { ...annotation, id: 'a-1', tags: ['x'], comment: 'ok', dispute: 'no' },
      { on_kind: 'call', on_id: 'c', verdict: 'spam', tags: ['x'], comment: 'ok', dispute: 'no' },
    ],
    [
      '/v1/annotations',
      { ...byHand, id: 'a-2', merge: [ann, bob] },
      { on_kind: 'person', on_id: ann, merge: [ann, bob], split_kind: '', split_value: '' },
    ],
    [
      '/v1/annotations',
      { ...byHand, id: 'a-3', split: { identifier: { kind: 'phone', value: '8 (926) 111-00-02 доб. 5' } } },
      { on_id: ann, merge: [], split_kind: 'phone', split_value: '+79261110002;ext=5' },
    ],
    [
      '/v1/annotations',
      { ...byHand, id: 'a-4', split: { person: bob } },
      { on_id: ann, merge: [], split_kind: 'person', split_value: bob },
    ],
  ])('sent to %s becomes a row: %j', async (path, fact, row) => {
    const answer = await ingest.post(path, fact, { token })
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1, rejected_total: 0 } })
    const table = path.slice('/v1/'.length)
    const rows = await ingest.rows<{ body: string }>(answer.body.position, table)
    expect(rows.at(-1)).toMatchObject(row)
    if (table !== 'leases') expect(JSON.parse(rows.at(-1)?.body as string)).toEqual(fact)
  })

  test('sent again is a further version, and counts as accepted', async () => {
    for (const status of ['missed', 'answered']) {
      const answer = await ingest.post('/v1/calls', { ...call, id: 'c-again', status }, { token })
      expect(answer.body.accepted).toBe(1)
    }
    const { body } = await ingest.post('/v1/calls', { ...call, id: 'c-again' }, { token })
    expect(await ingest.rows(body.position, 'calls', "id = 'c-again'")).toHaveLength(3)
  })

  test('of the same key has one id, whatever it says', async () => {
    const first = await ingest.post('/v1/costs', { ...cost, campaign: 'same', cost: 1 }, { token })
    const second = await ingest.post('/v1/costs', { ...cost, campaign: 'same', cost: 2, source: 'YANDEX' }, { token })
    await ingest.rows(first.body.position, 'costs')
    const rows = await ingest.rows<{ id: string; cost: string }>(second.body.position, 'costs', "campaign = 'same'")
    expect(rows.map(({ cost }) => cost)).toEqual(['1', '2'])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1)
  })
})

describe.each(routes)('%s', (path, table, good) => {
  const send = (body: unknown, headers: Record<string, string> = {}, by: string | undefined = token) =>
    ingest.post(path, body, { headers, ...(by !== undefined && { token: by }) })

  test('needs a token of scope ingest that reaches the site', async () => {
    expect(await send(good, {}, undefined as never)).toMatchObject({ status: 202 })
    expect(await ingest.post(path, good)).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } })
    expect(await send(good, {}, 'tl-reports')).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    expect(await send({ ...good, site: 'berlin' }, {}, 'tl-shop-only')).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', field: 'site' } },
    })
  })

  test('keeps good facts beside bad ones, in an array and line by line', async () => {
    const list = [good, { ...good, site: 'nope' }, 5, { ...good, site: ['shop'] }, named(good, 'second')]
    const expected = {
      status: 202,
      body: {
        accepted: 2,
        rejected_total: 3,
        rejected: [
          { index: 1, field: 'site', message: 'There is no site "nope".' },
          { index: 2, field: 'body' },
          { index: 3, field: 'site' },
        ],
      },
    }
    expect(await send(list)).toMatchObject(expected)
    const lines = list.map((fact) => JSON.stringify(fact)).join('\r\n')
    expect(await send(lines, { 'content-type': 'application/x-ndjson; charset=utf-8' })).toMatchObject(expected)
  })

  test('answers 400 with the list when nothing could be accepted', async () => {
    expect(await send({ ...good, site: 'nope' })).toMatchObject({
      status: 400,
      body: {
        error: { code: 'nothing_accepted', field: 'site', rejected_total: 1, rejected: [{ index: 0, field: 'site' }] },
      },
    })
    expect(await send([])).toMatchObject({ status: 400, body: { error: { code: 'nothing_accepted' } } })
  })

  test('refuses times without an offset, far ahead, impossible, or in seconds', async () => {
    const field = 'at' in good ? 'at' : 'from' in good ? 'from' : 'date'
    const ahead = new Date(ingest.clock.now_ms + 72 * 3600_000).toISOString()
    const wrong =
      field === 'date'
        ? ['2026-02-30', ahead.slice(0, 10), '15.01.2026', 20260115]
        : ['2026-01-15T12:30:00', ahead, '2026-02-30T12:30:00Z', 1768467000, 'yesterday', null, true]
    const answer = await send([...wrong.map((value) => ({ ...good, [field]: value })), good])
    expect(answer.body).toMatchObject({ accepted: 1, rejected_total: wrong.length })
    // Three moments of a lease must also stand in order, and an earlier `seen` is then what is told.
    for (const one of answer.body.rejected) expect(['at', 'from', 'seen', 'date']).toContain(one.field)
  })

  test('survives what hostile senders write', async () => {
    const hostile = [
      '{"__proto__":{"site":"shop","polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      `{"site":"shop","id":${JSON.stringify('x'.repeat(200))}}`,
      `{"site":{"$gt":""},"id":"'; DROP TABLE ${table}; --"}`,
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
      '1e999',
      'NaN',
      '"\\ud800"',
      `{"site":"shop","${'k'.repeat(5000)}":1}`,
      JSON.stringify({ ...good, site: "shop' OR 1=1 --" }),
      JSON.stringify({ ...good, site: 'x'.repeat(100_000) }),
      JSON.stringify({ ...good, more: 'x'.repeat(70_000) }),
      JSON.stringify({ ...good, more: JSON.parse('['.repeat(50) + ']'.repeat(50)) }),
    ]
    const lines = [...hostile, JSON.stringify({ ...named(good, 'after'), __proto: 1, unknown: { a: [1] } })].join('\n')
    const answer = await send(lines, { 'content-type': 'application/x-ndjson' })
    expect(answer.body).toMatchObject({ accepted: 1, rejected_total: hostile.length })
    for (const one of answer.body.rejected) {
      expect(one.field.length).toBeLessThanOrEqual(200)
      expect(one.message.length).toBeLessThanOrEqual(300)
    }
    expect((Object.prototype as { polluted?: unknown }).polluted).toBeUndefined()
    expect((await ingest.rows(answer.body.position, table)).length).toBeGreaterThan(0)
  })

  test('keeps text that ClickHouse would choke on out of the way of other facts', async () => {
    const odd = named(
      {
        ...good,
        name: 'a\0b\ud800c',
        text: '\udfff',
        operator: '\0',
        comment: '\ud83d\u0000',
        manager: '\ud83d',
        campaign: 'я\ud800',
      },
      'odd',
    )
    const answer = await send([odd, named(good, 'beside')])
    expect(answer.body.accepted).toBe(2)
    const rows = await ingest.rows<Record<string, string>>(answer.body.position, table)
    const [{ waiting } = { waiting: '' }] = await ingest.store.query<{ waiting: string }>(
      `SELECT count() AS waiting FROM quarantine WHERE table = {table:String}`,
      { table },
    )
    expect(waiting).toBe('0')
    // `body` is what was received, as JSON, where such characters are escapes.
    const stored = rows.flatMap(({ body: _, ...columns }) => Object.values(columns)).join('\n')
    if (table !== 'leases') expect(stored).toContain('\uFFFD')
    expect(stored).not.toMatch(/[\0\p{Surrogate}]/u)
  })

  test('takes a hundred thousand elements, and lists the first thousand refused', async () => {
    const list = `[${Array.from({ length: 100_000 }, () => '{}').join(',')},${JSON.stringify(good)}]`
    const answer = await send(list)
    expect(answer.body).toMatchObject({ accepted: 1, rejected_total: 100_000 })
    expect(answer.body.rejected).toHaveLength(1000)
  })
})

test('what comes in is counted by kind, and what is refused by reason', async () => {
  const text = await ingest.metrics.metrics()
  for (const fact of ['call', 'lead', 'deal', 'cost', 'lease', 'annotation']) {
    expect(text).toMatch(new RegExp(`throughline_facts_accepted_total\\{fact="${fact}"\\} [1-9]`))
  }
  for (const reason of ['invalid', 'site_not_found', 'forbidden', 'too_deep', 'too_long', 'unreadable', 'in_future']) {
    expect(text).toMatch(new RegExp(`throughline_facts_refused_total\\{fact="\\w+",reason="${reason}"\\} [1-9]`))
  }
  expect(text).not.toMatch(/DROP|polluted/)
})
