import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openImports } from '#ingest/imports/imports.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestIngest, type TestIngest } from './test-ingest.ts'

let ingest: TestIngest

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore(), { sites: [{}, { id: 'other' }] })
  await ingest.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => ingest.close())

const token = 'tl-ingest'

function line(id: string, more: object = {}): string {
  const events = [{ id, type: 'page', at: '2025-03-01T10:00:00Z', url: 'https://shop.example/' }]
  return `${JSON.stringify({ site: 'shop', visitor: `v-${id}`, events, ...more })}\n`
}

function lines(prefix: string, from: number, to: number): string {
  let text = ''
  for (let number = from; number < to; number++) text += line(`${prefix}-${number}`)
  return text
}

interface Part {
  from?: number
  as?: string | undefined
  query?: string
  headers?: Record<string, string>
}

function send(id: string, body: string | Buffer, { from, as = token, query = '', headers = {} }: Part = {}) {
  const path = `/v1/events?import=${id}${from === undefined ? '' : `&from_line=${from}`}${query}`
  return ingest.post(path, body, { token: as, headers: { 'content-type': 'application/x-ndjson', ...headers } })
}

async function status(id: string, as = token) {
  const answer = await ingest.app.inject({ url: `/v1/imports/${id}`, headers: { authorization: `Bearer ${as}` } })
  return { status: answer.statusCode, body: answer.json() }
}

async function storedIds(position: string, prefix: string): Promise<string[]> {
  const rows = await ingest.rows<{ id: string }>(position, 'events', `startsWith(id, '${prefix}-')`)
  return rows.map(({ id }) => id)
}

