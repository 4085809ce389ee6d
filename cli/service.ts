import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { openSettings } from '#storage/settings/open-settings.ts'
import { mintSecret } from '#storage/settings/secrets.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { type Closers, openClosers } from './closers.ts'
import { baseUrlOf, type Config, localUrlOf } from './config.ts'
import { ownFolder, removeControl, writeControl } from './control.ts'
import { makeAdminToken, makeDemo } from './first-start.ts'
import { type HttpService, openHttp } from './http-service.ts'
import { openIngest } from './ingest-service.ts'
import type { Logger } from './logger.ts'
import { type MatchingChild, startMatchingChild } from './matching-child.ts'
import type { Role } from './start.ts'
import { keepStore, type StoreKeeper } from './store-keeper.ts'

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
  /** Ends it cleanly, at any moment. */
  close(): Promise<void>
}

const SETTINGS_POLL_MS = 1000

/** Everything on one port: ingest, cdn, reports and the dashboard here; matching and ClickHouse in processes beside. */
export function startService(options: ServiceOptions): Service {
  const closers = openClosers(options.log)
  const ready = begin(options, closers).catch(async (error: unknown) => {
    await closers.close()
    throw error
  })
  return { ready, close: closers.close }
}

async function begin(options: ServiceOptions, closers: Closers): Promise<void> {
  const { config, roles, demo, log, say } = options
  const owned = await ownFolder(config.DATA_DIR)
  await closers.add('folder', () => owned.release())
  // A killed service leaves its own behind; commands must not be led to a ClickHouse that is gone.
  await removeControl(config.DATA_DIR)
  await closers.add('control', () => removeControl(config.DATA_DIR))
  const { settings, keeper, http, control_token, attachMatching } = await openParts(options, closers)
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
    attachMatching(startMatchingChild({ connection, data_dir, outbound_allow, log_level }, log))
  }
  const url = localUrlOf(config)
  await writeControl(config.DATA_DIR, { pid: process.pid, url, token: control_token, clickhouse: connection })
  say(welcome({ base_url, demo, secret }))
}

interface Parts {
  settings: WritableSettings
  keeper: StoreKeeper
  http: HttpService
  control_token: string
  attachMatching(child: MatchingChild): void
}

async function openParts({ config, roles, demo, log }: ServiceOptions, closers: Closers): Promise<Parts> {
  const now = () => Date.now()
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const keeper = keepStore(config, log)
  // Looked at later; without this a refused second start would count as an unhandled rejection until then.
  keeper.ready.catch(() => {})
  await closers.add('ClickHouse', keeper.close)
  const file = join(config.DATA_DIR, 'settings.json')
  const settings = await openSettings({ store: keeper.home, file, poll_ms: SETTINGS_POLL_MS, now, log })
  await closers.add('settings', settings.close)
  let matching: MatchingChild | undefined
  const ingest = await openIngest({ config, settings, keeper, now, metrics, log, onLanded: () => matching?.poke() })
  // Both wait for a ClickHouse that may be away, so they wait together.
  await closers.add('ingest and matching', async () => {
    for (const ended of await Promise.allSettled([ingest.close(), matching?.close()])) {
      if (ended.status === 'rejected') throw ended.reason
    }
  })
  const control_token = mintSecret()
  const base_url = baseUrlOf(config)
  const http = await openHttp({
    ...{ config, roles, demo, log, now, metrics, settings, keeper, ingest, control_token, base_url },
    matching: () => matching,
  })
  await closers.add('http', http.close)
  return {
    ...{ settings, keeper, http, control_token },
    attachMatching(child) {
      matching = child
    },
  }
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
