import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import type { Trackers } from '#cdn/features.ts'
import { serveDeclarations } from '#cdn/http/declarations.ts'
import { registerCdn } from '#cdn/http/register-cdn.ts'
import { snippet } from '#cdn/snippet.ts'
import { demoSite } from '#demo/demo-site.ts'
import { registerDemo } from '#demo/register-demo.ts'
import type { RateSharing } from '#ingest/http/address-rate.ts'
import { registerIngest } from '#ingest/http/register-ingest.ts'
import type { LogStatus } from '#ingest/log/log.ts'
import { type QuarantineWatch, watchQuarantine } from '#ingest/quarantine/quarantine-watch.ts'
import { registerDashboard } from '#reports-api/http/dashboard-routes.ts'
import { installCheckRoutes } from '#reports-api/http/install-check-routes.ts'
import { registerOpenApi } from '#reports-api/http/openapi.ts'
import { registerOperation } from '#reports-api/http/operation-routes.ts'
import { operationStatusRoute } from '#reports-api/http/operation-status.ts'
import { openReader } from '#reports-api/http/reader.ts'
import { registerReports } from '#reports-api/http/register-reports.ts'
import { readHistoryProgress } from '#reports-api/http/status-routes.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import { type App, createApp } from '#shell/http.ts'
import { openOutbound } from '#shell/outbound.ts'
import { createAuthorize } from '#storage/settings/authorize.ts'
import { hashSecret, mintSecret } from '#storage/settings/secrets.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { assets } from './assets.ts'
import { type Config, localUrlOf } from './config.ts'
import { freeBytes, measureHealth } from './health-metrics.ts'
import type { IngestService } from './ingest-service.ts'
import type { Logger } from './logger.ts'
import type { FleetStatus, MatchingFleet } from './matching-fleet.ts'
import { registerQuarantineControl } from './quarantine-control.ts'
import { type HttpService, runApp } from './run-app.ts'
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
  keeper: Pick<StoreKeeper, 'store' | 'trouble'>
  ingest: Omit<IngestService, 'close'>
  /** Of all logs together, and whether this process takes more. */
  log_status(): LogStatus | Promise<LogStatus>
  /** Of all processes together. */
  metrics_text(): Promise<string>
  /** A token of this process alone, with every scope: for the owner's commands and the demo. */
  control_token: string
  base_url: string
  /** Where there are other workers. */
  rate_sharing?: RateSharing
  matching(): Pick<MatchingFleet, 'status' | 'rebuild'> | undefined
  /** What is wrong with other processes of the service, and with logs, in words. */
  process_troubles(): string[]
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
  const quarantine = watchQuarantine({ store: options.keeper.store, now, metrics: options.metrics })
  await registerOpenApi(app)
  registerOperation(app, {
    metrics_text: options.metrics_text,
    log_status: options.log_status,
    trouble: () => troubles(options),
  })
  if (roles.has('ingest')) await registerIngest(app, ingestDeps(options))
  if (roles.has('cdn')) {
    registerCdn(app, { settings, trackers: await readTrackers() })
    serveDeclarations(app, await readFile(assets.declarations, 'utf8'))
  }
  if (roles.has('reports-api')) {
    await registerReports(app, {
      store: options.keeper.store,
      settings,
      now,
      mintSecret,
      hashSecret,
      log_status: options.log_status,
      matching_status: () => options.matching()?.status(),
    })
    registerInstallChecks(app, options)
    await registerDashboard(app, { folder: assets.dashboard })
  }
  if (options.demo) registerDemo(app, demoOptions(app, options))
  await registerOperationStatus(app, options, quarantine)
  registerControl(app, options)
  registerQuarantineControl(app, { store: options.keeper.store, log: options.ingest.log, now, watch: quarantine })
  return runApp(app, config)
}

