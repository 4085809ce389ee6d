import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import { registerCdn } from '#cdn/http/register-cdn.ts'
import { snippet } from '#cdn/snippet.ts'
import { demoSite } from '#demo/demo-site.ts'
import { registerDemo } from '#demo/register-demo.ts'
import { registerIngest } from '#ingest/http/register-ingest.ts'
import { registerDashboard } from '#reports-api/http/dashboard-routes.ts'
import { registerOpenApi } from '#reports-api/http/openapi.ts'
import { registerOperation } from '#reports-api/http/operation-routes.ts'
import { registerReports } from '#reports-api/http/register-reports.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import { type App, createApp } from '#shell/http.ts'
import { createAuthorize } from '#storage/settings/authorize.ts'
import { hashSecret, mintSecret } from '#storage/settings/secrets.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { assets } from './assets.ts'
import type { Config } from './config.ts'
import type { IngestService } from './ingest-service.ts'
import type { Logger } from './logger.ts'
import type { MatchingChild } from './matching-child.ts'
import type { Role } from './start.ts'
import type { StoreKeeper } from './store-keeper.ts'

export interface HttpOptions {
  config: Config
  roles: Set<Role>
  demo: boolean
  log: Logger
  now: Clock
  metrics: Registry
  settings: WritableSettings
  keeper: StoreKeeper
  ingest: IngestService
  /** A token of this process alone, with every scope: for the owner's commands and the demo. */
  control_token: string
  base_url: string
  matching(): MatchingChild | undefined
}

export interface HttpService {
  listen(): Promise<void>
  close(): Promise<void>
}

/** The one port: the routes of every role that runs here. */
export async function openHttp(options: HttpOptions): Promise<HttpService> {
  const { config, roles, settings, now, log } = options
  const authorizeToken = createAuthorize({
    settings,
    now,
    ...(config.ADMIN_TOKEN && { admin_token: config.ADMIN_TOKEN }),
  })
  const authorizeControl = createAuthorize({ settings, now, admin_token: options.control_token })
  const app = createApp({
    log,
    trustProxy: config.TRUST_PROXY,
    authorize: (header) => authorizeToken(header) ?? authorizeControl(header),
  })
  await registerOpenApi(app)
  registerOperation(app, {
    metrics: options.metrics,
    log_status: () => options.ingest.log.status(),
    trouble: () => troubles(options),
  })
  if (roles.has('ingest')) await registerIngest(app, ingestDeps(options))
  if (roles.has('cdn')) registerCdn(app, { settings, tracker_code: await readTracker() })
  if (roles.has('reports-api')) {
    await registerReports(app, {
      store: options.keeper.store,
      settings,
      now,
      mintSecret,
      hashSecret,
      log_status: () => options.ingest.log.status(),
      matching_status: () => options.matching()?.status(),
    })
    await registerDashboard(app, { folder: assets.dashboard })
  }
  if (options.demo) registerDemo(app, demoOptions(app, options))
  registerControl(app, options)
  return {
    async listen() {
      await app.listen({ port: config.PORT, host: config.HOST })
    },
    close: () => app.close(),
  }
}

function ingestDeps({ settings, ingest, now, metrics, config }: HttpOptions) {
  const { log, leases, places } = ingest
  return { settings, log, leases, places, now, metrics, rate_limit_per_minute: config.RATE_LIMIT_PER_MINUTE }
}

/** What is wrong although facts are accepted. */
function troubles({ keeper, matching, roles }: HttpOptions): string[] {
  const found = [keeper.trouble()]
  if (roles.has('matching') && !matching()?.status().running) found.push('Matching is not running')
  return found.filter((trouble) => trouble !== undefined)
}

async function readTracker(): Promise<string> {
  if (!existsSync(assets.tracker)) throw new Error('The tracker is not built. Run `npm run build`.')
  return readFile(assets.tracker, 'utf8')
}

function demoOptions(app: App, { base_url, control_token }: HttpOptions) {
  return {
    snippet: snippet(base_url, demoSite),
    assetsFolder: assets.demoAssets,
    async api(method: 'GET' | 'POST', url: string, body?: object) {
      const headers = { authorization: `Bearer ${control_token}` }
      const answer = await app.inject({ method, url, headers, ...(body && { payload: body }) })
      return { status: answer.statusCode, body: answer.json() as unknown }
    },
  }
}

const Rebuild = z.object({ site: z.string().max(64).optional(), check: z.boolean().default(false) })

/** What the owner's commands ask of the running service; not part of the public contract. */
function registerControl(app: App, { matching }: HttpOptions): void {
  const schema = { hide: true, body: Rebuild }
  app.post('/control/rebuild', { config: { scope: 'admin' }, schema }, async ({ body }) => {
    const child = matching()
    if (!child) throw new Failure('starting', 'Matching does not run in this service.', { retry_after_s: 5 })
    return child.rebuild({ check: body.check, ...(body.site !== undefined && { site: body.site }) })
  })
}
