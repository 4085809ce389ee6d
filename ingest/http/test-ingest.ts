import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectOptions } from 'fastify'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { parsePosition } from '#domain/position.ts'
import { openPlaces } from '#ingest/enrich/place.ts'
import { type Leases, openLeases } from '#ingest/leases/leases.ts'
import { type Log, openLog } from '#ingest/log/log.ts'
import { systemClock } from '#shell/clock.ts'
import { type App, createApp } from '#shell/http.ts'
import type { Store } from '#storage/client.ts'
import { createAuthorize } from '#storage/settings/authorize.ts'
import { type Pool, PoolDocument, type Site, SiteDocument, type Token } from '#storage/settings/documents.ts'
import { openSettings } from '#storage/settings/open-settings.ts'
import { hashSecret } from '#storage/settings/secrets.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { registerIngest } from './register-ingest.ts'

export const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

/** Ingest as it runs, on a ClickHouse and a folder of its own, with a clock that the test holds. */
export interface TestIngest {
  app: App
  store: Store
  log: Log
  leases: Leases
  metrics: Registry
  settings: WritableSettings
  clock: { now_ms: number }
  /** Sends JSON, as a browser or with a token. */
  post(path: string, body: unknown, options?: Partial<InjectOptions> & { token?: string }): Promise<Answer>
  /** The rows that are in ClickHouse once this write is. */
  rows<Row = Record<string, unknown>>(position: string, table: string, where?: string): Promise<Row[]>
  /** Stops and starts leases, log and app on the same folder. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface Answer {
  status: number
  headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, and a wrong one fails the test.
  body: any
}

export interface TestIngestOptions {
  sites?: Partial<Site>[]
  pools?: Partial<Pool>[]
  rate_limit_per_minute?: number
  quota_bytes?: number
  room_wait_ms?: number
}

const tokens: Record<string, Pick<Token, 'scopes' | 'sites'>> = {
  'tl-ingest': { scopes: ['ingest'] },
  'tl-shop-only': { scopes: ['ingest'], sites: ['shop'] },
  'tl-reports': { scopes: ['reports'] },
  'tl-admin': { scopes: ['admin'] },
  'tl-admin-shop': { scopes: ['admin'], sites: ['shop'] },
}

export async function openTestIngest(
  store: Store & { drop(): Promise<void> },
  options: TestIngestOptions = {},
): Promise<TestIngest> {
  const dir = await mkdtemp(join(tmpdir(), 'throughline-ingest-'))
  const settings = await openTestSettings(store, dir)
  await fillSettings(settings, options)
  const clock = { now_ms: Date.now() }
  const places = await openPlaces(undefined)
  const landings = openLandings()

  async function start() {
    const metrics = new Registry()
    const logger = pino({ level: 'silent' })
    const log = await openLog({
      dir: join(dir, 'log'),
      store: () => store,
      quota_bytes: options.quota_bytes ?? 1024 ** 3,
      now: systemClock,
      metrics,
      log: logger,
      onLanded: landings.landed,
    })
    const now = () => clock.now_ms
    const path = join(dir, 'leases.journal')
    const leases = await openLeases({
      ...{ settings, log, now, metrics, path, store: () => store },
      onFault: (error) => logger.error(error),
    })
    const app = createApp({ log: logger, trustProxy: ['127.0.0.1'], authorize: createAuthorize({ settings, now }) })
    await registerIngest(app, {
      ...{ settings, log, leases, places, now, metrics },
      rate_limit_per_minute: options.rate_limit_per_minute ?? 0,
      imports_dir: join(dir, 'imports'),
      room_wait_ms: options.room_wait_ms ?? 0,
      store: () => store,
    })
    return { metrics, log, leases, app }
  }

  async function stop({ app, leases, log }: Awaited<ReturnType<typeof start>>) {
    await app.close()
    await leases.close()
    await log.close()
  }

  let parts = await start()
  return {
    get app() {
      return parts.app
    },
    get log() {
      return parts.log
    },
    get leases() {
      return parts.leases
    },
    get metrics() {
      return parts.metrics
    },
    store,
    settings,
    clock,
    post: (path, body, { token, ...request } = {}) => post(parts.app, path, body, token, request),
    async rows(position, table, where = '1') {
      await landings.wait(() => hasLanded(parts.log, position))
      return store.query(`SELECT * FROM ${table} WHERE ${where} ORDER BY segment, row`)
    },
    async restart() {
      await stop(parts)
      parts = await start()
    },
    async close() {
      await stop(parts)
      await settings.close()
      await store.drop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Settings as they are, looked for by nobody else. */
export function openTestSettings(store: Store, dir: string): Promise<WritableSettings> {
  const log = pino({ level: 'silent' })
  return openSettings({
    store: () => store,
    file: join(dir, 'settings.json'),
    poll_ms: 3_600_000,
    now: systemClock,
    log,
  })
}

async function fillSettings(
  settings: WritableSettings,
  { sites = [{}], pools = [] }: TestIngestOptions,
): Promise<void> {
  for (const [secret, token] of Object.entries(tokens)) await putToken(settings, secret, token)
  for (const site of sites) await putSite(settings, site)
  for (const pool of pools) await putPool(settings, pool)
}

export function putSite(settings: WritableSettings, site: Partial<Site>): Promise<unknown> {
  const document = SiteDocument.parse({ id: 'shop', domains: ['shop.example'], ...site })
  return settings.put('site', document.id, document, { by: 'test' })
}

export function putPool(settings: WritableSettings, pool: Partial<Pool>): Promise<unknown> {
  const document = PoolDocument.parse({
    id: 'main',
    site: 'shop',
    kind: 'dynamic',
    replaces: ['+74950000000'],
    ...pool,
  })
  return settings.put('pool', document.id, document, { by: 'test' })
}

function putToken(
  settings: WritableSettings,
  secret: string,
  token: Pick<Token, 'scopes' | 'sites'>,
): Promise<unknown> {
  return settings.put(
    'token',
    secret,
    { id: secret, name: secret, secret_hash: hashSecret(secret), ...token },
    { by: 'test' },
  )
}

async function post(
  app: App,
  url: string,
  body: unknown,
  token: string | undefined,
  request: Partial<InjectOptions>,
): Promise<Answer> {
  const answer = await app.inject({
    method: 'POST',
    url,
    payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    ...request,
    headers: {
      'content-type': 'application/json',
      'user-agent': BROWSER,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...request.headers,
    },
  })
  const isJson = String(answer.headers['content-type']).includes('json')
  return { status: answer.statusCode, headers: answer.headers, body: isJson ? answer.json() : answer.body }
}

function hasLanded(log: Log, position: string): boolean {
  const { landed } = log.status()
  const segments = Object.entries(parsePosition(position)?.[0]?.segments ?? {})
  return segments.every(([table, segment]) => landed[table as keyof typeof landed] >= segment)
}

/** Lets a test wait for what the log says has landed, instead of asking again and again. */
function openLandings() {
  let waiting: { isDone: () => boolean; resolve: () => void }[] = []
  return {
    landed() {
      const done = waiting.filter(({ isDone }) => isDone())
      waiting = waiting.filter((waiter) => !done.includes(waiter))
      for (const { resolve } of done) resolve()
    },
    wait: (isDone: () => boolean) =>
      isDone() ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ isDone, resolve })),
  }
}
