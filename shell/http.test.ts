import { connect } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Failure, type FailureCode, failures } from './failure.ts'
import { type App, createApp } from './http.ts'

const tokens: Record<string, string[]> = {
  'Bearer reader': ['reports'],
  'Bearer owner': ['admin', 'ingest', 'reports', 'personal'],
}

let app: App
let logged: string

beforeEach(async () => {
  logged = ''
  const log = pino({}, { write: (line) => (logged += line) })
  app = createApp({
    log: log as never,
    trustProxy: ['10.0.0.0/8'],
    authorize: (header) => {
      const scopes = tokens[header ?? '']
      return scopes && { token: 't', allows: (scope) => scopes.includes(scope), reaches: () => true }
    },
  })
  const schema = { body: z.object({ name: z.string(), age: z.number() }) }
  app.post('/echo', { schema, bodyLimit: 100 }, async ({ body }) => body)
  app.get('/read', { config: { scope: 'reports' } }, async (request) => ({ token: request.access?.token }))
  app.get('/write', { config: { scope: 'ingest' } }, async () => ({}))
  app.get('/address', async (request) => ({ ip: request.ip }))
  app.get('/broken', async () => {
    throw new Error('the row was +79261112233')
  })
  app.get('/busy', async () => {
    throw new Failure('log_full', 'The log is full.', { retry_after_s: 7, cause: new Error('ENOSPC') })
  })
  await app.ready()
})

afterEach(() => app.close())

describe('an app', () => {
  test('names the field that is wrong', async () => {
    const answer = await app.inject({ method: 'POST', url: '/echo', payload: { name: 'x', age: 'old' } })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: { code: 'bad_request', field: 'age' } })
  })

  test.each([
    ['broken JSON', 'POST', '/echo', '{"name":', 400, 'bad_request'],
    ['a body over the limit', 'POST', '/echo', JSON.stringify({ name: 'x'.repeat(200), age: 1 }), 413, 'too_large'],
    ['an unknown path', 'GET', '/nothing', undefined, 404, 'not_found'],
  ])('answers %s with its code', async (_, method, url, payload, status, code) => {
    const answer = await app.inject({
      method: method as 'GET',
      url,
      ...(payload !== undefined && { payload, headers: { 'content-type': 'application/json' } }),
    })
    expect(answer.statusCode).toBe(status)
    expect(answer.json().error.code).toBe(code)
  })

  test('answers a type it cannot read with 415', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/echo',
      payload: '<a/>',
      headers: { 'content-type': 'text/xml' },
    })
    expect(answer.statusCode).toBe(415)
    expect(answer.json().error.code).toBe('unsupported_type')
  })

  test.each([
    ['/read', undefined, 401, 'unauthorized'],
    ['/read', 'Bearer stranger', 401, 'unauthorized'],
    ['/write', 'Bearer reader', 403, 'forbidden'],
  ])('keeps %s from %s', async (url, authorization, status, code) => {
    const answer = await app.inject({ url, headers: authorization ? { authorization } : {} })
    expect(answer.statusCode).toBe(status)
    expect(answer.json().error.code).toBe(code)
  })

  test('lets a token with the scope in', async () => {
    const answer = await app.inject({ url: '/read', headers: { authorization: 'Bearer reader' } })
    expect(answer.json()).toEqual({ token: 't' })
  })

  test('shows nobody what broke inside, and logs it', async () => {
    const answer = await app.inject({ url: '/broken?phone=79261112233' })
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('7926')
    expect(logged).toContain('request failed')
    expect(logged).not.toContain('phone=')
  })

  test('says when to come back', async () => {
    const answer = await app.inject('/busy')
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('7')
  })

  test.each([
    ['what is no HTTP', 'GET / HTTP/9.9 tl_secret\r\n\r\n', 400, 'bad_request'],
    [
      'two lengths',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'bad_request',
    ],
    [
      'a length and chunks',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG',
      400,
      'bad_request',
    ],
    ['headers without end', `GET /echo HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'too_large'],
  ])('answers %s like any other failure, once, and logs none of it', async (_, bytes, status, code) => {
    app.log.level = 'trace'
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
    logged = ''
    const [head = '', body = ''] = (await exchange(Number(port), bytes)).split('\r\n\r\n')
    expect(head.split(' ')[1]).toBe(String(status))
    expect(JSON.parse(body)).toMatchObject({ error: { code } })
    expect(logged).toBe('')
  })

  test('lets no browser guess what an answer is', async () => {
    for (const url of ['/nothing', '/read', '/busy', '/address']) {
      expect((await app.inject(url)).headers['x-content-type-options']).toBe('nosniff')
    }
  })

  test.each([
    ['a listed proxy', '10.1.2.3', '203.0.113.7'],
    ['a stranger', '198.51.100.1', '198.51.100.1'],
  ])('believes the address told by %s as far as it should', async (_, remoteAddress, ip) => {
    const answer = await app.inject({ url: '/address', remoteAddress, headers: { 'x-forwarded-for': '203.0.113.7' } })
    expect(answer.json()).toEqual({ ip })
  })
})

function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('utf8')
    socket.on('data', (text) => {
      answer += text
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('failures', () => {
  test.each(Object.entries(failures))('%s has a status of an error and says what to do', (code, { status, fix }) => {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(fix).toMatch(/^[A-Z`].*\.$/)
    expect(new Failure(code as FailureCode, 'x').status).toBe(status)
  })
})
