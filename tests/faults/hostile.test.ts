import { connect, type Socket } from 'node:net'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PER_ADDRESS_MAX } from '#shell/limit-connections.ts'
import { type Neighbour, startNeighbour } from '../support/neighbour.ts'
import { ADMIN_TOKEN, type RunningService, removeDataFolder, runService } from '../support/running-service.ts'

const MB = 1024 ** 2
const RATE_MAX = 3000

let service: RunningService
let port: number
let neighbour: Neighbour

beforeAll(async () => {
  service = await runService({ env: { RATE_LIMIT_PER_MINUTE: String(RATE_MAX) } })
  port = Number(new URL(service.url).port)
})
afterAll(async () => {
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

// Beside every attack somebody honest posts all the time: never refused, never slow beyond reason, memory flat.
beforeEach(() => {
  neighbour = startNeighbour(port, service.pid)
})
afterEach(async () => {
  const { failed, slowest_ms, posts, grown_mb } = await neighbour.stop()
  expect(failed).toEqual([])
  expect(posts).toBeGreaterThan(0)
  expect(slowest_ms).toBeLessThan(10_000)
  expect(grown_mb).toBeLessThan(250)
})

interface Talk {
  socket: Socket
  heard(): string
  /** What came until the other side ended, or this one did. */
  ended: Promise<string>
  /** Set when the connection was reset instead of ended. */
  error(): Error | undefined
}

function talk(text = '', from = '127.0.0.1'): Talk {
  let heard = ''
  let failure: Error | undefined
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  socket.write(text)
  socket.setEncoding('latin1')
  socket.on('data', (more) => (heard += more))
  socket.on('error', (error) => {
    failure = error
  })
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(heard)))
  return { socket, ended, heard: () => heard, error: () => failure }
}

/**
 * Many connections, in groups that fit into the queue of those that wait to be accepted: one that falls out of it in
 * silence never learns that it is none. A later one that is answered proves that the group is in.
 */
