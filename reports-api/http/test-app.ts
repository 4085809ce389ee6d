import { createHash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { Failure } from '#shell/failure.ts'
import { type App, createApp } from '#shell/http.ts'
import type { Store } from '#storage/client.ts'
import {
  type DocumentKind,
  type Documents,
  type Scope,
  SiteDocument,
  type Versioned,
} from '#storage/settings/documents.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { registerOpenApi } from './openapi.ts'
import { registerOperation } from './operation-routes.ts'
import { registerReports } from './register-reports.ts'
import type { LogStatus } from './reports-deps.ts'

export interface TestApp {
  app: App
  settings: WritableSettings
  log: LogStatus
  /** A GET with the token that may do everything, or with a `scope@site` one. */
  get(
    url: string,
    token?: string,
  ): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }>
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    url: string,
    body?: object,
    options?: { token?: string; headers?: Record<string, string> },
  ): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }>
}

/** The routes as they are served, over a store that is given; settings are kept in memory. Tokens are `scope,scope@site`. */
export async function makeTestApp(store: () => Store | undefined, { now = Date.now } = {}): Promise<TestApp> {
  const settings = memorySettings(now)
  await settings.put(
    'site',
    'shop',
    SiteDocument.parse({ id: 'shop', domains: ['shop.test'], timezone: 'Europe/Moscow' }),
    { by: '' },
  )
  await settings.put('site', 'other', SiteDocument.parse({ id: 'other', domains: ['other.test'] }), { by: '' })
  const log: LogStatus = {
    node: 'n1',
    bytes: 10,
    oldest_ms: null,
    segments_waiting: 0,
    last_flush_error: null,
    full: false,
  }
  const app = createApp({
    log: pino({ level: 'silent' }) as FastifyBaseLogger,
    trustProxy: [],
    authorize: (header) => accessOf(header?.replace('Bearer ', '')),
  })
  await registerOpenApi(app)
  registerOperation(app, { metrics_text: () => new Registry().metrics(), log_status: () => log, trouble: () => [] })
  let minted = 0
  await registerReports(app, {
    store,
    settings,
    log_status: () => log,
    matching_status: () => ({ running: true }),
    now,
    mintSecret: () => `tl_secret${++minted}`,
    hashSecret: (secret) => createHash('sha256').update(secret).digest('hex'),
  })
  await app.ready()
  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    token: string,
    payload?: object,
    more = {},
  ) => {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}`, ...more },
      ...(payload && { payload }),
    })
    const isJson = String(answer.headers['content-type']).startsWith('application/json')
    return { status: answer.statusCode, body: isJson ? answer.json() : { text: answer.body }, headers: answer.headers }
  }
  return {
    app,
    settings,
    log,
    get: (url, token = 'reports,personal') => call('GET', url, token),
    send: (method, url, body, { token = 'admin', headers = {} } = {}) => call(method, url, token, body, headers),
  }
}

function accessOf(token: string | undefined) {
  if (!token) return undefined
  const [scopes = '', site] = token.split('@')
  const all = scopes.split(',') as Scope[]
  return {
    token: 'test',
    allows: (scope: Scope) => all.includes('admin') || all.includes(scope),
    reaches: (asked: string) => site === undefined || site === asked,
  }
}

function memorySettings(now: () => number): WritableSettings {
  const all = new Map<string, Versioned<Documents[DocumentKind]>>()
  return {
    get: ((kind: DocumentKind, id: string) => all.get(`${kind} ${id}`)) as WritableSettings['get'],
    list: ((kind: DocumentKind) =>
      [...all].filter(([key]) => key.startsWith(`${kind} `)).map(([, found]) => found)) as WritableSettings['list'],
    onChange: () => () => {},
    put: (async (
      kind: DocumentKind,
      id: string,
      document: Documents[DocumentKind],
      change: { if_version?: number },
    ) => {
      const version = all.get(`${kind} ${id}`)?.version ?? 0
      guard(version, change)
      const stored = { version: version + 1, changed_at_ms: now(), document }
      all.set(`${kind} ${id}`, stored)
      return stored
    }) as WritableSettings['put'],
    async remove(kind, id, change) {
      guard(all.get(`${kind} ${id}`)?.version ?? 0, change)
      all.delete(`${kind} ${id}`)
    },
    refresh: async () => {},
    close: async () => {},
  }
}

function guard(version: number, { if_version }: { if_version?: number }): void {
  if (if_version !== undefined && if_version !== version)
    throw new Failure('version_conflict', 'There is a newer version.')
}
