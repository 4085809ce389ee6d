import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, type RunningService, removeDataFolder, runService } from '../support/running-service.ts'

const browser =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
const bot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
const home = 'https://shop.example/'

let service: RunningService
let position = ''

beforeAll(async () => {
  service = await runService()
  await service.api('PUT', '/v1/sites/shop', { domains: ['shop.example'], timezone: 'Europe/Moscow' })
  await sendWorld()
})

afterAll(async () => {
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

async function write(path: string, body: unknown): Promise<void> {
  const answer = await service.api('POST', path, body)
  expect([path, answer]).toMatchObject([path, { status: 202, body: { rejected_total: 0 } }])
  position = answer.body.position
}

type Sent = Record<string, unknown>

function visit(visitor: string, session: string, events: Sent[], user_agent = browser): Promise<void> {
  return write('/v1/events', { site: 'shop', visitor, session, user_agent, events })
}

const page = (id: string, at: string, url = home, more: Sent = {}) => ({ id, type: 'page', at, url, ...more })

/**
 * Anna: an advertisement, a search, a direct visit with a form, a deal of 1500.50 that is won. Boris: an advertisement, a
 * call, a missed call, an open deal and a lost one. Vera: a chat, and a deal in dollars. Somebody whose visit is cut twice.
 */
async function sendWorld(): Promise<void> {
  const ad = `${home}?utm_source=yandex&utm_medium=cpc&utm_campaign=brand&yclid=1`
  // Past midnight in Moscow: the visit belongs to the 2nd.
  await visit('anna', 'a1', [page('a1p', '2024-03-01T21:30:00Z', ad), page('a1q', '2024-03-01T21:35:00Z')])
  await visit('anna', 'a2', [page('a2p', '2024-03-03T10:00:00Z', home, { referrer: 'https://www.google.com/' })])
  const form = { id: 'order', fields: { name: 'Anna', phone: '8 916 000-00-01' } }
  await visit('anna', 'a3', [
    page('a3p', '2024-03-05T10:00:00Z'),
    { id: 'f1', type: 'form', at: '2024-03-05T10:00:50Z', url: home, form },
    { id: 'a3l', type: 'leave', at: '2024-03-05T10:01:00Z', url: home, engaged_ms: 60_000 },
  ])
  const social = `${home}?utm_source=vk&utm_medium=cpc&utm_campaign=autumn`
  await visit('boris', 'b1', [page('b1p', '2024-03-04T12:00:00Z', social)])
  await visit('crawler', 'r1', [page('r1p', '2024-03-04T12:00:00Z')], bot)
  await visit('gleb', 'c1', [
    page('c1p', '2024-03-13T10:00:00Z'),
    page('c1q', '2024-03-13T10:20:00Z'),
    page('c1r', '2024-03-13T10:51:00Z'),
    page('c1s', '2024-03-13T10:55:00Z', `${home}?utm_source=news&utm_medium=email&utm_campaign=spring`),
  ])
  await sendCallsAndDeals()
}

async function sendCallsAndDeals(): Promise<void> {
  const call = { site: 'shop', from: '+79160000002', to: '+74959999999', duration: 60 }
  const answered = { ...call, id: 'call1', at: '2024-03-04T12:05:00Z', status: 'answered', talk: 45, session: 'b1' }
  await write('/v1/calls', [answered, { ...call, id: 'call2', at: '2024-03-07T12:05:00Z', status: 'missed', talk: 0 }])
  await write('/v1/leads', { site: 'shop', id: 'l1', at: '2024-03-11T21:00:00Z', kind: 'chat', phone: '+79160000003' })
  const boris = { phones: ['+79160000002'], emails: [] }
  await write('/v1/deals', [
    // The later message comes first, and leaves out what the earlier one said.
    { site: 'shop', id: 'd1', at: '2024-03-10T22:00:00Z', status: 'won', amount: '1500.50', currency: 'RUB' },
    {
      site: 'shop',
      id: 'd1',
      at: '2024-03-06T10:00:00Z',
      status: 'open',
      amount: 1000,
      contact: { id: 'crm1', phones: ['+7 916 000 00 01'] },
    },
    { site: 'shop', id: 'd2', at: '2024-03-08T09:00:00Z', status: 'open', amount: 700, contact: boris },
    { site: 'shop', id: 'd3', at: '2024-03-09T09:00:00Z', status: 'lost', reason: 'price', contact: boris },
    {
      site: 'shop',
      id: 'd4',
      at: '2024-03-13T00:00:00Z',
      created_at: '2024-03-12T00:00:00Z',
      status: 'won',
      amount: 300,
      currency: 'USD',
      lead: 'l1',
    },
  ])
  const brand = { site: 'shop', date: '2024-03-02', source: 'yandex', medium: 'cpc', campaign: 'brand' }
  const autumn = { site: 'shop', date: '2024-03-04', source: 'vk', medium: 'cpc', campaign: 'autumn' }
  await write('/v1/costs', [
    { ...brand, cost: '100.10', currency: 'RUB', clicks: 10, impressions: 1000 },
    { ...autumn, cost: 60, currency: 'RUB', clicks: 6, impressions: 600 },
  ])
  await write('/v1/costs', { ...autumn, cost: 50, currency: 'RUB', clicks: 5, impressions: 500 })
  const verdict = { on: { kind: 'lead', id: 'f1' }, verdict: 'target' }
  await write('/v1/annotations', { site: 'shop', id: 'n1', at: '2024-03-14T00:00:00Z', ...verdict })
}

const period = { site: 'shop', from: '2024-03-01', to: '2024-03-20' }

async function report(query: Sent): Promise<{ rows: Sent[]; totals: Sent }> {
  const { status, body } = await service.api('POST', `/v1/reports/query?after=${position}`, { ...period, ...query })
  expect(status).toBe(200)
  return body
}

describe('a small world sent through the API', () => {
  test('has every metric as worked out by hand', async () => {
    const expected = {
      visits: 7,
      visitors: 3,
      pages: 9,
      bounce_rate: 0.571429,
      leads: 4,
      first_leads: 3,
      target_leads: 2,
      forms: 1,
      calls: 2,
      target_calls: 1,
      missed_calls: 1,
      deals: 4,
      deals_open: 1,
      deals_won: 2,
      deals_lost: 1,
      revenue: '1500.50',
      cost: '150.10',
      clicks: 15,
      impressions: 1500,
      cpc: '10.0067',
      cpl: '37.525',
      cac: '75.05',
      roas: 9.996669,
      romi: 899.666889,
      drr: 10.003332,
      conversion_visit_lead: 0.571429,
      conversion_lead_deal: 1,
      average_deal: '1500.50',
      cycle_days: 2.75,
      touches_per_deal: 1.25,
    }
    expect((await report({ metrics: Object.keys(expected) })).totals).toEqual(expected)
  })

  test.each([
    ['first', { paid_search: '1500.50' }],
    ['last', { direct: '1500.50' }],
    ['last_non_direct', { organic_search: '1500.50' }],
    ['linear', { paid_search: '500.1667', organic_search: '500.1666', direct: '500.1667' }],
    ['first_last', { paid_search: '750.25', direct: '750.25' }],
    // 84.5 and 48 hours before the last touch.
    ['time_decay', { paid_search: '419.174', organic_search: '487.3003', direct: '594.0257' }],
    ['position_u', { paid_search: '600.20', organic_search: '300.10', direct: '600.20' }],
    // The form and the deal both came of the direct visit.
    ['position_w', { paid_search: '450.15', organic_search: '150.05', direct: '900.30' }],
    // Boris made two deals of three; Gleb came directly and by e-mail, for nothing: effects of 1/6, 1/6 and 1/3.
    ['markov', { paid_search: '375.125', organic_search: '375.125', direct: '750.25' }],
    ['shapley', { paid_search: '500.1667', organic_search: '500.1666', direct: '500.1667' }],
    // Anna asked once, by the form.
    ['first_contact', { direct: '1500.50' }],
    ['last_contact', { direct: '1500.50' }],
    ['linear_contact', { direct: '1500.50' }],
  ])('gives its revenue to the channels that %s names', async (model, credited) => {
    const { rows } = await report({ metrics: ['revenue'], dimensions: ['channel'], attribution: { model } })
    const paid = rows.filter(({ revenue }) => revenue !== '0.00').map(({ channel, revenue }) => [channel, revenue])
    expect(Object.fromEntries(paid)).toEqual(credited)
  })

  test('is cut into days where the site is, and into visits by silence and by campaigns', async () => {
    const { rows } = await report({ metrics: ['visits'], dimensions: ['date'] })
    expect(rows.map(({ date, visits }) => [date, visits])).toEqual([
      ['2024-03-02', 1],
      ['2024-03-03', 1],
      ['2024-03-04', 1],
      ['2024-03-05', 1],
      ['2024-03-13', 3],
    ])
    const piece = await service.api('GET', '/v1/sessions/c1.3?site=shop')
    expect(piece.body).toMatchObject({ visitor: 'gleb', channel: 'email', campaign: 'spring', pages: 1 })
    expect((await service.api('GET', '/v1/sessions/r1?site=shop')).body).toMatchObject({ bot: true, person: null })
  })

  test.each([
    'phone=89160000001',
    'phone=+79160000001',
    'visitor=anna',
    'contact=crm1',
    'session=a2',
    'lead=f1',
    'deal=d1',
  ])('finds Anna by %s', async (by) => {
    const { body } = await service.api('GET', `/v1/persons?site=shop&${by}&after=${position}`)
    expect(body).toMatchObject({ names: ['Anna'], revenue: '1500.50', currency: 'RUB' })
    const steps = (body.timeline as Sent[]).map(({ kind, id }) => `${kind} ${id}`)
    expect(steps.slice(-4)).toEqual(['form f1', 'deal d1', 'deal d1', 'note n1'])
  })
})

function post(path: string, body: string | Buffer, headers: Record<string, string>): Promise<Response> {
  return fetch(`${service.url}${path}`, { method: 'POST', body, headers })
}

const lead = (id: string) => ({ site: 'shop', id, at: '2024-03-20T00:00:00Z', kind: 'other' })

describe('a write over the wire', () => {
  test.each([
    ['an object', JSON.stringify(lead('w1')), {}, 1],
    ['an array', JSON.stringify([lead('w1'), lead('w2')]), {}, 2],
    ['lines', `${JSON.stringify(lead('w1'))}\n${JSON.stringify(lead('w2'))}\n`, { type: 'application/x-ndjson' }, 2],
    ['gzip', gzipSync(JSON.stringify(lead('w1'))), { encoding: 'gzip' }, 1],
    ['brotli', brotliCompressSync(JSON.stringify(lead('w1'))), { encoding: 'br' }, 1],
  ])(
    'may be %s',
    async (_, body, { type = 'application/json', encoding = 'identity' }: Record<string, string>, count) => {
      const answer = await post('/v1/leads', body, {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        'content-type': type,
        'content-encoding': encoding,
      })
      expect([answer.status, await answer.json()]).toMatchObject([202, { accepted: count, rejected: [] }])
    },
  )

  test('that is far too large is answered, and never cut off', async () => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
    for (let round = 0; round < 5; round++) {
      const answer = await post('/v1/leads', Buffer.alloc(20 * 1024 ** 2, ' '), headers)
      expect([answer.status, await answer.json()]).toMatchObject([413, { error: { code: 'too_large' } }])
    }
  })

  test.each([
    [home, 202, 'https://shop.example'],
    ['http://www.shop.example:8080/', 202, 'http://www.shop.example:8080'],
    ['https://evil-shop.example/', 403, null],
    ['http://localhost:3000/', 403, 'http://localhost:3000'],
  ])('from a page of %s is answered %i', async (url, status, allowed) => {
    const { origin } = new URL(url)
    const events = [page(`o${status}${origin.length}`, new Date().toISOString())]
    const answer = await post('/v1/events', JSON.stringify({ site: 'shop', visitor: 'o', session: 'o', events }), {
      'content-type': 'text/plain',
      'user-agent': browser,
      origin,
    })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, allowed])
  })
})
