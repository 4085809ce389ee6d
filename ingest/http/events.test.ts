import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestIngest, putSite, type TestIngest } from './test-ingest.ts'

let ingest: TestIngest
let serial = 0

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore(), {
    sites: [
      { form_values: ['color'] },
      { id: 'other', domains: ['other.example'] },
      { id: 'local', domains: ['localhost', 'пример.рф'] },
    ],
  })
})
afterAll(() => ingest.close())

const at = (ago_ms = 0) => new Date(ingest.clock.now_ms - ago_ms).toISOString()

function page(more: object = {}) {
  return {
    id: `p-${++serial}`,
    type: 'page',
    at: at(),
    url: 'https://shop.example/?utm_source=Yandex&utm_medium=cpc',
    ...more,
  }
}

function batch(events: unknown[], more: object = {}) {
  return { site: 'shop', visitor: 'v1', session: 's1', events, ...more }
}

describe('a batch of events', () => {
  test('is stored, with everything worked out that the browser does not know', async () => {
    const form = {
      id: 'f',
      name: 'Call back',
      fields: { phone: '8 (916) 204-81-37', email: 'Ann@Mail.ru', color: 'red', pin: '77' },
    }
    const answer = await ingest.post(
      '/v1/events',
      batch(
        [
          page({
            url: 'https://shop.example/a?utm_source=Yandex&utm_medium=cpc&yclid=9',
            referrer: 'https://ya.ru/',
            title: 'A',
          }),
          { id: 'f-1', type: 'form', at: at(), url: 'https://shop.example/a', form },
          { id: 'l-1', type: 'leave', at: at(), engaged_ms: 1500.4, scroll_percent: 80 },
          { id: 'c-1', type: 'click', at: at(), kind: 'phone', target: 'tel:+74950000000' },
          { id: 'c-2', type: 'click', at: at(), target: 'https://t.me/shop' },
          { id: 'c-3', type: 'click', at: at(), target: 'https://blog.shop.example/news' },
          { id: 'c-4', type: 'click', at: at(), target: 'https://blog.shop.example/price.pdf' },
          { id: 'c-5', type: 'click', at: at(), target: 'https://notshop.example/' },
          { id: 'lead-1', type: 'custom', at: at(), name: 'lead', props: { phone: '8 916 204-81-38', pin: '77' } },
          { id: 'x-1', type: 'custom', at: at(), name: 'calc', props: { rooms: 2 } },
          { id: 'i-1', type: 'identify', at: at(), phone: '+7 916 204 81 37', user: 'u7' },
        ],
        {
          visitor: 'v-all',
          client_ids: { ga: 'GA1.2.111.222', ym: '1700000000123456', ga_session: 'GS2.1.s1772443233$o3$g1' },
        },
      ),
      {
        headers: {
          origin: 'https://shop.example',
          'content-type': 'text/plain;charset=UTF-8',
          'x-forwarded-for': '93.184.216.34',
        },
      },
    )
    expect(answer).toMatchObject({ status: 202, body: { accepted: 11, rejected_total: 0, rejected: [] } })
    const rows = await ingest.rows(answer.body.position, 'events', "visitor = 'v-all'")
    expect(rows).toMatchObject([
      {
        type: 'page',
        source: 'yandex',
        medium: 'cpc',
        channel: 'paid_search',
        click_ids: { yclid: '9' },
        referrer_host: 'ya.ru',
        ga: '111.222',
        ym: '1700000000123456',
        ga_session: '1772443233',
        device: 'desktop',
        browser: 'Chrome',
        ip: '93.184.216.0',
        bot: 0,
        trusted: 0,
        clock_shift_ms: 0,
      },
      {
        type: 'form',
        form_id: 'f',
        form_name: 'Call back',
        phone: '+79162048137',
        email: 'ann@mail.ru',
        form_fields: { color: 'red' },
      },
      { type: 'leave', engaged_ms: 1500, scroll_percent: 80, source: '', phone: '' },
      { type: 'click', click_kind: 'phone', click_target: 'tel:+74950000000', phone: '' },
      { type: 'click', click_kind: 'messenger', click_target: 'https://t.me/shop' },
      // The tracker knows the host of its page, and the service the other hosts of the site.
      { type: 'click', click_kind: '', click_target: 'https://blog.shop.example/news' },
      { type: 'click', click_kind: 'download', click_target: 'https://blog.shop.example/price.pdf' },
      { type: 'click', click_kind: 'outbound', click_target: 'https://notshop.example/' },
      { type: 'form', id: 'lead-1', phone: '+79162048138', form_fields: {}, name: '', props: '' },
      { type: 'custom', name: 'calc', props: '{"rooms":2}' },
      { type: 'identify', phone: '+79162048137', user: 'u7' },
    ])
  })

  test('keeps the good neighbours of bad events, and names field and place of the bad ones', async () => {
    const bad = [
      { ...page(), id: 'a b' },
      { ...page(), url: 'javascript:alert(1)' },
      { ...page(), at: '2026-01-01T10:00:00' },
      { ...page(), at: ingest.clock.now_ms + 25 * 3600_000 },
      { ...page(), at: ingest.clock.now_ms - 73 * 3600_000 },
      { ...page(), type: 'pagee' },
      { ...page(), id: undefined },
      { id: 'x', type: 'custom', at: at(), name: 'n', props: { deep: JSON.parse('['.repeat(40) + ']'.repeat(40)) } },
      { id: 'x', type: 'custom', at: at(), name: 'n', props: { long: 'x'.repeat(9000) } },
      { id: 'x', type: 'leave', at: at(), engaged_ms: -5 },
      'text',
      null,
      [],
    ]
    const answer = await ingest.post('/v1/events', batch([page(), ...bad, page()], { visitor: 'v-mixed' }))
    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({ accepted: 2, rejected_total: bad.length })
    expect(answer.body.rejected.map((one: { event: number; field: string }) => [one.event, one.field])).toEqual([
      [1, 'id'],
      [2, 'url'],
      [3, 'at'],
      [4, 'at'],
      [5, 'at'],
      [6, 'type'],
      [7, 'id'],
      [8, 'props'],
      [9, 'props'],
      [10, 'engaged_ms'],
      [11, 'body'],
      [12, 'body'],
      [13, 'body'],
    ])
    expect(answer.body.rejected[6].message).toBe('is missing')
    expect(await ingest.rows(answer.body.position, 'events', "visitor = 'v-mixed'")).toHaveLength(2)
  })

  test('counts repeats as accepted and stores them once', async () => {
    const events = [page(), page()]
    const first = await ingest.post('/v1/events', batch(events, { visitor: 'v-twice' }))
    const again = await ingest.post('/v1/events', batch([...events, page()], { visitor: 'v-twice' }))
    expect([first.body.accepted, again.body.accepted]).toEqual([2, 3])
    expect(await ingest.rows(again.body.position, 'events', "visitor = 'v-twice'")).toHaveLength(3)
  })

  test.each([
    ['is believed within five seconds', 4000, 0],
    ['is put right when it is further off', 6000, 6000],
    ['is put right when it is ahead by years', -5 * 365 * 24 * 3600_000, -(2 ** 31 - 1)],
  ])('with a clock of its own %s', async (name, behind_ms, shift) => {
    const visitor = `v-clock-${behind_ms}`
    const sent_at = ingest.clock.now_ms - behind_ms
    const answer = await ingest.post('/v1/events', batch([page({ at: sent_at - 1000 })], { visitor, sent_at }))
    expect(answer.status).toBe(202)
    const [row] = await ingest.rows<{ at: string; clock_shift_ms: number }>(
      answer.body.position,
      'events',
      `visitor = '${visitor}'`,
    )
    expect(row?.clock_shift_ms).toBe(shift)
    expect(Date.parse(row?.at as string)).toBe(
      ingest.clock.now_ms - 1000 - (name.startsWith('is believed') ? behind_ms : 0),
    )
  })

  test('of a bot is accepted and flagged', async () => {
    const headers = { 'user-agent': 'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)' }
    const answer = await ingest.post('/v1/events', batch([page()], { visitor: 'v-bot' }), { headers })
    expect(answer.status).toBe(202)
    expect(await ingest.rows(answer.body.position, 'events', "visitor = 'v-bot'")).toMatchObject([{ bot: 1 }])
  })

  test('may be one of many, as an array and line by line', async () => {
    const many = [
      batch([page()], { visitor: 'v-many' }),
      batch([page()], { site: 'nope' }),
      batch([page(), { id: 'no' }], { visitor: 'v-many' }),
    ]
    const array = await ingest.post('/v1/events', many)
    expect(array.body).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 1, field: 'site' },
        { index: 2, event: 1, field: 'type' },
      ],
    })
    const lines = `${many.map((one) => JSON.stringify(one)).join('\n')}\nnot json\n`
    const ndjson = await ingest.post('/v1/events', lines, { headers: { 'content-type': 'application/x-ndjson' } })
    expect(ndjson.body).toMatchObject({
      accepted: 2,
      rejected_total: 3,
      rejected: [{ index: 1 }, { index: 2 }, { index: 3, field: 'line' }],
    })
  })
})