function registerInstallChecks(app: App, { config, settings, demo, base_url }: HttpOptions): void {
  const outbound = openOutbound({
    allow: config.OUTBOUND_ALLOW,
    // The pages of the demo are this service itself: its own address and no other of this machine.
    own_origins: demo
      ? [...new Set([base_url, `http://localhost:${config.PORT}`, localUrlOf(config)].map(originOf))]
      : [],
  })
  app.addHook('onClose', () => outbound.close())
  installCheckRoutes(app, {
    settings,
    outbound,
    async currentScript(site) {
      const { statusCode, body } = await app.inject(`/t/${encodeURIComponent(site)}.js`)
      return statusCode === 200 ? body : undefined
    },
  })
}

function originOf(address: string): string {
  return new URL(address).origin
}

/** The figures of the status page, and those that are for /metrics alone. */
async function registerOperationStatus(app: App, options: HttpOptions, quarantine: QuarantineWatch): Promise<void> {
  const { config, metrics, metrics_text, log_status, keeper, now, roles, matching } = options
  const { version } = JSON.parse(await readFile(assets.packageFile, 'utf8')) as { version: string }
  const [data_dir, log_quota_bytes] = [config.DATA_DIR, config.LOG_QUOTA_BYTES]
  measureHealth({ metrics, data_dir, log_quota_bytes, version, trouble: keeper.trouble })
  if (!roles.has('reports-api')) return
  const reader = openReader(keeper.store)
  operationStatusRoute(app, {
    ...{ version, started_ms: now(), now, log_quota_bytes, min_free_bytes: config.MIN_FREE_BYTES },
    ...{ log_status, metrics_text },
    free_bytes: () => freeBytes(data_dir),
    store_trouble: keeper.trouble,
    intake_troubles: options.process_troubles,
    quarantine: quarantine.waiting,
    history: () => readHistoryProgress(reader),
    ...(roles.has('matching') && { matching_status: () => matching()?.status() }),
  })
}

function ingestDeps({ settings, ingest, keeper, now, metrics, config, rate_sharing }: HttpOptions) {
  const { log, leases, places } = ingest
  const imports_dir = join(config.DATA_DIR, 'ingest', 'imports')
  const rate_limit_per_minute = config.RATE_LIMIT_PER_MINUTE
  const { store } = keeper
  return { settings, log, leases, places, now, metrics, store, rate_limit_per_minute, rate_sharing, imports_dir }
}

/** What is wrong beside the log being full, and why it is. */
function troubles({ keeper, matching, roles, ingest, process_troubles }: HttpOptions): string[] {
  const isDiskLow = ingest.log.status().full_because === 'disk_low'
  const found = [isDiskLow ? 'The disk of DATA_DIR has less room than MIN_FREE_BYTES' : undefined, keeper.trouble()]
  if (roles.has('matching')) found.push(matchingTrouble(matching()?.status()))
  return [...found.filter((trouble) => trouble !== undefined), ...process_troubles()]
}

function matchingTrouble(status: FleetStatus | undefined): string | undefined {
  if (status?.running) return undefined
  const processes = status?.processes ?? []
  const away = processes.filter(({ running }) => !running).map(({ share }) => share)
  return away.length < processes.length
    ? `Matching process ${away.join(', ')} is not running`
    : 'Matching is not running'
}

async function readTrackers(): Promise<Trackers> {
  if (!existsSync(assets.trackers)) throw new Error('The tracker is not built. Run `npm run build`.')
  return JSON.parse(await readFile(assets.trackers, 'utf8'))
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
function registerControl(app: App, { matching, settings }: HttpOptions): void {
  const schema = { hide: true, body: Rebuild }
  app.post('/control/rebuild', { config: { scope: 'admin' }, schema }, async ({ body, access }) => {
    if (!access?.reaches(body.site ?? '')) {
      throw new Failure('forbidden', 'This token does not reach every site; name the one to rebuild with `site`.')
    }
    if (body.site !== undefined && !settings.get('site', body.site)) {
      throw new Failure('site_not_found', `There is no site "${body.site}".`)
    }
    const running = matching()
    if (!running) throw new Failure('starting', 'Matching does not run in this service.', { retry_after_s: 5 })
    return running.rebuild({ check: body.check, ...(body.site !== undefined && { site: body.site }) })
  })
}
