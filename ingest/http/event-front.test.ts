import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request as openRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { browserBodies } from './body.ts'
import { SMALL_BODY_BYTES } from './body-room.ts'
import { BROWSER, openTestIngest, type TestIngest } from './test-ingest.ts'

let ingest: TestIngest
let port: number
/** Requests that a front took: else the table would compare the route with itself. */
let taken = 0

beforeAll(async () => {
  const pools = [{ numbers: ['+74951110001'] }]
  ingest = await openTestIngest(await freshStore(), { pools, rate_limit_per_minute: 40 })
  const { list } = ingest.app.fronts
  for (const [place, front] of [...list].entries()) {
    list[place] = (request, response) => {
      const isTaken = front(request, response)
      if (isTaken) taken++
      return isTaken
    }
  }
  await ingest.app.listen({ port: 0, host: '127.0.0.1' })
  port = (ingest.app.server.address() as { port: number }).port
})
afterAll(() => ingest.close())

interface Sent {
  headers?: Record<string, string>
  body?: unknown
  path?: string
}

interface Told {
  status: number
  headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, and a wrong one fails the test.
  body: any
}

let sent = 0
const page = (more: object = {}) => ({
  id: `e${sent++}`,
  type: 'page',
  at: Date.now(),
  url: 'https://shop.example/?utm_source=vk',
  ...more,
})
const batch = (more: object = {}) => ({ site: 'shop', visitor: 'v', session: 's', events: [page()], ...more })

const cases: [name: string, isForFront: boolean, Sent][] = [
  ['a page as text', true, {}],
  ['a page as JSON', true, { headers: { 'content-type': 'application/json; charset=UTF-8' } }],
  ['a page of a known origin', true, { headers: { origin: 'https://www.shop.example' } }],
  ['a page of a stranger', true, { headers: { origin: 'https://evil.example' } }],
  [
    'a page that asks for its cookie',
    true,
    {
      headers: { origin: 'https://www.shop.example', 'sec-fetch-site': 'same-site' },
      body: batch({ cookie_domain: 'shop.example' }),
    },
  ],
  ['a page whose origin is hidden', true, { headers: { origin: 'null', referer: 'https://shop.example/a' } }],
  ['a page that asks for numbers', true, { body: batch({ lease: true }) }],
  ['ten pages', true, { body: batch({ events: Array.from({ length: 10 }, () => page()) }) }],
  ['good and bad events', true, { body: batch({ events: [page(), page({ url: 'x' }), { type: 'page' }, null] }) }],
  ['bad events alone', true, { body: batch({ events: [page({ at: 'never' }), page({ at: 1 })] }) }],
  ['an array', true, { body: [batch(), batch()] }],
  ['an unknown site', true, { body: batch({ site: 'nobody' }) }],
  ['a batch without a session', true, { body: batch({ session: undefined }) }],
  ['letters of all kinds', true, { body: batch({ events: [page({ title: 'Каталог 漢字 😀 "\\' })] }) }],
  ['no JSON', true, { body: '{"site":' }],
  ['nothing', true, { body: '' }],
  ['blanks', true, { body: '  \n' }],
  ['no UTF-8', true, { body: Buffer.from([0x7b, 0xff, 0x7d]) }],
  ['a byte order mark', true, { body: `\ufeff${JSON.stringify(batch())}` }],
  ['a body as large as takes no room', true, { body: JSON.stringify(batch()).padEnd(SMALL_BODY_BYTES) }],
  ['a body larger than that', false, { body: JSON.stringify(batch()).padEnd(SMALL_BODY_BYTES + 1) }],
  ['a body as large as may be', false, { body: JSON.stringify(batch()).padEnd(browserBodies.text) }],
  ['a body too large', false, { body: JSON.stringify(batch()).padEnd(browserBodies.text + 1) }],
  ['lines', false, { headers: { 'content-type': 'application/x-ndjson' } }],
  ['another charset', false, { headers: { 'content-type': 'text/plain; charset=windows-1251' } }],
  ['another type', false, { headers: { 'content-type': 'text/html' } }],
  ['gzip', false, { headers: { 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify(batch())) }],
  ['a token', false, { headers: { authorization: 'Bearer tl-ingest' } }],
  ['a wrong token', false, { headers: { authorization: 'Bearer nonsense' } }],
  ['credentials of another kind', false, { headers: { authorization: 'Basic eDp5' } }],
  ['a question in the address', false, { path: '/v1/events?a=1' }],
  ['a slash at the end', false, { path: '/v1/events/' }],
]

