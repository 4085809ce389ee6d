import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AddressRefused, type Outbound, openOutbound } from './outbound.ts'

let server: Server
let port = 0
let seen: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    if (request.url === '/away') response.writeHead(302, { location: '/landed' }).end()
    else if (request.url === '/endless') response.writeHead(200).end('x'.repeat(1_000_000))
    else if (request.url !== '/silent') response.writeHead(200).end('hello')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let door: Outbound | undefined
function open(allow: string[], names: Record<string, string[]> = {}, own_origins: string[] = []): Outbound {
  seen = []
  door = openOutbound({
    allow,
    own_origins,
    resolve: (host, done) =>
      done(
        null,
        (names[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
  })
  return door
}
afterEach(() => door?.close())

/** What the caller was told went wrong: undici wraps what a connection fails with. */
async function refusal(wanted: Promise<unknown>): Promise<unknown> {
  const error = await wanted.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  return (error as { cause?: unknown })?.cause ?? error
}

describe('the outbound door', () => {
  test('lets through to networks that are named', async () => {
    const answer = await open(['127.0.0.0/8']).send({ method: 'GET', url: `http://127.0.0.1:${port}/ok` })
    expect(answer).toMatchObject({ status: 200, body: 'hello' })
    expect(seen).toEqual(['GET /ok'])
  })

  test.each([
    'http://127.0.0.1:PORT/',
    'http://0x7f.1:PORT/',
    'http://2130706433:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://[fe80::1]:PORT/',
    'http://[fd00::1]:PORT/',
    'http://10.0.0.1/',
    'http://172.16.5.4/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'http://0.0.0.0:PORT/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'ftp://example.com/',
  ])('does not go to %s', async (url) => {
    const error = await refusal(open([]).send({ method: 'GET', url: url.replace('PORT', String(port)) }))
    expect(error).toBeInstanceOf(AddressRefused)
    expect(seen).toEqual([])
  })

  test('does not go to a name that leads to a private address', async () => {
    const url = `http://inside.example:${port}/`
    const error = await refusal(open([], { 'inside.example': ['127.0.0.1', 'fd00::1'] }).send({ method: 'GET', url }))
    expect(error).toBeInstanceOf(AddressRefused)
    expect(seen).toEqual([])
  })

  test('goes only to those addresses of a name that may be reached', async () => {
    const url = `http://mixed.example:${port}/ok`
    const answer = await open(['127.0.0.1'], { 'mixed.example': ['10.1.2.3', '127.0.0.1'] }).send({
      method: 'GET',
      url,
    })
    expect(answer.status).toBe(200)
    expect(seen).toEqual(['GET /ok'])
  })

  test('goes to an address of our own, and to no other port beside it', async () => {
    const door = open([], {}, [`http://127.0.0.1:${port}`])
    expect((await door.send({ method: 'GET', url: `http://127.0.0.1:${port}/ok` })).status).toBe(200)
    for (const url of [`http://127.0.0.1:${port + 1}/`, `https://127.0.0.1:${port}/`, `http://[::1]:${port}/`])
      expect(await refusal(door.send({ method: 'GET', url }))).toBeInstanceOf(AddressRefused)
    expect(seen).toEqual(['GET /ok'])
  })

  test('does not follow a redirect', async () => {
    const answer = await open(['127.0.0.1/32']).send({
      method: 'POST',
      url: `http://127.0.0.1:${port}/away`,
      body: 'x',
    })
    expect(answer.status).toBe(302)
    expect(seen).toEqual(['POST /away'])
  })

  test('reads no more of an answer than it has room for', async () => {
    const answer = await open(['127.0.0.1']).send({ method: 'GET', url: `http://127.0.0.1:${port}/endless` })
    expect([answer.body.length, answer.is_cut]).toEqual([64 * 1024, true])
  })

  test('reads as much as the caller has room for', async () => {
    const wanted = { method: 'GET' as const, url: `http://127.0.0.1:${port}/endless`, body_bytes_max: 2_000_000 }
    const answer = await open(['127.0.0.1']).send(wanted)
    expect([answer.body.length, answer.is_cut]).toEqual([1_000_000, false])
  })

  test('gives up on a server that does not answer', async () => {
    const sent = open(['127.0.0.1']).send({ method: 'GET', url: `http://127.0.0.1:${port}/silent`, timeout_ms: 50 })
    await expect(sent).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})
