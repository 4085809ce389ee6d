import { Agent, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestIngest, type TestIngest } from './test-ingest.ts'

let ingest: TestIngest

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore())
  await ingest.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => ingest.close())

const MB = 1024 ** 2
const token = 'tl-ingest'
const lead = (id: string, more: object = {}) => ({
  id,
  site: 'shop',
  at: '2026-01-15T12:30:00Z',
  kind: 'chat',
  ...more,
})
const page = { id: 'p', type: 'page', at: 0, url: 'https://shop.example/' }
const batch = (more: object = {}) => ({
  site: 'shop',
  visitor: 'v',
  session: 's',
  events: [{ ...page, at: ingest.clock.now_ms }],
  ...more,
})

function post(body: string | Buffer, headers: Record<string, string> = {}, path = '/v1/leads') {
  return ingest.post(path, body, { headers, ...(path === '/v1/leads' && { token }) })
}

describe('a body', () => {
  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('may come as %s, as JSON and line by line', async (encoding, compress) => {
    const json = await post(compress(Buffer.from(JSON.stringify([lead('a'), lead('b')]))), {
      'content-encoding': encoding,
    })
    expect(json.body).toMatchObject({ accepted: 2 })
    const lines = Buffer.from(`${JSON.stringify(lead('a'))}\n${JSON.stringify(lead('b'))}\n`)
    const ndjson = await post(compress(lines), { 'content-encoding': encoding, 'content-type': 'application/x-ndjson' })
    expect(ndjson.body).toMatchObject({ accepted: 2 })
  })

  test.each([
    ['is empty', '', {}, 400, 'bad_request', 'body'],
    ['is blank', ' \n', {}, 400, 'bad_request', 'body'],
    ['is no JSON', '{"id":', {}, 400, 'bad_request', 'body'],
    ['is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), {}, 400, 'bad_request', 'body'],
    ['is not the gzip it says', '{}', { 'content-encoding': 'gzip' }, 400, 'bad_request', 'body'],
    ['is not the brotli it says', 'x'.repeat(99), { 'content-encoding': 'br' }, 400, 'bad_request', 'body'],
    [
      'is a torn gzip',
      gzipSync(JSON.stringify(lead('a'))).subarray(0, 40),
      { 'content-encoding': 'gzip' },
      400,
      'bad_request',
      'body',
    ],
    ['is packed in a way unknown', '{}', { 'content-encoding': 'zstd' }, 415, 'unsupported_type', 'content-encoding'],
    ['is packed twice', '{}', { 'content-encoding': 'gzip, gzip' }, 415, 'unsupported_type', 'content-encoding'],
    [
      'is a form',
      'id=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_type',
      'content-type',
    ],
    ['is an image', '{}', { 'content-type': 'image/png' }, 415, 'unsupported_type', 'content-type'],
    [
      'is in another charset',
      '{}',
      { 'content-type': 'application/json; charset=windows-1251' },
      415,
      'unsupported_type',
      'content-type',
    ],
    ['is plain text with a token', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_type', 'content-type'],
    ['is CSV of what is no table', 'a\n', { 'content-type': 'text/csv' }, 415, 'unsupported_type', 'content-type'],
    ['is nested without end', '['.repeat(200_000), {}, 400, 'bad_request', 'body'],
    ['is a null', 'null', {}, 400, 'nothing_accepted', 'body'],
  ])('that %s is refused', async (_, body, headers, status, code, field) => {
    expect(await post(body, headers)).toMatchObject({ status, body: { error: { code, field } } })
  })

  test('is as large as its route allows, and no larger', async () => {
    const wrapped = (length: number) => {
      const [before, after] = [`[${JSON.stringify(lead('big'))},"`, '"]']
      return before + 'x'.repeat(length - before.length - after.length) + after
    }
    expect((await post(wrapped(16 * MB))).body).toMatchObject({ accepted: 1, rejected_total: 1 })
    expect(await post(wrapped(16 * MB + 1))).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
    const events = (length: number) =>
      JSON.stringify(batch({ pad: '' })).replace(
        '"pad":""',
        `"pad":"${'x'.repeat(length - JSON.stringify(batch({ pad: '' })).length)}"`,
      )
    expect((await post(events(MB / 2), {}, '/v1/events')).status).toBe(202)
    expect((await post(events(MB / 2 + 1), {}, '/v1/events')).status).toBe(413)
    expect((await ingest.post('/v1/events', events(MB), { token })).status).toBe(202)
  })

  test.each([
    ['gzip', gzipSync(Buffer.alloc(400 * MB, ' '))],
    ['br', brotliCompressSync(Buffer.alloc(400 * MB, ' '))],
  ])('that unpacks without end (%s) is refused early', async (encoding, bomb) => {
    const before = process.memoryUsage().rss
    for (const type of ['application/json', 'application/x-ndjson']) {
      expect(await post(bomb, { 'content-encoding': encoding, 'content-type': type })).toMatchObject({ status: 413 })
    }
    expect(await post(bomb, { 'content-encoding': encoding }, '/v1/events')).toMatchObject({ status: 413 })
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MB)
  })

  test('line by line may be far larger than memory would like', async () => {
    const line = `${JSON.stringify(lead('flat', { text: 'x'.repeat(900) }))}\n`
    const count = Math.floor((60 * MB) / line.length)
    const answer = await post(line.repeat(count), { 'content-type': 'application/x-ndjson' })
    expect(answer.body).toMatchObject({ accepted: count, rejected_total: 0 })
  })

  test('with a line that is too long loses that line alone', async () => {
    const lines = [JSON.stringify(lead('1')), 'x'.repeat(MB + 1), '', JSON.stringify(lead('2'))].join('\n')
    const answer = await post(lines, { 'content-type': 'application/x-ndjson' })
    expect(answer.body).toMatchObject({ accepted: 2, rejected: [{ index: 1, field: 'line' }] })
  })
})

describe('over a real connection', () => {
  test('a body that is too large is answered, also while it is still being sent', async () => {
    const { status } = await send({ 'transfer-encoding': 'chunked' }, (write) => {
      for (let sent = 0; sent < 20; sent++) write(Buffer.alloc(MB, '['))
    })
    expect(status).toBe(413)
  })

  test('a sender of too much may finish, hears why, and goes on over the same connection', async () => {
    const { port } = ingest.app.server.address() as AddressInfo
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const options = { port, host: '127.0.0.1', path: '/v1/leads', method: 'POST', agent, headers }
    const sendSlowly = (body: Buffer, length: number) =>
      new Promise<{ status: number | undefined; from: number | undefined }>((resolve, reject) => {
        const request = httpRequest({ ...options, headers: { ...headers, 'content-length': length } }, (answer) => {
          const from = request.socket?.localPort
          // The rest goes out only now, when a server that hung up would have.
          request.end(Buffer.alloc(length - body.length, ' '))
          answer.resume().on('end', () => resolve({ status: answer.statusCode, from }))
        })
        request.on('error', reject)
        request.write(body)
      })
    const refused = await sendSlowly(Buffer.from('['), 17 * MB)
    expect(refused.status).toBe(413)
    const next = Buffer.from(JSON.stringify(lead('next')))
    expect(await sendSlowly(next, next.length)).toEqual({ status: 202, from: refused.from })
    agent.destroy()
  })

  test('a length that promises too much is refused before the body comes', async () => {
    expect(await send({ 'content-length': String(10 ** 12) }, () => undefined, false)).toMatchObject({ status: 413 })
  })

  test('a body that breaks off leaves the service well', async () => {
    await expect(
      send({ 'content-length': '1000' }, (write, request) => {
        write(Buffer.from('[{"id":'))
        request.destroy()
      }),
    ).rejects.toThrow()
    expect((await post(JSON.stringify(lead('after')))).status).toBe(202)
  })

  test('a line that comes in pieces is read whole', async () => {
    const text = Buffer.from(`${JSON.stringify(lead('ж1', {}))}\n${JSON.stringify(lead('p2', { name: 'Жанна' }))}\n`)
    const { status, body } = await send({ 'content-type': 'application/x-ndjson' }, (write) => {
      for (const byte of text) write(Buffer.from([byte]))
    })
    expect(status).toBe(202)
    expect(JSON.parse(body)).toMatchObject({ accepted: 1, rejected: [{ index: 0, field: 'id' }] })
  })
})

type Write = (chunk: Buffer) => void

function send(
  headers: Record<string, string>,
  write: (write: Write, request: ReturnType<typeof httpRequest>) => void,
  isEnded = true,
): Promise<{ status: number | undefined; body: string }> {
  const { port } = ingest.app.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: '127.0.0.1',
        path: '/v1/leads',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          request.destroy()
          resolve({ status: answer.statusCode, body: Buffer.concat(chunks).toString() })
        })
      },
    )
    request.on('error', reject)
    request.flushHeaders()
    write((chunk) => void request.write(chunk), request)
    if (isEnded) request.end()
  })
}