describe('who may send events', () => {
  test.each([
    ['the domain itself', { origin: 'https://shop.example' }, 202],
    ['a subdomain on another port', { origin: 'http://www.shop.example:8080' }, 202],
    ['nobody named', {}, 202],
    ['a page that hides itself', { origin: 'null' }, 202],
    ['a referrer of the domain', { referer: 'https://shop.example/a?b' }, 202],
    ['another site', { origin: 'https://other.example' }, 403],
    ['a domain that only ends alike', { origin: 'https://evilshop.example' }, 403],
    ['a domain that only begins alike', { origin: 'https://shop.example.evil.org' }, 403],
    ['localhost where it is not listed', { origin: 'http://localhost:3000' }, 403],
    ['a wrong referrer', { referer: 'https://evil.example/' }, 403],
    ['no address at all', { origin: 'file://' }, 403],
  ])('%s', async (_, headers, status) => {
    const answer = await ingest.post('/v1/events', batch([page()]), { headers })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.body.error).toMatchObject({ code: 'domain_not_allowed', field: 'origin' })
  })

  test.each(['http://localhost:3000', 'https://xn--e1afmkfd.xn--p1ai'])(
    'lets %s in where it is listed',
    async (origin) => {
      const answer = await ingest.post('/v1/events', batch([page()], { site: 'local' }), { headers: { origin } })
      expect(answer.status).toBe(202)
    },
  )

  test('an unknown site is not found', async () => {
    const answer = await ingest.post('/v1/events', batch([page()], { site: 'nope' }))
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'site_not_found', field: 'site' } } })
  })

  test('a browser has to name its session', async () => {
    const answer = await ingest.post('/v1/events', batch([page()], { session: undefined }))
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'nothing_accepted', field: 'session' } } })
  })

  test('a domain that was just added may send at once', async () => {
    await putSite(ingest.settings, { id: 'fresh', domains: ['fresh.example'] })
    const answer = await ingest.post('/v1/events', batch([page()], { site: 'fresh' }), {
      headers: { origin: 'https://fresh.example' },
    })
    expect(answer.status).toBe(202)
  })
})