async function talkMany(count: number, make: (place: number) => Talk): Promise<Talk[]> {
  const made: Talk[] = []
  while (made.length < count) {
    made.push(make(made.length))
    if (made.length % 200 === 0) {
      const proof = talk('HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
      expect(await proof.ended).toContain('HTTP/1.1 200')
    }
  }
  return made
}

const owner = `Authorization: Bearer ${ADMIN_TOKEN}\r\n`

function head(path: string, headers: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
}

/** The first answer of a connection. */
function answerIn(heard: string): [status: number, code: string | undefined] {
  const [first = '', body = ''] = heard.split('\r\n\r\n')
  return [Number(first.split(' ')[1]), /"code":"(\w+)"/.exec(body)?.[1]]
}

async function answered(one: Talk): Promise<[status: number, code: string | undefined]> {
  await expect.poll(() => one.heard(), { timeout: 60_000, interval: 5 }).toMatch(/^HTTP\/1\.1 \d+.*?\r\n\r\n\{.*\}/s)
  return answerIn(one.heard())
}

async function exchange(path: string, headers: string, body: Buffer): Promise<[number, string | undefined]> {
  const one = talk(head(path, `${headers}Content-Length: ${body.length}\r\n`))
  one.socket.write(body)
  const answer = await answered(one)
  one.socket.destroy()
  return answer
}

describe('slow senders', () => {
  test('of headers, of bodies and of nothing lose their connections', async () => {
    const begun = [
      'GET / HTTP/1.1\r\nHost: localhost\r\n',
      head('/v1/events', 'Content-Type: text/plain\r\nContent-Length: 10000\r\n'),
      head('/v1/events', 'Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n'),
      head('/v1/leads', 'Content-Type: application/json\r\nContent-Length: 10000\r\n'),
      '',
    ]
    const drips = await talkMany(500, (place) => talk(begun[place % 5], `127.0.1.${(place % 250) + 1}`))
    const timer = setInterval(() => {
      for (const [place, { socket }] of drips.entries()) {
        if (socket.writable && place % 5 < 4) socket.write(['X: y\r\n', ' ', '1\r\n \r\n', ' '][place % 5] as string)
      }
    }, 1000)
    // And one address that would take every connection there is.
    const idle = await talkMany(PER_ADDRESS_MAX + 100, () => talk('', '127.0.0.4'))
    const heard = await Promise.all(drips.map(({ ended }) => ended)).finally(() => clearInterval(timer))
    const codes = (await Promise.all(idle.map(({ ended }) => ended))).map((text) => answerIn(text).join(' '))
    expect(new Set(codes)).toEqual(new Set(['408 too_slow', '429 rate_limited']))
    // Fewer than a hundred, where opening them took so long that the first had lost theirs.
    expect(codes.filter((code) => code === '429 rate_limited').length).toBeLessThanOrEqual(100)
    const answers = heard.map((text, place) => `${place % 5} ${answerIn(text).join(' ')}`)
    expect([...new Set(answers)].toSorted()).toEqual([
      '0 408 too_slow',
      '1 408 too_slow',
      '2 408 too_slow',
      '3 401 unauthorized',
      '4 408 too_slow',
    ])
  })
})

describe('bodies that stop half way', () => {
  const half = Buffer.alloc(MB / 2 - 1000, ' ')
  // Half a kilobyte each, which unpacks to half a megabyte, and the last bytes are missing.
  const packed = gzipSync(half).subarray(0, -8)
  const page = () => {
    const events = [{ id: `m-${Math.random()}`, type: 'page', at: new Date().toISOString(), url: 'http://localhost/' }]
    return JSON.stringify({ site: 'demo', visitor: 'v', session: 's', events })
  }

  test.each([
    ['packed', 'Content-Encoding: gzip\r\nContent-Length: 4000\r\n', packed, 1500],
    ['as they are', `Content-Length: ${MB / 2}\r\n`, half, 400],
  ])('take no more memory than there is for them (%s), and none from small ones', async (_, headers, body, count) => {
    const made = await talkMany(count, (place) => {
      const one = talk(head('/v1/events', `Content-Type: text/plain\r\n${headers}`), `127.0.2.${(place % 20) + 1}`)
      one.socket.write(body)
      return one
    })
    const heard = (await Promise.all(made.map(({ ended }) => ended))).map((text) => answerIn(text).join(' '))
    expect(new Set(heard)).toEqual(new Set(['503 busy', '408 too_slow']))
    // All of it is given back.
    const large = Buffer.from(page().padEnd(MB / 2))
    const one = talk(head('/v1/events', `Content-Type: text/plain\r\nContent-Length: ${large.length}\r\n`))
    one.socket.write(large)
    await expect.poll(() => one.heard()).toContain('"accepted":1')
    one.socket.destroy()
  })
})

describe('a hundred megabytes', () => {
  const browser = 'Content-Type: text/plain\r\n'
  const json = `Content-Type: application/json\r\n${owner}`

  test.each([
    ['from a browser, announced', '/v1/events', browser, true],
    ['from a browser, in chunks', '/v1/events', browser, false],
    ['with a token, announced', '/v1/leads', json, true],
    ['with a token, in chunks', '/v1/leads', json, false],
    ['in one line of NDJSON', '/v1/leads', `Content-Type: application/x-ndjson\r\n${owner}`, false],
  ])('%s, are refused early, and their sender hears it', async (_, path, headers, isAnnounced) => {
    const piece = Buffer.alloc(MB, '[')
    const length = isAnnounced ? `Content-Length: ${100 * MB}\r\n` : 'Transfer-Encoding: chunked\r\n'
    const one = talk(head(path, headers + length))
    let sent = 0
    for (; sent < 100 && one.heard() === ''; sent++) {
      if (!isAnnounced) one.socket.write(`${piece.length.toString(16)}\r\n`)
      const isTaken = one.socket.write(piece)
      if (!isAnnounced) one.socket.write('\r\n')
      if (!isTaken) await new Promise((resolve) => one.socket.once('drain', resolve))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await answered(one)).toEqual([413, 'too_large'])
    expect(sent).toBeLessThan(100)
    expect(one.error()).toBeUndefined()
    one.socket.destroy()
  })

  test('in one line of an import are one line refused', async () => {
    const one = talk(
      head(
        '/v1/events?import=long-line',
        `Content-Type: application/x-ndjson\r\n${owner}Content-Length: ${100 * MB}\r\n`,
      ),
    )
    for (let sent = 0; sent < 100; sent++) {
      if (!one.socket.write(Buffer.alloc(MB, '['))) await new Promise((resolve) => one.socket.once('drain', resolve))
    }
    expect(await answered(one)).toEqual([400, 'nothing_accepted'])
    expect(one.heard()).toContain('"rejected_total":1')
    one.socket.destroy()
  })
})

describe('a bomb', () => {
  const gzip = gzipSync(Buffer.alloc(100 * MB, ' '))
  // Ten in a row are one body to whoever unpacks them.
  const gzipBomb = Buffer.concat(new Array(10).fill(gzip))
  const brotliBomb = brotliCompressSync(Buffer.alloc(400 * MB, ' '), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
  })

  test.each([
    ['gzip', gzipBomb],
    ['br', brotliBomb],
  ])('of %s is refused wherever it goes', async (encoding, bomb) => {
    const packed = `Content-Encoding: ${encoding}\r\n`
    expect(await exchange('/v1/events', `Content-Type: text/plain\r\n${packed}`, bomb)).toEqual([413, 'too_large'])
    for (const type of ['application/json', 'application/x-ndjson']) {
      const headers = `Content-Type: ${type}\r\n${packed}${owner}`
      expect(await exchange('/v1/leads', headers, bomb)).toEqual([413, 'too_large'])
    }
    const headers = `Content-Type: application/x-ndjson\r\n${packed}${owner}`
    expect(await exchange(`/v1/events?import=bomb-${encoding}`, headers, bomb)).toEqual([413, 'too_large'])
  })

  test('packed several times is not unpacked', async () => {
    const headers = `Content-Type: text/plain\r\nContent-Encoding: ${'gzip, '.repeat(20)}gzip\r\n`
    expect(await exchange('/v1/events', headers, gzip)).toEqual([415, 'unsupported_type'])
  })
})