describe('the front of /v1/events answers as the route', () => {
  test.each(cases)('%s', async (name, isForFront, { headers = {}, body = batch(), path = '/v1/events' }) => {
    const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const address = `198.51.100.${cases.findIndex((each) => each[0] === name)}`
    const all = { 'content-type': 'text/plain', 'user-agent': BROWSER, 'x-forwarded-for': address, ...headers }
    const before = taken
    const fronted = await send(path, all, payload)
    expect(taken - before).toBe(isForFront ? 1 : 0)
    // The second is a repeat, which is answered like the first; numbers stay with their session.
    const routed = await ingest.app.inject({ method: 'POST', url: path, headers: all, payload })
    const { remaining, ...rest } = shown(fronted)
    const { remaining: left, ...expected } = shown({
      status: routed.statusCode,
      headers: routed.headers as IncomingHttpHeaders,
      body: routed.json(),
    })
    expect(rest).toEqual(expected)
    // Both count the same address.
    expect(Number(remaining) - Number(left)).toBe(remaining === undefined ? Number.NaN : 1)
  })
})

test('an address that asks too often is refused by the route, whichever counted it', async () => {
  const headers = { 'content-type': 'text/plain', 'user-agent': BROWSER, 'x-forwarded-for': '203.0.113.7' }
  const statuses: number[] = []
  for (let asked = 0; asked < 42; asked++) {
    const payload = JSON.stringify(batch())
    const inject = async () =>
      (await ingest.app.inject({ method: 'POST', url: '/v1/events', headers, payload })).statusCode
    statuses.push(asked % 2 ? await inject() : (await send('/v1/events', headers, payload)).status)
  }
  expect(statuses).toEqual([...Array.from({ length: 40 }, () => 202), 429, 429])
})

test('a request that breaks off hurts nobody', async () => {
  const broken = openRequest({ port, method: 'POST', path: '/v1/events', headers: { 'content-length': '1000' } })
  broken.setHeader('content-type', 'text/plain')
  broken.on('error', () => {})
  await new Promise<void>((done) => broken.write('{"site"', () => done()))
  broken.destroy()
  const headers = { 'content-type': 'text/plain', 'user-agent': BROWSER }
  expect((await send('/v1/events', headers, JSON.stringify(batch()))).status).toBe(202)
})

test('of a sender who does not wait for the answer the events are kept all the same', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `gone-${index}`)
  const before = taken
  for (const id of ids) {
    const gone = openRequest({ port, method: 'POST', path: '/v1/events', headers: { 'content-type': 'text/plain' } })
    gone.setHeader('x-forwarded-for', '203.0.113.8').on('error', () => {})
    gone.end(JSON.stringify(batch({ events: [page({ id })] })), () => gone.destroy())
  }
  await expect.poll(() => taken, { timeout: 15_000 }).toBe(before + ids.length)
  const headers = { 'content-type': 'text/plain', 'user-agent': BROWSER }
  const { body } = await send('/v1/events', headers, JSON.stringify(batch()))
  expect(await ingest.rows(body.position, 'events', "startsWith(id, 'gone-')")).toHaveLength(ids.length)
})

test('a request in the middle when the service closes is answered, and its connection closed', async () => {
  const before = taken
  const request = openRequest({ port, method: 'POST', path: '/v1/events', agent: new Agent({ keepAlive: true }) })
  const payload = JSON.stringify(batch())
  request.setHeader('content-type', 'text/plain').setHeader('content-length', payload.length)
  const answered = once(request, 'response')
  request.write(payload.slice(0, 10))
  await expect.poll(() => taken, { timeout: 15_000 }).toBe(before + 1)
  const closed = ingest.app.close()
  request.end(payload.slice(10))
  const [response] = await answered
  response.resume()
  expect([response.statusCode, response.headers.connection]).toEqual([202, 'close'])
  await closed
})

/** What a caller sees, without what differs from one moment, or one transport, to the next. */
function shown({ status, headers, body }: Told) {
  const { date: _, connection, 'keep-alive': __, 'x-ratelimit-remaining': remaining, ...rest } = headers
  // A lease is taken once, and found by the second.
  if (body.position) body.position = String(body.position).replace(/-\d+/g, '-N').replace('.leases-N', '')
  if (rest['x-ratelimit-reset']) rest['x-ratelimit-reset'] = 'seconds'
  if (rest['content-length']) rest['content-length'] = 'length'
  // An array in one of the two ways in.
  if (rest['set-cookie']) rest['set-cookie'] = [rest['set-cookie']].flat()
  return { status, headers: rest, body, remaining, isClosed: connection === 'close' }
}

function send(path: string, headers: Record<string, string>, payload: string | Buffer): Promise<Told> {
  return new Promise((resolve, reject) => {
    const request = openRequest({ port, method: 'POST', path, headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode as number, headers: response.headers, body: JSON.parse(text) })
    })
    request.on('error', reject)
    request.end(payload)
  })
}
