import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { type App, type AppLimits, createApp } from './http.ts'

let app: App
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await app.close()
})

async function open(limits: AppLimits): Promise<number> {
  app = createApp({
    log: pino({ level: 'silent' }) as never,
    trustProxy: ['10.0.0.0/8'],
    limits,
    authorize: (header) =>
      header === 'Bearer owner' ? { token: 't', allows: () => true, reaches: () => true } : undefined,
  })
  app.post('/take', async ({ body }) => ({ length: JSON.stringify(body).length }))
  app.post('/late', () => new Promise((resolve) => setTimeout(resolve, 300, {})))
  app.get('/read', { config: { scope: 'reports' } }, async () => ({}))
  app.get('/named/:name', async () => ({}))
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
}

interface Talk {
  socket: Socket
  /** All that came, once the other side has ended. */
  ended: Promise<string>
  heard(): string
}

function talk(port: number, text = ''): Talk {
  let heard = ''
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  sockets.push(socket)
  socket.setEncoding('utf8')
  socket.on('data', (more) => (heard += more))
  socket.on('error', () => {})
  return { socket, heard: () => heard, ended: new Promise((resolve) => socket.on('close', () => resolve(heard))) }
}

const head = (more = '', path = '/take') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}`
const quick = { look_ms: 20, whole_looks_max: 5, idle_looks_max: 20, rest_looks_max: 5 }

function codeIn(heard: string): { status: string | undefined; code: string | undefined } {
  const [first = '', body = ''] = heard.split('\r\n\r\n')
  return { status: first.split(' ')[1], code: body === '' ? undefined : JSON.parse(body).error?.code }
}

function drip(socket: Socket, text: string, every_ms: number): void {
  const timer = setInterval(() => (socket.writable ? socket.write(text) : clearInterval(timer)), every_ms)
  socket.on('close', () => clearInterval(timer))
}

describe('slowness', () => {
  test('in a stranger’s body is answered, whether it drips or stops', async () => {
    const port = await open({ slow_bodies: quick })
    const dripping = talk(port, head('Content-Length: 100000\r\n\r\n['))
    drip(dripping.socket, ' ', 10)
    const stopped = talk(port, head('Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n'))
    expect(codeIn(await dripping.ended)).toEqual({ status: '408', code: 'too_slow' })
    expect(codeIn(await stopped.ended)).toEqual({ status: '408', code: 'too_slow' })
  })

  test('in a body with a token is borne while it moves, and answered when it hardly does', async () => {
    const port = await open({ slow_bodies: quick })
    const steady = talk(port, head('Authorization: Bearer owner\r\nContent-Length: 40002\r\n\r\n"'))
    const hardly = talk(port, head('Authorization: Bearer owner\r\nContent-Length: 40002\r\n\r\n"'))
    drip(hardly.socket, 'x', 10)
    let left = 40_000
    const timer = setInterval(() => {
      steady.socket.write('x'.repeat(400))
      left -= 400
      if (left > 0) return
      clearInterval(timer)
      steady.socket.write('"')
    }, 10)
    expect(codeIn(await hardly.ended)).toEqual({ status: '408', code: 'too_slow' })
    // A hundred pieces took far longer than a stranger’s whole body may.
    await expect.poll(() => steady.heard(), { timeout: 10_000 }).toContain('{"length":40002}')
  })

  test('is nothing that a request put in by hand can have', async () => {
    await open({ slow_bodies: quick })
    const answer = await app.inject({ method: 'POST', url: '/late', payload: { a: 1 } })
    expect(answer.statusCode).toBe(200)
  })

  test('after the answer is borne for a moment only', async () => {
    const port = await open({ slow_bodies: quick })
    const refused = talk(port, head('Content-Length: 100000000\r\n\r\n'))
    drip(refused.socket, 'x', 10)
    expect(codeIn(await refused.ended)).toMatchObject({ status: '413', code: 'too_large' })
  })

  test('in headers is answered, and so is silence', async () => {
    const port = await open({ headers_timeout_ms: 100 })
    const dripping = talk(port, 'GET /read HTTP/1.1\r\n')
    drip(dripping.socket, 'X: y\r\n', 10)
    const silent = talk(port)
    expect(codeIn(await dripping.ended)).toEqual({ status: '408', code: 'too_slow' })
    expect(codeIn(await silent.ended)).toEqual({ status: '408', code: 'too_slow' })
  })
})

describe('connections', () => {
  test('of one address have a limit, and free their places when they end', async () => {
    const port = await open({ connections_per_address: 3 })
    const get = 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const kept = [talk(port), talk(port), talk(port)]
    await Promise.all(kept.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))))
    const refused = await talk(port).ended
    expect(codeIn(refused)).toEqual({ status: '429', code: 'rate_limited' })
    expect(refused).toMatch(/retry-after: \d+/i)
    kept[0]?.socket.destroy()
    await expect.poll(async () => codeIn(await talk(port, get).ended).status).toBe('404')
  })
})

describe('a request that is odd', () => {
  test.each([
    ['a broken escape in the path', 'GET /named/%zz HTTP/1.1\r\nHost: x\r\n\r\n', '400', 'bad_request'],
    ['half a character in the path', 'GET /named/%D0 HTTP/1.1\r\nHost: x\r\n\r\n', '400', 'bad_request'],
    ['a very long name in the path', `GET /named/${'x'.repeat(400)} HTTP/1.1\r\nHost: x\r\n\r\n`, '404', 'not_found'],
    ['no host', 'GET /read HTTP/1.1\r\n\r\n', '400', 'bad_request'],
    ['thousands of headers', `GET /read HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(5000)}\r\n`, '413', 'too_large'],
    ['a length that is no number', head('Content-Length: 1e3\r\n\r\n'), '400', 'bad_request'],
    ['a length below nothing', head('Content-Length: -1\r\n\r\n'), '400', 'bad_request'],
    ['a space before the colon', head('Content-Length : 2\r\n\r\n{}'), '400', 'bad_request'],
    [
      'a coding that only looks like chunks',
      head('Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'),
      '400',
      'bad_request',
    ],
    ['chunks twice', head('Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n'), '400', 'bad_request'],
    ['a chunk whose length is nonsense', head('Transfer-Encoding: chunked\r\n\r\nzz\r\n'), '400', 'bad_request'],
    ['prototypes in JSON', head('Content-Length: 20\r\n\r\n{"__proto__":{"a":1}'), '400', 'bad_request'],
  ])('with %s gets one answer in our shape', async (_, bytes, status, code) => {
    const port = await open({ slow_bodies: quick })
    const one = talk(port, bytes)
    await expect.poll(() => one.heard()).toMatch(/\}$/)
    one.socket.end()
    const heard = await one.ended
    expect(codeIn(heard)).toEqual({ status, code })
    expect(heard.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  test('is answered in the order of requests, many at once on one connection', async () => {
    const port = await open({})
    const one = talk(port, 'GET /read HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200))
    await expect.poll(() => one.heard().match(/HTTP\/1\.1 \d+/g)).toHaveLength(400)
    const statuses = one.heard().match(/HTTP\/1\.1 \d+/g) ?? []
    expect(statuses.filter((_, place) => place % 2 === 0)).toEqual(new Array(200).fill('HTTP/1.1 401'))
    expect(statuses.filter((_, place) => place % 2 === 1)).toEqual(new Array(200).fill('HTTP/1.1 404'))
  })
})
