import { pino } from 'pino'
import { Counter, Registry } from 'prom-client'
import { afterEach, describe, expect, test } from 'vitest'
import { type App, createApp } from '#shell/http.ts'
import { type OperationStatusOptions, operationStatusRoute } from './operation-status.ts'
import { readCounter } from './read-counter.ts'

let app: App | undefined

afterEach(async () => {
  await app?.close()
  app = undefined
})

const now_ms = Date.UTC(2026, 10, 22, 12)

async function ask(over: Partial<OperationStatusOptions> = {}, scope = 'admin', reach = '') {
  const log = {
    node: 'n1',
    bytes: 512,
    oldest_ms: now_ms - 4000,
    segments_waiting: 2,
    last_flush_error: null,
    full: false,
  }
  const access = { token: 't', allows: (wanted: string) => wanted === scope, reaches: (site: string) => site === reach }
  const log_level = pino({ level: 'silent' }) as unknown as Parameters<typeof createApp>[0]['log']
  app = createApp({ log: log_level, trustProxy: [], authorize: () => access })
  operationStatusRoute(app, {
    ...{ version: '1.2.3', started_ms: now_ms - 60_000, now: () => now_ms },
    ...{ log_quota_bytes: 1024, min_free_bytes: 10, free_bytes: async () => 4096 },
    log_status: () => log,
    store_trouble: () => undefined,
    intake_troubles: () => ['Worker 2 has not answered for 12 s'],
    metrics_text: async () => '',
    quarantine: async () => new Map([['leads', 3]]),
    matching_status: () => ({ running: true, last_error: null }),
    history: async () => ({ positions: ['n1.events-5'], unread_since_ms: now_ms - 9000 }),
    ...over,
  })
  const answer = await app.inject({ url: '/v1/operation', headers: { authorization: 'Bearer t' } })
  return { status: answer.statusCode, body: answer.json() }
}

describe('GET /v1/operation', () => {
  test('tells of log, disk, ClickHouse, quarantine and matching, and what was refused', async () => {
    const metrics = new Registry()
    const labelNames = ['fact', 'reason']
    const refused = new Counter({
      name: 'throughline_facts_refused_total',
      help: '-',
      labelNames,
      registers: [metrics],
    })
    const accepted = new Counter({
      ...{ name: 'throughline_facts_accepted_total', help: '-', labelNames: ['fact'], registers: [metrics] },
    })
    refused.inc({ fact: 'event', reason: 'invalid' }, 2)
    refused.inc({ fact: 'call', reason: 'site_not_found' }, 7)
    refused.inc({ fact: 'deal', reason: 'too_old' }, 0)
    accepted.inc({ fact: 'event' }, 40)
    accepted.inc({ fact: 'call' }, 2)
    const { status, body } = await ask({ metrics_text: () => metrics.metrics() })
    expect(status).toBe(200)
    expect(body).toEqual({
      ...{ version: '1.2.3', started_at: '2026-11-22T11:59:00.000Z', now: '2026-11-22T12:00:00.000Z' },
      clickhouse: { up: true, trouble: null },
      log: { bytes: 512, quota_bytes: 1024, age_ms: 4000, segments_waiting: 2, last_flush_error: null, full: false },
      disk: { free_bytes: 4096, min_free_bytes: 10 },
      facts: {
        accepted: 42,
        refused: [
          { fact: 'call', reason: 'site_not_found', count: 7 },
          { fact: 'event', reason: 'invalid', count: 2 },
        ],
      },
      intake_troubles: ['Worker 2 has not answered for 12 s'],
      quarantine: { rows: 3, tables: [{ table: 'leads', rows: 3 }] },
      matching: { running: true, last_error: null, lag_ms: 9000, positions: ['n1.events-5'], processes: [] },
    })
  })

  test('tells of each process where several share the sites', async () => {
    const process = { lag_ms: 0, rows: 7, last_error: null }
    const processes = [
      { ...process, share: '1 of 2', running: true },
      { ...process, share: '2 of 2', running: false, lag_ms: null },
    ]
    const { body } = await ask({
      matching_status: () => ({ running: false, last_error: null, lag_ms: null, processes }),
    })
    expect(body.matching).toMatchObject({
      running: false,
      processes: [
        { share: '1 of 2', running: true, last_error: null },
        { share: '2 of 2', running: false, last_error: null },
      ],
    })
  })

  test('still answers while ClickHouse is away, refuses, or says nothing at all', async () => {
    const never = () => new Promise<never>(() => {})
    const away = await ask({
      store_trouble: () => 'ClickHouse does not answer',
      quarantine: async () => undefined,
      history: never,
    })
    expect(away.body).toMatchObject({
      ...{ clickhouse: { up: false, trouble: 'ClickHouse does not answer' }, quarantine: null },
      matching: { lag_ms: 4000, positions: [] },
    })
    await app?.close()
    const refuses = () => Promise.reject(new Error('no'))
    expect((await ask({ quarantine: never, history: refuses, free_bytes: refuses })).body).toMatchObject({
      ...{ quarantine: null, disk: null, matching: { lag_ms: 4000, positions: [] } },
    })
  })

  test('is for those who run the installation', async () => {
    expect((await ask({}, 'reports')).status).toBe(403)
    await app?.close()
    expect((await ask({}, 'admin', 'shop')).status).toBe(403)
  })
})

test('a counter is read with its labels, and no other metric that begins with its name', () => {
  const text = 'hits_total{a="1",b="x y"} 5\nhits_total{a="2",b=""} 1e3\nhits_total_more{a="3"} 9\n# HELP hits_total\n'
  expect(readCounter(text, 'hits_total')).toEqual([
    { labels: { a: '1', b: 'x y' }, value: 5 },
    { labels: { a: '2', b: '' }, value: 1000 },
  ])
})