describe('other origins', () => {
  test('may read the answer when they are known', async () => {
    const { headers } = await ingest.post('/v1/events', batch([page()]), {
      headers: { origin: 'https://shop.example' },
    })
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-credentials': 'true',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Origin',
      'cache-control': 'no-store',
    })
  })

  test('may not when they are not', async () => {
    const { headers } = await ingest.post('/v1/events', batch([page()]), {
      headers: { origin: 'https://evil.example' },
    })
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(headers.vary).toBe('Origin')
  })

  test.each(['/v1/events', '/v1/numbers'])('are told for a day what %s takes', async (url) => {
    const answer = await ingest.app.inject({ method: 'OPTIONS', url, headers: { origin: 'https://shop.example' } })
    expect(answer.statusCode).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '86400',
    })
  })

  test('get no way to routes that need a token', async () => {
    const answer = await ingest.app.inject({
      method: 'OPTIONS',
      url: '/v1/calls',
      headers: { origin: 'https://shop.example' },
    })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('events with a token', () => {
  test('may be old, name address and browser, and leave the session out', async () => {
    const old = Date.UTC(2016, 1, 1)
    const answer = await ingest.post(
      '/v1/events',
      batch([page({ at: old })], {
        visitor: 'v-import',
        session: undefined,
        ip: '93.184.216.34',
        user_agent: 'curl/8',
      }),
      { token: 'tl-ingest', headers: { origin: 'https://evil.example' } },
    )
    expect(answer.status).toBe(202)
    const rows = await ingest.rows(answer.body.position, 'events', "visitor = 'v-import'")
    expect(rows).toMatchObject([
      { trusted: 1, session: '', ip: '93.184.216.0', user_agent: 'curl/8', bot: 1, at: new Date(old).toISOString() },
    ])
  })

  test('without address and browser say nothing of either', async () => {
    const answer = await ingest.post('/v1/events', batch([page()], { visitor: 'v-server' }), { token: 'tl-ingest' })
    expect(await ingest.rows(answer.body.position, 'events', "visitor = 'v-server'")).toMatchObject([
      { ip: '', user_agent: '', bot: 0 },
    ])
  })

  test.each([
    ['of another site are forbidden', 'tl-shop-only', { site: 'other' }, 403, 'forbidden'],
    ['of another site are not told whether it exists', 'tl-shop-only', { site: 'nope' }, 403, 'forbidden'],
    ['that is not valid are refused', 'tl-wrong', {}, 401, 'unauthorized'],
    ['name an address that is one', 'tl-ingest', { ip: '1.2.3' }, 400, 'nothing_accepted'],
  ])('%s', async (_, token, more, status, code) => {
    const answer = await ingest.post('/v1/events', batch([page()], more), { token })
    expect(answer).toMatchObject({ status, body: { error: { code } } })
  })

  test('that may only read are those of a browser', async () => {
    const answer = await ingest.post('/v1/events', batch([page({ at: 0 })]), { token: 'tl-reports' })
    expect(answer.body.error.rejected).toMatchObject([{ field: 'at' }])
  })
})
