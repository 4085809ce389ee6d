import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Outbound, openOutbound } from '#shell/outbound.ts'
import type { Store } from '#storage/client.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import {
  DAY,
  fact,
  fixedSettings,
  HOUR,
  landFacts,
  logFacts,
  MINUTE,
  SECOND,
  shop,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection } from '../projection.ts'
import { openPostbacks, type Postbacks, retryDelays_ms } from './postbacks.ts'

const SECRET = `whsec_${Buffer.from('a key of twenty-four by!').toString('base64')}`
// The library checks timestamps against the real clock.
const NOW = Date.now()

interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

let server: Server
let base = ''
let received: Received[] = []
let answers: number[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      response.writeHead(answers.shift() ?? 200, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

let store: Awaited<ReturnType<typeof freshStore>>
let outbound: Outbound
let now_ms = NOW
let settings: ReturnType<typeof fixedSettings>
let warned: object[] = []
beforeEach(async () => {
  store = await freshStore()
  outbound = openOutbound({ allow: ['127.0.0.0/8'] })
  received = []
  answers = []
  warned = []
  now_ms = NOW
})
afterEach(async () => {
  await outbound.close()
  await store.drop()
})

async function destination(said: object = {}, made_at = NOW - HOUR): Promise<void> {
  const document = { id: 'ads', site: 'shop', url: `${base}/won?deal={deal}&sum={amount}`, secret: SECRET, ...said }
  settings = fixedSettings({ ...shop, destination: [document] })
  await store.insert('settings', [
    { kind: 'destination', id: 'ads', version: 1, body: '{}', is_deleted: 0, changed_at: made_at, changed_by: 'test' },
    // A later version does not make it younger.
    {
      kind: 'destination',
      id: 'ads',
      version: 2,
      body: '{}',
      is_deleted: 0,
      changed_at: NOW + DAY,
      changed_by: 'test',
    },
  ])
}

let version = 1000
function postbacks(from: Store = store): Promise<Postbacks> {
  const log = { info() {}, warn: (fields: object) => warned.push(fields) }
  return openPostbacks({ store: from, settings, now: () => now_ms, log, outbound, nextVersion: () => ++version })
}

let node = 0
async function happens(facts: WorldFact[], queue: Postbacks): Promise<void> {
  node += 1
  await landFacts(store, logFacts(facts, `n${node}`))
  const projection = await openProjection({ store, settings, now: () => now_ms, beforePositions: queue.dealsChanged })
  while (await projection.step());
}

function journey(): WorldFact[] {
  const ad = { source: 'яндекс & co', medium: 'cpc', campaign: 'a b', channel: 'paid_search' }
  return [
    fact('events', {
      id: 'e1',
      at: NOW - 3 * HOUR,
      visitor: 'v1',
      session: 's1',
      ga: '1.2',
      ga_session: '1772443233',
      click_ids: { yclid: 'y1', gclid: 'g1' },
      ...ad,
    }),
    fact('events', { id: 'e2', at: NOW - 2 * HOUR, visitor: 'v1', session: 's2', ...ad, click_ids: { yclid: 'y/2' } }),
    fact('events', { id: 'e3', at: NOW - HOUR, visitor: 'v1', session: 's3' }),
    fact('deals', {
      id: 'd1',
      at: NOW - MINUTE,
      status: 'open',
      amount: '1500.50',
      currency: 'RUB',
      visitor: 'v1',
      ym: '77',
    }),
  ]
}

const won = (at: number, said: object = {}) => fact('deals', { id: 'd1', at, status: 'won', ...said })

async function rows(): Promise<{ state: string; attempts: number; answer_status: number }[]> {
  return store.query('SELECT state, attempts, answer_status FROM postbacks FINAL ORDER BY webhook_id')
}

describe('a destination', () => {
  test('is told of a won deal once, signed, with the source and click ids of the path', async () => {
    await destination({
      method: 'POST',
      url: `${base}/won?s={source}&c={campaign}&y={yclid}&g={gclid}&ga={ga}&gs={ga_session}&ym={ym}&x={other}`,
    })
    const queue = await postbacks()
    await happens(journey(), queue)
    expect(await rows()).toEqual([])
    await happens([won(NOW)], queue)
    expect(await rows()).toEqual([{ state: 'pending', attempts: 0, answer_status: 0 }])
    await queue.deliverDue()
    await queue.deliverDue()
    expect(received).toHaveLength(1)
    const [sent] = received as [Received]
    expect(sent.url).toBe(
      `/won?s=${encodeURIComponent('яндекс & co')}&c=a%20b&y=y%2F2&g=g1&ga=1.2&gs=1772443233&ym=77&x={other}`
        .replace('{other}', '%7Bother%7D')
        .replace('%7Bother%7D', '{other}'),
    )
    const body = new Webhook(SECRET).verify(sent.body, sent.headers as Record<string, string>)
    expect(body).toMatchObject({ type: 'deal_won', deal: 'd1', amount: '1500.50', currency: 'RUB', medium: 'cpc' })
    expect(await rows()).toEqual([{ state: 'sent', attempts: 1, answer_status: 200 }])
  })

  test('asked by GET is told in the address alone, signed with a raw secret', async () => {
    await destination({ method: 'GET', secret: 'a raw secret of many characters' })
    const queue = await postbacks()
    await happens([...journey(), won(NOW)], queue)
    await queue.deliverDue()
    const [sent] = received as [Received]
    expect([sent.method, sent.url, sent.body]).toEqual(['GET', '/won?deal=d1&sum=1500.50', ''])
    const hook = new Webhook('a raw secret of many characters', { format: 'raw' })
    const signed = hook.sign(sent.headers['webhook-id'] as string, new Date(NOW), '')
    expect(sent.headers['webhook-signature']).toBe(signed)
  })

  test('is told again under the same id until it answers 2xx, with growing pauses, also after a restart', async () => {
    await destination()
    answers = [500, 302, 204]
    const queue = await postbacks()
    await happens([...journey(), won(NOW)], queue)
    await queue.deliverDue()
    await queue.deliverDue()
    expect(received).toHaveLength(1)
    now_ms += (retryDelays_ms[0] as number) - 1
    await queue.deliverDue()
    expect(received).toHaveLength(1)
    now_ms += 1
    await queue.deliverDue()
    expect(received).toHaveLength(2)
    await queue.close()
    const restarted = await postbacks()
    now_ms += retryDelays_ms[1] as number
    await restarted.deliverDue()
    now_ms += DAY
    await restarted.deliverDue()
    expect(received).toHaveLength(3)
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(received.some(({ url }) => url === '/elsewhere')).toBe(false)
    expect(await rows()).toEqual([{ state: 'sent', attempts: 3, answer_status: 204 }])
    expect(warned).toHaveLength(2)
  })

  test('hears the same on every try, whatever has become of the deal since', async () => {
    await destination({ method: 'POST', url: `${base}/won?c={campaign}&sum={amount}` })
    answers = [500, 500, 200]
    const queue = await postbacks()
    await happens([...journey(), won(NOW)], queue)
    await queue.deliverDue()
    await happens([won(NOW, { amount: '9', version: 1 })], queue)
    now_ms += retryDelays_ms[0] as number
    await queue.deliverDue()
    await queue.close()
    const restarted = await postbacks()
    now_ms += retryDelays_ms[1] as number
    await restarted.deliverDue()
    expect(received).toHaveLength(3)
    expect(new Set(received.map(({ body, url }) => `${url} ${body}`)).size).toBe(1)
    expect(received[0]?.body).toContain('1500.50')
  })

  test('that never answers well is given up after the last pause', async () => {
    await destination()
    answers = Array.from({ length: 50 }, () => 503)
    const queue = await postbacks()
    await happens([...journey(), won(NOW)], queue)
    for (let tries = 0; tries < 20; tries++) {
      await queue.deliverDue()
      now_ms += 2 * DAY
    }
    expect(received).toHaveLength(retryDelays_ms.length + 1)
    expect(await rows()).toEqual([{ state: 'failed', attempts: retryDelays_ms.length + 1, answer_status: 503 }])
  })

  test('hears nothing more of a deal that is changed, or won again', async () => {
    await destination()
    const queue = await postbacks()
    await happens([...journey(), won(NOW)], queue)
    await queue.deliverDue()
    await happens(
      [won(NOW + SECOND, { amount: '9' }), fact('deals', { id: 'd1', at: NOW + MINUTE, status: 'lost' })],
      queue,
    )
    await happens([won(NOW + HOUR)], queue)
    await queue.deliverDue()
    expect(received).toHaveLength(1)
  })

  test('made after the deal was won hears nothing of it', async () => {
    await destination({}, NOW - SECOND)
    const queue = await postbacks()
    await happens([...journey(), won(NOW - SECOND - 1)], queue)
    expect(await rows()).toEqual([])
    await happens([fact('deals', { id: 'd2', at: NOW - SECOND, status: 'won' })], queue)
    expect(await rows()).toHaveLength(1)
  })

  test('is told of each of many deals won at once, and asked about once for many that are old news', async () => {
    await destination({}, NOW - HOUR)
    let asked = 0
    const counting: Store = Object.assign(Object.create(store), {
      query: (...args: Parameters<Store['query']>) => {
        asked++
        return store.query(...args)
      },
    })
    const queue = await postbacks(counting)
    const deals = (count: number, at: number) =>
      Array.from({ length: count }, (_, index) => fact('deals', { id: `d${at}-${index}`, at, status: 'won' }))
    asked = 0
    await happens(deals(300, NOW - DAY), queue)
    expect(asked).toBeLessThan(20)
    expect(await rows()).toEqual([])
    await happens(deals(45, NOW - MINUTE), queue)
    expect(await rows()).toEqual(Array(45).fill({ state: 'pending', attempts: 0, answer_status: 0 }))
    for (let turn = 0; turn < 5; turn++) await queue.deliverDue()
    expect(new Set(received.map(({ url }) => url)).size).toBe(45)
    expect(received).toHaveLength(45)
  })

  test('hears nothing of a merge, or of facts read again', async () => {
    await destination()
    const queue = await postbacks()
    await happens([...journey(), won(NOW)], queue)
    await queue.deliverDue()
    await happens(
      [fact('events', { id: 'f1', at: NOW, type: 'form', visitor: 'v1', session: 's3', phone: '+79261112233' })],
      queue,
    )
    await truncate(store, 'matching_positions')
    await happens([], queue)
    await queue.deliverDue()
    expect(received).toHaveLength(1)
    expect(await rows()).toHaveLength(1)
  })

  test('that is switched off hears nothing until it is switched on', async () => {
    await destination({ enabled: false })
    const off = await postbacks()
    await happens([...journey(), won(NOW)], off)
    expect(await rows()).toEqual([])
    await destination()
    const queue = await postbacks()
    await happens([fact('deals', { id: 'd2', at: NOW, status: 'won' })], queue)
    const document = settings.get('destination', 'ads')?.document ?? {}
    settings.change('destination', { ...document, enabled: false })
    await queue.deliverDue()
    expect(received).toHaveLength(0)
    settings.change('destination', { ...document, enabled: true })
    now_ms += MINUTE
    await queue.deliverDue()
    expect(received.map(({ url }) => url)).toEqual(['/won?deal=d2&sum='])
  })

  test('on a private network is not called', async () => {
    await destination()
    await outbound.close()
    outbound = openOutbound({ allow: [] })
    const queue = await postbacks()
    await happens([...journey(), won(NOW)], queue)
    await queue.deliverDue()
    expect(received).toHaveLength(0)
    expect(await rows()).toEqual([{ state: 'pending', attempts: 1, answer_status: 0 }])
    expect(warned).toMatchObject([{ err: 'AddressRefused' }])
  })
})
