import { request as openRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'
import { at, fillHistory } from './test-history.ts'

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

type Line = Record<string, unknown>

async function lines(url: string, token?: string): Promise<Line[]> {
  const { status, body, headers } = await http.get(url, token)
  expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson; charset=utf-8'])
  return (body.text as string)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}

describe('a stream', () => {
  test.each([
    ['sessions', ['s1', 's1.2', 's9']],
    ['calls', ['c1']],
    ['leads', ['chat1', 'f1']],
    ['deals', ['d0', 'd1']],
    ['conversions', ['chat1', 'c1', 'd0', 'd1', 'f1']],
    ['leases', ['le1']],
  ])('of %s has each once', async (name, ids) => {
    const found = await lines(`/v1/${name}?site=shop&from=2026-11-01&to=2026-11-30`)
    expect(found.map(({ id }) => String(id)).sort()).toEqual([...ids].sort())
  })

  test.each([
    ['from=2026-11-02&to=2026-11-02', 2],
    ['from=2026-11-01&to=2026-11-01', 1],
    ['from=2026-11-02T13:00:00%2B03:00', 2],
    ['from=2026-11-02T13:00:00+03:00', 2],
    ['to=2026-11-02T10:00:00Z', 1],
    [`from=${Date.parse('2026-11-02T10:00:00Z')}`, 2],
    ['', 3],
  ])('keeps to the period %j', async (period, count) => {
    expect(await lines(`/v1/sessions?site=shop&${period}`)).toHaveLength(count)
  })

  test.each(['from=yesterday', 'from=2026-02-30', 'to=2026-11-02T10:00:00'])(
    'refuses the period %s',
    async (period) => {
      expect((await http.get(`/v1/sessions?site=shop&${period}`)).status).toBe(400)
    },
  )

  test('of leases has the last word on each', async () => {
    const [lease] = await lines('/v1/leases?site=shop')
    expect(lease).toMatchObject({
      change: 'released',
      number: '+74951000001',
      session: 's1',
      from: at(1, 0),
      to: at(1, 11),
    })
  })

  test('of identities has every identifier, and says which are shared', async () => {
    const found = await lines('/v1/identities?site=shop')
    expect(found).toHaveLength(14)
    expect(found).toContainEqual({ kind: 'phone', value: '+79261234567', person: 'panna' })
    expect(found).toContainEqual({ kind: 'phone', value: '+74957777777', person: null, shared: true })
    expect(JSON.stringify(await lines('/v1/identities?site=shop', 'reports'))).not.toContain('79261234567')
  })

  test('of touchpoints has every step of every path', async () => {
    const found = await lines('/v1/touchpoints?site=shop')
    expect(found).toHaveLength(5)
    expect(found.filter(({ conversion }) => conversion === 'd1')).toMatchObject([
      {
        conversion_kind: 'deal',
        conversion_at: at(3, 0),
        status: 'won',
        value: '45000.00',
        currency: 'RUB',
        person: 'panna',
        position: 1,
        length: 2,
        session: 's1',
        channel: 'paid_search',
      },
      { position: 2, session: 's1.2', channel: 'direct' },
    ])
    expect(found[0]).not.toHaveProperty('weight')
  })

  test('of touchpoints with a model gives the rest to «uncredited»', async () => {
    const found = await lines('/v1/touchpoints?site=shop&model=linear')
    expect(found.map(({ conversion, channel, weight, credit }) => [conversion, channel, weight, credit])).toEqual([
      ['d0', 'uncredited', 1, '0.00'],
      ['d1', 'paid_search', 0.5, '22500.00'],
      ['d1', 'direct', 0.5, '22500.00'],
      ['c1', 'paid_search', 1, '0.00'],
      ['chat1', 'paid_search', 1, '0.00'],
      ['f1', 'paid_search', 1, '0.00'],
    ])
  })

  test.each([
    ['model=psychic', 'unknown_model', 'model', 'psychic'],
    ['model=', 'unknown_model', 'model', 'empty'],
    ['model=linear&half_life_days=7', 'bad_request', 'half_life_days', 'linear'],
    ['model=time_decay&half_life_days=', 'bad_request', 'half_life_days', 'half_life_days'],
    ['model=time_decay&half_life_days=0.009', 'bad_request', 'half_life_days', 'half_life_days'],
    ['model=time_decay&half_life_days=3651', 'bad_request', 'half_life_days', 'half_life_days'],
    ['model=first&weights=40,20,40', 'bad_request', 'weights', 'first'],
    ['model=position_u&weights=40,20', 'bad_request', 'weights', 'weights'],
    ['model=position_u&weights=30,30,30,10', 'bad_request', 'weights', 'first, middle, last'],
    ['model=position_w&weights=40,20,40', 'bad_request', 'weights', 'first, lead, deal, rest'],
    ['model=position_u&weights=0,0,0', 'bad_request', 'weights', 'weights'],
    ['model=position_u&weights=1,1,10001', 'bad_request', 'weights', 'weights'],
    ['model=position_u&weights=1;DROP', 'bad_request', 'weights', 'weights'],
  ])('of touchpoints refuses %s by name', async (query, code, field, named) => {
    const { status, body } = await http.get(`/v1/touchpoints?site=shop&${query}`)
    expect([status, body.error]).toMatchObject([400, { code, field, message: expect.stringContaining(named) }])
  })
})

describe('a stream that fails', () => {
  test('before its first row answers with an error', async () => {
    const broken = await makeTestApp(() => undefined)
    const { status, body, headers } = await broken.get('/v1/sessions?site=shop')
    expect([status, body.error, headers['retry-after']]).toMatchObject([503, { code: 'store_away' }, '2'])
    await broken.app.close()
  })

  test('in the middle is broken off, never ended neatly', async () => {
    const failing = { ...store, stream: halfStream } as unknown as Store
    const broken = await makeTestApp(() => failing)
    await broken.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = broken.app.server.address() as AddressInfo
    const outcome = await new Promise<{ bytes: number; end: string }>((resolve) => {
      const headers = { authorization: 'Bearer reports' }
      openRequest({ port, host: '127.0.0.1', path: '/v1/identities?site=shop', headers }, (answer) => {
        let bytes = 0
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        answer.on('end', () => resolve({ bytes, end: 'neat' }))
        answer.on('error', () => resolve({ bytes, end: 'broken' }))
      }).end()
    })
    expect(outcome.bytes).toBeGreaterThan(10)
    expect(outcome.end).toBe('broken')
    await broken.app.close()
  })
})

async function* halfStream(): AsyncGenerator<object[]> {
  yield [{ kind: 'visitor', value: 'v1', person: 'panna', shared: 0 }]
  throw new Error('socket hang up')
}
