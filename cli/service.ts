import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { openSettings } from '#storage/settings/open-settings.ts'
import { mintSecret } from '#storage/settings/secrets.ts'
import { baseUrlOf, type Config } from './config.ts'
import { removeControl, writeControl } from './control.ts'
import { prepareFirstStart } from './first-start.ts'
import { openHttp } from './http-service.ts'
import { openIngest } from './ingest-service.ts'
import type { Logger } from './logger.ts'
import { type MatchingChild, startMatchingChild } from './matching-child.ts'
import type { Role } from './start.ts'
import { keepStore } from './store-keeper.ts'

export interface ServiceOptions {
  config: Config
  roles: Set<Role>
  demo: boolean
  log: Logger
  say(text: string): void
}

const SETTINGS_POLL_MS = 1000

/** Everything on one port: ingest, cdn, reports and the dashboard here; matching and ClickHouse in processes beside. */
export async function startService({
  config,
  roles,
  demo,
  log,
  say,
}: ServiceOptions): Promise<{ close(): Promise<void> }> {
  const now = () => Date.now()
  const base_url = baseUrlOf(config)
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const settingsFile = join(config.DATA_DIR, 'settings.json')
  const isFirstStart = !existsSync(settingsFile)
  // A killed service leaves its own behind; commands must not be led to a ClickHouse that is gone.
  await removeControl(config.DATA_DIR)
  const keeper = keepStore(config, log)
  // Looked at below; without this a refused second start would count as an unhandled rejection until then.
  keeper.ready.catch(() => {})
  const settings = await openSettings({ store: keeper.store, file: settingsFile, poll_ms: SETTINGS_POLL_MS, now, log })
  let matching: MatchingChild | undefined
  const ingest = await openIngest({ config, settings, keeper, now, metrics, log, onLanded: () => matching?.poke() })
  const control_token = mintSecret()
  const http = await openHttp({
    config,
    roles,
    demo,
    log,
    now,
    metrics,
    settings,
    keeper,
    ingest,
    control_token,
    base_url,
    matching: () => matching,
  })
  const url = `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST === '0.0.0.0' ? '127.0.0.1' : config.HOST}:${config.PORT}`

  async function close(): Promise<void> {
    await http.close()
    await matching?.close()
    await ingest.close()
    await settings.close()
    await keeper.close()
    await removeControl(config.DATA_DIR)
  }

  try {
    // Later starts answer at once from their own disk; a first one has no site to answer for yet.
    if (!isFirstStart) await http.listen()
    const { connection } = await keeper.ready
    await settings.refresh()
    const has_admin_token = config.ADMIN_TOKEN !== undefined
    const secret = await prepareFirstStart({ settings, base_url, demo, has_admin_token })
    if (isFirstStart) await http.listen()
    if (roles.has('matching')) {
      const outbound_allow = demo ? [...config.OUTBOUND_ALLOW, '127.0.0.0/8', '::1/128'] : config.OUTBOUND_ALLOW
      const { DATA_DIR: data_dir, LOG_LEVEL: log_level } = config
      matching = startMatchingChild({ connection, data_dir, outbound_allow, log_level }, log)
    }
    await writeControl(config.DATA_DIR, { pid: process.pid, url, token: control_token, clickhouse: connection })
    say(welcome({ base_url, demo, secret }))
  } catch (error) {
    await close().catch((closing: unknown) => log.error({ err: closing }, 'closing failed too'))
    throw error
  }
  return { close }
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