describe('JSON that is made to hurt', () => {
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const token = `Content-Type: application/json\r\n${owner}`

  test.each([
    ['nests a hundred thousand levels', nested, [400, 'nothing_accepted']],
    ['nests as objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, [400, 'nothing_accepted']],
    ['is a million numbers', `[${'0,'.repeat(1_000_000)}0]`, [400, 'nothing_accepted']],
    ['has one long number', `[${'9'.repeat(1_000_000)}]`, [400, 'nothing_accepted']],
    ['is no UTF-8', Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]), [400, 'bad_request']],
  ])('and %s is refused', async (_, body, answer) => {
    expect(await exchange('/v1/leads', token, Buffer.from(body as string))).toEqual(answer)
  })
})

describe('floods', () => {
  test('of forged sites and origins are refused one by one', async () => {
    const at = new Date().toISOString()
    const body = (site: string) =>
      Buffer.from(
        JSON.stringify({
          ...{ site, visitor: 'v', session: 's' },
          events: [{ id: 'forged', type: 'page', at, url: 'http://localhost/' }],
        }),
      )
    for (let round = 0; round < 50; round++) {
      expect(await exchange('/v1/events', 'Content-Type: text/plain\r\n', body(`site-${round}`))).toEqual([
        404,
        'site_not_found',
      ])
      const forged = 'Content-Type: text/plain\r\nOrigin: https://evil.example\r\n'
      expect(await exchange('/v1/events', forged, body('demo'))).toEqual([403, 'domain_not_allowed'])
    }
  })

  test('from one address are told to wait, and cost the others nothing', async () => {
    const post = `${head('/v1/events', 'Content-Type: text/plain\r\nContent-Length: 2\r\n')}{}`
    const one = talk(post.repeat(RATE_MAX + 200), '127.0.0.3')
    await expect.poll(() => one.heard().match(/HTTP\/1\.1 \d+/g)?.length, { timeout: 90_000 }).toBe(RATE_MAX + 200)
    const statuses = one.heard().match(/HTTP\/1\.1 \d+/g) ?? []
    expect(new Set(statuses.slice(RATE_MAX))).toEqual(new Set(['HTTP/1.1 429']))
    expect(one.heard()).toMatch(/retry-after: \d+/i)
    one.socket.destroy()
  })

  const preflight = 'Origin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n'

  test.each([
    ['HEAD', '/v1/events', '', 404],
    ['OPTIONS', '/v1/events', preflight, 204],
    ['OPTIONS', '*', '', 404],
  ])('of %s %s are answered and done', async (method, path, headers, status) => {
    const one = talk(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`.repeat(2000), '127.0.0.5')
    await expect.poll(() => one.heard().match(/HTTP\/1\.1 \d+/g)?.length, { timeout: 60_000 }).toBe(2000)
    expect(new Set(one.heard().match(/HTTP\/1\.1 \d+/g))).toEqual(new Set([`HTTP/1.1 ${status}`]))
    one.socket.destroy()
  })

  test('of requests inside requests are taken for none', async () => {
    const inner = 'GET /v1/sites/demo HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const both = `Content-Type: text/plain\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n`
    const one = talk(`${head('/v1/events', both)}0\r\n\r\n${inner}`)
    expect(answerIn(await one.ended)).toEqual([400, 'bad_request'])
    expect(one.heard().match(/HTTP\/1\.1/g)).toHaveLength(1)
  })
})
