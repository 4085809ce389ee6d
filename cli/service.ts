import type { WritableSettings } from '#storage/settings/settings.ts'
import { type Closers, openClosers } from './closers.ts'
import { baseUrlOf, type Config, hungAfter, localUrlOf } from './config.ts'
import { ownFolder, removeControl, writeControl } from './control.ts'
import { makeAdminToken, makeDemo } from './first-start.ts'
import type { Logger } from './logger.ts'
import { type MatchingFleet, startMatchingFleet } from './matching-fleet.ts'
import type { ProcessReports } from './process-reports.ts'
import { openSingle } from './single-service.ts'
import type { Role } from './start.ts'
import type { StoreKeeper } from './store-keeper.ts'
import { openSupervisor } from './supervisor.ts'

export interface ServiceOptions {
  config: Config
  roles: Set<Role>
  demo: boolean
  log: Logger
  say(text: string): void
}

export interface Service {
  /** Resolves when everything runs; rejects, with all that was started ended again, when it cannot. */
  ready: Promise<void>
  /** Restarts workers one after the other, while the others take the requests. */
  restart(): void
  /** Ends it cleanly, at any moment. */
  close(): Promise<void>
}

/**
 * Everything on one port: ingest, cdn, reports and the dashboard in one process, or in as many as WORKERS says; matching
 * and ClickHouse in processes beside.
 */
export function startService(options: ServiceOptions): Service {
  const closers = openClosers(options.log)
  let parts: ServiceParts | undefined
  const ready = begin(options, closers, (opened) => {
    parts = opened
  }).catch(async (error: unknown) => {
    await closers.close()
    throw error
  })
  function restart(): void {
    if (parts?.restart) void parts.restart()
    else options.log.warn('SIGHUP restarts workers, and there are none (WORKERS)')
  }
  return { ready, restart, close: closers.close }
}

async function begin(options: ServiceOptions, closers: Closers, opened: (parts: ServiceParts) => void): Promise<void> {
  const { config, roles, demo, log, say } = options
  const owned = await ownFolder(config.DATA_DIR)
  await closers.add('folder', () => owned.release())
  // A killed service leaves its own behind; commands must not be led to a ClickHouse that is gone.
  await removeControl(config.DATA_DIR)
  await closers.add('control', () => removeControl(config.DATA_DIR))
  if (demo && config.WORKERS > 1) {
    log.warn('the panel of the demo shows the postbacks that came to its own worker: WORKERS=1 shows all of them')
  }
  const parts = await (config.WORKERS > 1 ? openSupervisor : openSingle)(options, closers)
  opened(parts)
  const { settings, keeper, http, control_token, attachMatching, reports } = parts
  const base_url = baseUrlOf(config)
  // Later starts answer at once from their own disk; a first one has no site to answer for yet, nor has one whose copy
  // of the settings was lost: «no such site» would make browsers drop what they send.
  const isKnown = settings.list('site').length > 0
  if (isKnown) await http.listen()
  const { connection } = await keeper.ready
  await settings.refresh()
  await makeDemo({ settings, base_url, demo })
  if (!isKnown) await http.listen()
  // Made after the last step that often fails, a port in use: nobody could ever see the token of a start that failed.
  const secret = config.ADMIN_TOKEN === undefined ? await makeAdminToken(settings) : undefined
  if (roles.has('matching')) {
    const outbound_allow = demo ? [...config.OUTBOUND_ALLOW, '127.0.0.0/8', '::1/128'] : config.OUTBOUND_ALLOW
    const { DATA_DIR: data_dir, LOG_LEVEL: log_level } = config
    const begin = { connection, data_dir, outbound_allow, log_level }
    attachMatching(
      startMatchingFleet(config.MATCHERS, begin, log, { hung_after_ms: hungAfter(config).other_ms, reports }),
    )
  }
  const url = localUrlOf(config)
  await writeControl(config.DATA_DIR, { pid: process.pid, url, token: control_token, clickhouse: connection })
  say(welcome({ base_url, demo, secret }))
}

/** What is started, in one process or in several. */
export interface ServiceParts {
  settings: WritableSettings
  keeper: StoreKeeper
  http: { listen(): Promise<void> }
  control_token: string
  /** Of processes that end, or hang. */
  reports: ProcessReports
  attachMatching(fleet: MatchingFleet): void
  /** Puts new workers in the place of the old ones, one after the other; there are none in one process. */
  restart?(): Promise<void>
}

function welcome({ base_url, demo, secret }: { base_url: string; demo: boolean; secret: string | undefined }): string {
  const lines = [
    'Throughline is ready.',
    `  Dashboard    ${base_url}/`,
    ...(demo ? [`  Demo site    ${base_url}/demo/`] : []),
    `  API          ${base_url}/docs`,
    `  Snippet      <script async src="${base_url}/t/demo.js"></script>`,
    ...(secret ? [`  Admin token  ${secret}   (shown this once: keep it)`] : []),
  ]
  return `${lines.join('\n')}\n`
}
