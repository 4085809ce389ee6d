import { afterEach, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { type Answer, openTestIngest, putPool, type TestIngest, type TestIngestOptions } from './test-ingest.ts'

let ingest: TestIngest
let serial = 0

afterEach(() => ingest.close())

const NUMBERS = ['+74951000001', '+74951000002']
const SECOND = 1000
const MINUTE = 60 * SECOND

async function open(options: TestIngestOptions = { pools: [{ numbers: NUMBERS }] }): Promise<void> {
  ingest = await openTestIngest(await freshStore(), options)
}

interface Visit {
  visitor: string
  session?: string
  address?: string
  url?: string
  headers?: Record<string, string>
}

/** A page that asks for its numbers. */
function visit({
  visitor,
  session = `${visitor}-s`,
  address = `203.0.113.${++serial}`,
  url,
  headers,
}: Visit): Promise<Answer> {
  const events = [{ id: `p-${++serial}`, type: 'page', at: ingest.clock.now_ms, url: url ?? 'https://shop.example/' }]
  return ingest.post(
    '/v1/events',
    { site: 'shop', visitor, session, events, lease: true },
    { headers: { 'x-forwarded-for': address, ...headers } },
  )
}

function numbers(visitor: string, more: object = {}): Promise<Answer> {
  return ingest.post('/v1/numbers', { site: 'shop', visitor, session: `${visitor}-s`, ...more })
}

const shown = (answer: Answer) => answer.body.numbers.map((one: { number: string }) => one.number)

describe('a page that asks for numbers', () => {
  test('gets one of each pool, told until when, and the log knows before', async () => {
    await open()
    const answer = await visit({ visitor: 'a' })
    expect(answer).toMatchObject({
      status: 202,
      body: {
        accepted: 1,
        numbers: [
          {
            pool: 'main',
            replaces: ['+74950000000'],
            number: NUMBERS[0],
            expires_at: new Date(ingest.clock.now_ms + MINUTE).toISOString(),
          },
        ],
      },
    })
    expect(await ingest.rows(answer.body.position, 'leases')).toMatchObject([
      { change: 'taken', pool: 'main', number: NUMBERS[0], visitor: 'a', session: 'a-s', site: 'shop' },
    ])
    expect(answer.body.position).toMatch(/events-\d+/)
  })

  test('keeps its number through the session, and holds it longer once it shows life', async () => {
    await open()
    await visit({ visitor: 'a' })
    ingest.clock.now_ms += 30 * SECOND
    const again = await numbers('a')
    expect(shown(again)).toEqual([NUMBERS[0]])
    expect(again.body.numbers[0].expires_at).toBe(new Date(ingest.clock.now_ms + 150 * SECOND).toISOString())
    await ingest.leases.sweep()
    const more = await visit({ visitor: 'b' })
    expect(await ingest.rows(more.body.position, 'leases')).toMatchObject([
      { change: 'taken', number: NUMBERS[0] },
      { change: 'renewed', number: NUMBERS[0], seen: new Date(ingest.clock.now_ms).toISOString() },
      { change: 'taken', number: NUMBERS[1] },
    ])
  })

  test('goes without when all are held, and is counted as missed once', async () => {
    await open()
    for (const visitor of ['a', 'b']) await visit({ visitor })
    const answers = [await visit({ visitor: 'c' }), await numbers('c')]
    expect(answers.map(shown)).toEqual([[], []])
    const rows = await ingest.rows(answers[0]?.body.position, 'leases', "change = 'missed'")
    expect(rows).toMatchObject([{ pool: 'main', number: '', session: 'c-s' }])
    expect(await ingest.metrics.getSingleMetricAsString('throughline_numbers_total')).toContain('result="exhausted"} 2')
    ingest.clock.now_ms += MINUTE
    expect(shown(await numbers('c'))).toEqual([NUMBERS[0]])
  })

  test('does not ask, and gets none', async () => {
    await open()
    const { body } = await ingest.post('/v1/events', {
      site: 'shop',
      visitor: 'a',
      session: 'a-s',
      events: [{ id: 'p', type: 'page', at: ingest.clock.now_ms, url: 'https://shop.example/' }],
    })
    expect(body.numbers).toBeUndefined()
    expect(shown(await numbers('a'))).toEqual([NUMBERS[0]])
  })

  test('of a visitor who comes back in a new session keeps the number under a new lease', async () => {
    await open()
    await visit({ visitor: 'a' })
    ingest.clock.now_ms += 5 * MINUTE
    await visit({ visitor: 'b' })
    const back = await visit({ visitor: 'a', session: 'a-2' })
    expect(shown(back)).toEqual([NUMBERS[0]])
    ingest.clock.now_ms += 10 * SECOND
    const third = await visit({ visitor: 'a', session: 'a-3' })
    expect(shown(third)).toEqual([NUMBERS[0]])
    expect(await ingest.rows(third.body.position, 'leases', "visitor = 'a'")).toMatchObject([
      { change: 'taken', session: 'a-s' },
      { change: 'taken', session: 'a-2' },
      { change: 'released', session: 'a-2', to: new Date(ingest.clock.now_ms).toISOString() },
      { change: 'taken', session: 'a-3' },
    ])
  })

  test('of a visitor whose number went to another gets the one that was idle longest', async () => {
    await open({ pools: [{ numbers: [...NUMBERS, '+74951000003'] }] })
    for (const visitor of ['a', 'b', 'c']) {
      await visit({ visitor })
      ingest.clock.now_ms += SECOND
    }
    ingest.clock.now_ms += 2 * MINUTE
    expect(shown(await visit({ visitor: 'd' }))).toEqual([NUMBERS[0]])
    expect(shown(await visit({ visitor: 'a' }))).toEqual([NUMBERS[1]])
  })
})

describe('no number goes to', () => {
  test('a session without an accepted page', async () => {
    await open()
    expect(await numbers('ghost')).toMatchObject({
      status: 200,
      body: { numbers: [], position: ingest.log.status().node },
    })
    const custom = { id: 'x', type: 'custom', at: ingest.clock.now_ms, name: 'n' }
    const { body } = await ingest.post('/v1/events', {
      site: 'shop',
      visitor: 'v',
      session: 's',
      events: [custom],
      lease: true,
    })
    expect(body.numbers).toEqual([])
  })

  test('a bot', async () => {
    await open()
    const headers = { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' }
    expect(shown(await visit({ visitor: 'bot', headers }))).toEqual([])
    expect(shown(await numbers('bot'))).toEqual([])
  })

  test('one address that holds enough of the pool, whatever visitors it makes up', async () => {
    await open({ pools: [{ numbers: [...NUMBERS, '+74951000003'], leases_per_address_max: 2 }] })
    const address = '198.51.100.7'
    const answers = []
    for (const visitor of ['a', 'b', 'c']) answers.push(await visit({ visitor, address }))
    expect(answers.map(shown)).toEqual([[NUMBERS[0]], [NUMBERS[1]], []])
    expect(shown(await visit({ visitor: 'd' }))).toEqual(['+74951000003'])
  })

  test('whoever names the session of somebody else', async () => {
    await open({ pools: [{ numbers: NUMBERS }] })
    await visit({ visitor: 'a' })
    const thief = await ingest.post('/v1/numbers', { site: 'shop', visitor: 'thief', session: 'a-s', release: true })
    expect(thief).toMatchObject({ status: 200, body: { numbers: [] } })
    expect(await ingest.rows(thief.body.position, 'leases', "change = 'released'")).toEqual([])
  })
})

describe('a number', () => {
  test('stays reserved for a while after the page is left', async () => {
    await open({ pools: [{ numbers: [NUMBERS[0] as string] }] })
    await visit({ visitor: 'a' })
    const left = await numbers('a', { release: true })
    expect(left).toMatchObject({ status: 200, body: { numbers: [] } })
    expect(await ingest.rows(left.body.position, 'leases', "change = 'released'")).toMatchObject([
      { to: new Date(ingest.clock.now_ms + 150 * SECOND).toISOString() },
    ])
    ingest.clock.now_ms += 149 * SECOND
    expect(shown(await visit({ visitor: 'b' }))).toEqual([])
    ingest.clock.now_ms += SECOND
    expect(shown(await visit({ visitor: 'b' }))).toEqual(NUMBERS.slice(0, 1))
  })

  test('that leaves the pool is shown no more, one that joins is', async () => {
    await open()
    await visit({ visitor: 'a' })
    await putPool(ingest.settings, { numbers: ['+74951000009'] })
    expect(shown(await numbers('a'))).toEqual(['+74951000009'])
  })

  test('is remembered with its holder over a restart', async () => {
    await open()
    await visit({ visitor: 'a' })
    ingest.clock.now_ms += SECOND
    await ingest.restart()
    expect(shown(await visit({ visitor: 'b' }))).toEqual([NUMBERS[1]])
    expect(shown(await numbers('a'))).toEqual([NUMBERS[0]])
  })

  test('that was on screen when the service went down waits a little for its page', async () => {
    await open({ pools: [{ numbers: [NUMBERS[0] as string] }] })
    await visit({ visitor: 'a' })
    ingest.clock.now_ms += 10 * MINUTE
    await ingest.restart()
    expect(shown(await visit({ visitor: 'b' }))).toEqual([])
    expect(shown(await numbers('a'))).toEqual([NUMBERS[0]])
  })
})

describe('several pools', () => {
  const replaces = ['+74950000000']
  const paid = { id: 'paid', numbers: ['+74952000001'], when: { channels: ['paid_search'] } }
  const paper = { id: 'paper', kind: 'static' as const, numbers: ['+74953000001'], source: 'paper' }
  const cpc = 'https://shop.example/?utm_source=google&utm_medium=cpc'

  test('for one number: those for such sessions first, a static one as their fallback, then those for all', async () => {
    const fallback = { ...paper, id: 'fallback', numbers: ['+74954000001'], when: { sources: ['Google'] } }
    await open({
      pools: [
        { numbers: NUMBERS, replaces },
        { ...paid, replaces },
        { ...paper, replaces },
        { ...fallback, replaces },
      ],
    })
    const answers = []
    for (const [visitor, url] of [
      ['a', cpc],
      ['b', cpc],
      ['c', undefined],
    ] as const) {
      answers.push(await visit({ visitor, ...(url && { url }) }))
    }
    expect(answers.map((answer) => answer.body.numbers.map((one: { pool: string }) => one.pool))).toEqual([
      ['paid'],
      ['fallback'],
      ['main'],
    ])
    expect(answers[1]?.body.numbers[0].expires_at).toBe(new Date(ingest.clock.now_ms + 150 * SECOND).toISOString())
    expect(await ingest.rows(answers[2]?.body.position, 'leases', "pool = 'fallback'")).toEqual([])
  })

  test('for different numbers are shown side by side', async () => {
    await open({
      pools: [
        { numbers: NUMBERS, replaces: ['+74950000000', '+78000000000'] },
        { id: 'office', numbers: ['+78121000001'], replaces: ['+78120000000', '+78000000000'] },
      ],
    })
    expect((await visit({ visitor: 'a' })).body.numbers).toMatchObject([
      { pool: 'main', replaces: ['+74950000000', '+78000000000'] },
      { pool: 'office', replaces: ['+78120000000'] },
    ])
  })

  test('of e-mail addresses are answered by where the visitor came from, beside the numbers and without a lease', async () => {
    const mail = { kind: 'email' as const, replaces: ['info@shop.example'] }
    await open({
      pools: [
        { numbers: NUMBERS, replaces },
        { ...mail, id: 'mail-paid', numbers: ['ads@shop.example'], when: { channels: ['paid_search'] } },
        { ...mail, id: 'mail-print', numbers: ['print@shop.example'] },
      ],
    })
    const paid = await visit({ visitor: 'a', url: cpc })
    expect(paid.body.numbers).toMatchObject([
      { pool: 'mail-paid', replaces: ['info@shop.example'], number: 'ads@shop.example' },
      { pool: 'main', replaces },
    ])
    expect(await ingest.rows(paid.body.position, 'leases', "pool LIKE 'mail%'")).toEqual([])
    expect((await visit({ visitor: 'b' })).body.numbers).toMatchObject([{ pool: 'main' }])
  })

  test('for elements of one selector: one of them answers', async () => {
    const selectors = ['.phone']
    await open({
      pools: [
        { numbers: NUMBERS, replaces, selectors },
        { ...paid, replaces: [], selectors },
      ],
    })
    expect((await visit({ visitor: 'a', url: cpc })).body.numbers).toMatchObject([
      { pool: 'paid', replaces: ['.phone'] },
      { pool: 'main', replaces },
    ])
  })

  test('may be for some pages only', async () => {
    await open({ pools: [{ numbers: NUMBERS, when: { url_prefixes: ['shop.example/flats'] } }] })
    expect(shown(await visit({ visitor: 'a', url: 'https://shop.example/flatscreens' }))).toEqual([])
    expect(shown(await visit({ visitor: 'b', url: 'https://shop.example/flats/2?x' }))).toEqual([NUMBERS[0]])
  })
})

describe('POST /v1/numbers', () => {
  test.each([
    ['an unknown site', { site: 'nope' }, {}, 404, 'site_not_found', 'site'],
    ['another origin', {}, { origin: 'https://evil.example' }, 403, 'domain_not_allowed', 'origin'],
    ['no visitor', { visitor: undefined }, {}, 400, 'bad_request', 'visitor'],
    ['a session that is none', { session: 'a b' }, {}, 400, 'bad_request', 'session'],
    ['a release that is no yes or no', { release: 'please' }, {}, 400, 'bad_request', 'release'],
  ])('refuses %s', async (_, more, headers, status, code, field) => {
    await open()
    const answer = await ingest.post('/v1/numbers', { site: 'shop', visitor: 'a', session: 's', ...more }, { headers })
    expect(answer).toMatchObject({ status, body: { error: { code, field } } })
  })

  test('takes text/plain, as browsers send it', async () => {
    await open()
    await visit({ visitor: 'a' })
    const headers = { 'content-type': 'text/plain;charset=UTF-8', origin: 'https://shop.example' }
    const answer = await ingest.post('/v1/numbers', { site: 'shop', visitor: 'a', session: 'a-s' }, { headers })
    expect(shown(answer)).toEqual([NUMBERS[0]])
    expect(answer.headers['access-control-allow-origin']).toBe('https://shop.example')
  })
})

describe('an address that asks too often', () => {
  test('is told when to come back, on browser routes and not with a token', async () => {
    await open({ rate_limit_per_minute: 3 })
    const headers = { 'x-forwarded-for': '198.51.100.9', origin: 'https://shop.example' }
    const ask = () => ingest.post('/v1/numbers', { site: 'shop', visitor: 'a', session: 's' }, { headers })
    const statuses = [await visit({ visitor: 'a', address: '198.51.100.9' }), await ask(), await ask(), await ask()]
    expect(statuses.map(({ status }) => status)).toEqual([202, 200, 200, 429])
    expect(statuses[3]).toMatchObject({
      body: { error: { code: 'rate_limited' } },
      headers: { 'retry-after': expect.stringMatching(/^\d+$/), 'access-control-allow-origin': 'https://shop.example' },
    })
    expect((await visit({ visitor: 'b' })).status).toBe(202)
    const event = { id: 'x', type: 'custom', at: ingest.clock.now_ms, name: 'n' }
    for (let sent = 0; sent < 5; sent++) {
      const body = { site: 'shop', visitor: 'a', events: [event] }
      expect((await ingest.post('/v1/events', body, { token: 'tl-ingest', headers })).status).toBe(202)
    }
  })
})