describe('a long import', () => {
  test('is told how many of its lines are durable', async () => {
    expect(await send('plain', lines('plain', 0, 10))).toMatchObject({ status: 202, body: { accepted: 10, lines: 10 } })
    expect((await status('plain')).body).toMatchObject({
      ...{ id: 'plain', lines: 10, accepted: 10, rejected_total: 0, rejected: [], state: 'done' },
      updated_at: new Date(ingest.clock.now_ms).toISOString(),
    })
  })

  test('goes on from its durable lines, and names the faults by the line of the whole', async () => {
    await send('parts', lines('parts', 0, 5))
    const answer = await send('parts', `${lines('parts', 5, 7)}broken\n${lines('parts', 8, 9)}`, { from: 5 })
    expect(answer.body).toMatchObject({
      accepted: 3,
      rejected_total: 1,
      rejected: [{ index: 7, field: 'line' }],
      lines: 9,
    })
    expect((await status('parts')).body).toMatchObject({ lines: 9, accepted: 8, rejected: [{ index: 7 }] })
  })

  test('skips lines that are durable already', async () => {
    await send('again', lines('again', 0, 6))
    const answer = await send('again', lines('again', 0, 8))
    expect(answer.body).toMatchObject({ accepted: 2, lines: 8 })
    expect(await send('again', lines('again', 2, 8), { from: 2 })).toMatchObject({ status: 202, body: { accepted: 0 } })
    const stored = await storedIds(answer.body.position, 'again')
    expect(stored.toSorted()).toEqual(Array.from({ length: 8 }, (_, number) => `again-${number}`))
  })

  test('that would leave a gap is refused, and told where to go on', async () => {
    await send('gap', lines('gap', 0, 3))
    expect(await send('gap', lines('gap', 4, 5), { from: 4 })).toMatchObject({
      status: 409,
      body: { error: { code: 'import_gap', field: 'from_line', lines: 3 } },
    })
    expect(await send('gap', lines('gap', 3, 4), { from: 3 })).toMatchObject({ status: 202 })
    expect(await send('never-begun', lines('gap', 1, 2), { from: 1 })).toMatchObject({ status: 409 })
    expect((await status('never-begun')).status).toBe(404)
  })

  test('counts blank lines, and a last line without its end', async () => {
    expect((await send('blank', `\n${line('blank-1')}\n\r\n`)).body).toMatchObject({ accepted: 1, lines: 4 })
    expect((await send('blank', line('blank-4').trimEnd(), { from: 4 })).body).toMatchObject({ accepted: 1, lines: 5 })
    expect((await send('blank', '', { from: 5, headers: { 'content-length': '0' } })).body.error).toBeUndefined()
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('may be packed with %s', async (encoding, compress) => {
    const answer = await send(`packed-${encoding}`, compress(Buffer.from(lines(encoding, 0, 5000))), {
      headers: { 'content-encoding': encoding },
    })
    expect(answer).toMatchObject({ status: 202, body: { accepted: 5000, lines: 5000 } })
  })

  test('may name its site once for all lines', async () => {
    const body = `${line('site-0', { site: undefined })}${line('site-1')}`
    const { body: receipt } = await send('site', body, { query: '&site=other' })
    expect(receipt).toMatchObject({ accepted: 2 })
    const rows = await ingest.rows<{ id: string; site: string }>(receipt.position, 'events', "startsWith(id, 'site-')")
    expect(rows.map(({ id, site }) => [id, site])).toEqual([
      ['site-0', 'other'],
      ['site-1', 'shop'],
    ])
  })

  test('of nothing but faults says so, and begins anew when it comes again', async () => {
    const body = lines('fresh', 0, 3)
    const wrong = await send('fresh', body.replaceAll('"shop"', '"nowhere"'))
    expect(wrong).toMatchObject({
      status: 400,
      body: { error: { code: 'nothing_accepted', lines: 0, rejected_total: 3, field: 'site' } },
    })
    expect((await status('fresh')).body).toMatchObject({ lines: 0, accepted: 0, rejected_total: 3, position: null })
    expect((await send('fresh', body)).body).toMatchObject({ accepted: 3, lines: 3 })
    expect((await status('fresh')).body).toMatchObject({ lines: 3, accepted: 3, rejected_total: 0 })
  })

  test('of nothing but faults is not read to its end', async () => {
    expect(await send('hopeless', 'x\n'.repeat(100_000))).toMatchObject({
      status: 400,
      body: { error: { code: 'nothing_accepted', lines: 0, rejected_total: 5000 } },
    })
  })

  test.each([
    ['without a token', { as: undefined as never, headers: { authorization: '' } }, 401, 'unauthorized'],
    ['with a token that may only read', { as: 'tl-reports' }, 403, 'forbidden'],
    ['under a wrong name', { query: '&import=b' }, 400, 'bad_request'],
    ['from a line below the first', { query: '&from_line=-1' }, 400, 'bad_request'],
    ['as one JSON', { headers: { 'content-type': 'application/json' } }, 415, 'unsupported_type'],
  ])('%s is refused', async (_, part: Part, code, name) => {
    expect(await send('refused', line('r-1'), part)).toMatchObject({ status: code, body: { error: { code: name } } })
    expect((await status('refused')).status).toBe(404)
  })

  test('is closed to other tokens', async () => {
    await send('mine', lines('mine', 0, 2))
    expect(await status('mine', 'tl-shop-only')).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    expect(await send('mine', lines('mine', 2, 3), { from: 2, as: 'tl-shop-only' })).toMatchObject({ status: 403 })
    expect((await status('mine')).body).toMatchObject({ lines: 2 })
  })

  test('survives a restart', async () => {
    await send('kept', lines('kept', 0, 3))
    await ingest.restart()
    await ingest.app.listen({ port: 0, host: '127.0.0.1' })
    expect((await status('kept')).body).toMatchObject({ lines: 3, state: 'done' })
    expect((await send('kept', lines('kept', 3, 4), { from: 3 })).body).toMatchObject({ lines: 4 })
  })
})

/** A request that is still being sent. */
function begin(id: string, from = 0) {
  const { port } = ingest.app.server.address() as AddressInfo
  const request = httpRequest({
    ...{ port, host: '127.0.0.1', path: `/v1/events?import=${id}&from_line=${from}`, method: 'POST' },
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` },
  })
  request.on('error', () => {})
  const answered = new Promise<number>((resolve) =>
    request.once('response', (answer) => resolve(answer.statusCode ?? 0)),
  )
  return { request, answered }
}

describe('an import that is still being sent', () => {
  test('has its durable lines told, keeps a second sender off, and goes on after a break', async () => {
    const { request } = begin('broken')
    request.write(`${lines('broken', 0, 5000)}{"site":"shop","vis`)
    await expect.poll(async () => (await status('broken')).body.state).toBe('running')
    expect(await send('broken', lines('broken', 0, 1))).toMatchObject({
      status: 409,
      headers: { 'retry-after': '5' },
      body: { error: { code: 'import_in_use' } },
    })
    request.destroy()
    await expect.poll(async () => (await status('broken')).body).toMatchObject({ state: 'waiting', lines: 5000 })
    const { body } = await send('broken', lines('broken', 5000, 5003), { from: 5000 })
    expect(body).toMatchObject({ accepted: 3, lines: 5003 })
    expect(new Set(await storedIds(body.position, 'broken')).size).toBe(5003)
  })

  test('is ended by a stop, which keeps what came', async () => {
    const { request, answered } = begin('stopped')
    request.write(lines('stopped', 0, 3000))
    await expect.poll(async () => (await status('stopped')).body.state).toBe('running')
    const feeding = setInterval(() => request.write(line('stopped-more')), 5)
    const restarted = ingest.restart()
    expect(await answered).toBe(503)
    clearInterval(feeding)
    request.destroy()
    await restarted
    await ingest.app.listen({ port: 0, host: '127.0.0.1' })
    const { body } = await status('stopped')
    expect(body.state).toBe('waiting')
    expect(body.lines).toBeGreaterThanOrEqual(3000)
  })
})

describe('with a log that is full', () => {
  test('an import waits, then is told to come back with its lines, and goes on later', async () => {
    const small = await openTestIngest(await freshStore(), { quota_bytes: 400_000, room_wait_ms: 300 })
    const headers = { 'content-type': 'application/x-ndjson' }
    try {
      const path = '/v1/events?import=full'
      const refused = await small.post(path, lines('full', 0, 4000), { token, headers })
      expect(refused).toMatchObject({ status: 503, body: { error: { code: 'log_full', lines: 0 } } })
      expect(refused.headers['retry-after']).toBeDefined()
      const taken = await small.post(path, lines('full', 0, 200), { token, headers })
      expect(taken).toMatchObject({ status: 202, body: { accepted: 200, lines: 200 } })
    } finally {
      await small.close()
    }
  })
})

describe('with a log that is nearly full', () => {
  test('an import goes as fast as ClickHouse makes room', async () => {
    const small = await openTestIngest(await freshStore(), { quota_bytes: 1_600_000, room_wait_ms: 60_000 })
    try {
      const headers = { 'content-type': 'application/x-ndjson' }
      const { status: code, body } = await small.post('/v1/events?import=slow', lines('slow', 0, 15_000), {
        token,
        headers,
      })
      expect([code, body]).toMatchObject([202, { accepted: 15_000, rejected_total: 0, lines: 15_000 }])
      expect(await small.metrics.getSingleMetricAsString('throughline_log_refused_total')).toMatch(/quota"\} [1-9]/)
      expect(await small.rows(body.position, 'events')).toHaveLength(15_000)
    } finally {
      await small.close()
    }
  })
})

describe('the states of imports', () => {
  test('are bounded: old ones go, then the oldest that ended; one that broke off stays', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'throughline-imports-'))
    let now_ms = Date.UTC(2026, 0, 1)
    const imports = openImports({ dir, now: () => now_ms, imports_max: 3 })
    const access = { token: 't', allows: () => false, reaches: () => true }
    const make = async (id: string, is_ended: boolean) => {
      await (await imports.begin(id, 0, access)).end(is_ended)
      now_ms += 1000
    }
    const isKnown = (id: string) =>
      imports.status(id, access).then(
        () => true,
        () => false,
      )
    try {
      await make('broken', false)
      await make('first', true)
      await make('second', true)
      await make('third', true)
      expect([await isKnown('broken'), await isKnown('first'), await isKnown('second')]).toEqual([true, false, true])
      now_ms += 31 * 86_400_000
      await make('later', false)
      expect([await isKnown('broken'), await isKnown('second'), await isKnown('third')]).toEqual([true, false, false])
      await make('later-2', false)
      await expect(make('too-many', false)).rejects.toMatchObject({ code: 'too_many_imports' })
      now_ms += 91 * 86_400_000
      await make('much-later', false)
      expect(await isKnown('broken')).toBe(false)
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  test('that cannot be kept are refused for now, as when the log is full', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'throughline-imports-'))
    await writeFile(join(dir, 'file'), '')
    const imports = openImports({ dir: join(dir, 'file', 'imports'), now: Date.now })
    const access = { token: 't', allows: () => false, reaches: () => true }
    try {
      await expect(imports.begin('lost', 0, access)).rejects.toMatchObject({ code: 'log_full', retry_after_s: 5 })
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  test('keep a second process off while one sends', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'throughline-imports-'))
    const [one, two] = [openImports({ dir, now: Date.now }), openImports({ dir, now: Date.now })]
    const access = { token: 't', allows: () => false, reaches: () => true }
    try {
      const progress = await one.begin('both', 0, access)
      expect(await two.status('both', access)).toMatchObject({ is_running: true })
      await expect(two.begin('both', 0, access)).rejects.toMatchObject({ code: 'import_in_use' })
      await progress.end(true)
      expect(await two.status('both', access)).toMatchObject({ is_running: false })
      await (await two.begin('both', 0, access)).end(true)
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
