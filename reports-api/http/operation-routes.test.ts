import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failures } from '#shell/failure.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp

beforeAll(async () => {
  store = await freshStore()
  http = await makeTestApp(() => store, { now: () => 100_000 })
})

afterAll(async () => {
  await http.app.close()
  await store.drop()
})

describe('operation', () => {
  test('tells that the process is alive', async () => {
    expect((await http.get('/healthz', '')).status).toBe(200)
  })

  test('is ready while facts can be accepted, whatever else is wrong', async () => {
    http.log.last_flush_error = 'ECONNREFUSED'
    const { status, body } = await http.get('/readyz', '')
    expect([status, body]).toMatchObject([200, { ready: true, problems: [expect.stringContaining('ECONNREFUSED')] }])
    http.log.full = true
    expect((await http.get('/readyz', '')).status).toBe(503)
    http.log.full = false
    http.log.last_flush_error = null
    expect((await http.get('/readyz', '')).body).toEqual({ ready: true, problems: [] })
  })

  test.each([
    ['127.0.0.1', {}, '', 200],
    ['::1', {}, '', 200],
    ['127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, '', 401],
    ['127.0.0.1', { forwarded: 'for=8.8.8.8' }, '', 401],
    ['8.8.8.8', {}, '', 401],
    ['8.8.8.8', {}, 'reports', 403],
    ['8.8.8.8', {}, 'admin', 200],
  ])('gives metrics to %s with %j and the token %j: %i', async (remoteAddress, headers, token, status) => {
    const answer = await http.app.inject({
      url: '/metrics',
      remoteAddress,
      headers: { ...headers, authorization: `Bearer ${token}` },
    })
    expect(answer.statusCode).toBe(status)
  })
})

describe('GET /v1/status', () => {
  test('tells how far matching is, how long a fact has waited, and how the log is', async () => {
    await store.insert('segments', [
      { node: 'n1', table: 'events', segment: 0, rows: 1, first_received_at: 10_000, landed_at: 0 },
      { node: 'n1', table: 'events', segment: 1, rows: 1, first_received_at: 40_000, landed_at: 0 },
      { node: 'n1', table: 'costs', segment: 2, rows: 1, first_received_at: 1000, landed_at: 0 },
    ])
    await store.insert('matching_positions', [{ node: 'n1', table: 'events', segment: 0, version: 1, read_at: 0 }])
    const { body } = await http.get('/v1/status?site=shop')
    expect(body).toEqual({
      site: 'shop',
      position: 'n1.costs-2.events-0',
      positions: ['n1.costs-2.events-0'],
      lag_ms: 60_000,
      log: { node: 'n1', bytes: 10, age_ms: 0, segments_waiting: 0, full: false, last_flush_error: null },
      matching: { running: true },
    })
  })

  test('has no lag once everything is read, unless the log still holds something', async () => {
    await store.insert('matching_positions', [{ node: 'n1', table: 'events', segment: 1, version: 2, read_at: 0 }])
    expect((await http.get('/v1/status?site=shop')).body).toMatchObject({ lag_ms: 0, position: 'n1.costs-2.events-1' })
    http.log.oldest_ms = 98_000
    expect((await http.get('/v1/status?site=shop')).body).toMatchObject({ lag_ms: 2000, log: { age_ms: 2000 } })
    http.log.oldest_ms = null
  })
})

describe('GET /v1/status while ClickHouse is away', () => {
  test('still tells how much waits in the log, and why', async () => {
    const alone = await makeTestApp(() => undefined, { now: () => 100_000 })
    Object.assign(alone.log, { bytes: 512, oldest_ms: 90_000, last_flush_error: 'ECONNREFUSED' })
    const { status, body } = await alone.get('/v1/status?site=shop')
    expect([status, body]).toMatchObject([
      200,
      { position: null, lag_ms: 10_000, log: { bytes: 512, age_ms: 10_000, last_flush_error: 'ECONNREFUSED' } },
    ])
    alone.log.oldest_ms = null
    expect((await alone.get('/v1/status?site=shop')).body).toMatchObject({ lag_ms: null })
    await alone.app.close()
  })
})

interface OpenApi {
  openapi: string
  info: { description: string }
  paths: Record<
    string,
    Record<
      string,
      { security?: unknown; summary?: string; responses: object; parameters?: { name: string }[]; requestBody?: object }
    >
  >
  components: { schemas: Record<string, { properties?: { error?: { properties: { code: { enum: string[] } } } } }> }
}

describe('/openapi.json', () => {
  test('describes every route, its scope and its failures', async () => {
    const document = (await http.get('/openapi.json', '')).body as unknown as OpenApi
    expect(document.openapi).toBe('3.1.0')
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, route]) => ({ name: `${method} ${path}`, ...route })),
    )
    expect(routes.length).toBeGreaterThanOrEqual(40)
    for (const { name, security, responses } of routes) {
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['default'])])
      if (name.includes('/v1/')) expect([name, security]).toEqual([name, expect.anything()])
    }
    expect(document.components.schemas.Error?.properties?.error?.properties.code.enum).toEqual(Object.keys(failures))
    for (const [code, { fix }] of Object.entries(failures)) {
      expect(document.info.description).toContain(`\`${code}\``)
      expect(document.info.description).toContain(fix)
    }
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Site', 'Pool', 'ReportQuery', 'ReportFilter']),
    )
  })

  test('tells that reads wait for a position', async () => {
    const { paths } = (await http.get('/openapi.json', '')).body as unknown as OpenApi
    const reads = Object.entries(paths).filter(([path]) =>
      /^\/v1\/(persons|sessions|calls|leads|deals|leases|conversions|identities|touchpoints|facts|reports|status)/.test(
        path,
      ),
    )
    expect(reads.length).toBeGreaterThan(15)
    for (const [path, methods] of reads) {
      const names = Object.values(methods)
        .flatMap(({ parameters }) => parameters ?? [])
        .map(({ name }) => name)
      expect([path, names]).toEqual([path, expect.arrayContaining(['after'])])
    }
  })

  test('is readable at /docs', async () => {
    const { status, headers } = await http.get('/docs', '')
    expect([200, 302]).toContain(status)
    expect(String(headers['content-type'] ?? headers.location)).toMatch(/html|docs/)
  })
})
