import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { RateReport, RateSharing } from '#ingest/http/address-rate.ts'
import { type NumbersOfSession, openRemoteLeases } from '#ingest/leases/remote-leases.ts'
import type { LogStatus } from '#ingest/log/log.ts'
import { openRemoteRepeats, type RemoteRepeats } from '#ingest/log/remote-repeats.ts'
import type { RebuildReport } from '#matching/rebuild/rebuild.ts'
import { openStore, type Store } from '#storage/client.ts'
import { openSettings } from '#storage/settings/open-settings.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { logFolderOf } from './abandoned-logs.ts'
import type { Channel } from './channel.ts'
import { shardCount } from './clickhouse.ts'
import { type Closers, openClosers } from './closers.ts'
import { baseUrlOf, type Config } from './config.ts'
import { openHttp } from './http-service.ts'
import { ingestFolder, LogUnopened, openIngest } from './ingest-service.ts'
import type { Logger } from './logger.ts'
import type { MatchingFleet } from './matching-fleet.ts'
import type { HttpService } from './run-app.ts'
import { SETTINGS_POLL_MS, settingsFile } from './service-base.ts'
import { readMetrics } from './sum-figures.ts'
import type { AskMain, AskWorker, FromWorker, SharedState, ToWorker, WorkerBegin } from './worker-messages.ts'

/** What one worker runs: every route, a log of its own, and the main process behind leases and repeats. */
export interface WorkerService {
  /** Resolves when requests are taken. */
  ready: Promise<void>
  take(message: Exclude<ToWorker, { say: 'begin' | 'close' }>): void
  /** Figures of this process alone. */
  answer(question: AskWorker): unknown
  close(requests_wait_ms: number): Promise<void>
}

export interface WorkerOptions {
  config: Config
  begun: WorkerBegin
  channel: Channel<FromWorker, AskMain>
  log: Logger
}

interface Parts {
  metrics: Registry
  repeats: RemoteRepeats
  state: SharedState
  store: Store | undefined
  settings?: WritableSettings
  http?: HttpService
  log_status?: () => LogStatus
  hearRate?: (slot: number, report: RateReport, now_ms: number) => void
}

const SYNC_WAIT_MS = 60_000
const SUMS_WAIT_MS = 3_000

export function openWorker(options: WorkerOptions): WorkerService {
  const { begun, channel, log } = options
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const parts: Parts = {
    metrics,
    repeats: openRemoteRepeats({
      key: begun.window_key,
      send: (message) => channel.tell({ say: 'claims', message }),
      sync: async () => void (await channel.ask({ ask: 'sync window' }, SYNC_WAIT_MS)),
    }),
    state: { trouble: 'ClickHouse is starting', shards_ready: [], processes: [], matching: undefined },
    store: undefined,
  }
  const closers = openClosers(log)
  return {
    ready: begin(options, parts, closers),
    take(message) {
      if (message.say === 'connection') parts.store ??= openStore(message.connection)
      else if (message.say === 'state') parts.state = message.state
      else if (message.say === 'rate') parts.hearRate?.(message.slot, message.report, Date.now())
      else if (message.say === 'claims') parts.repeats.take(message.message)
      else parts.settings?.refresh().catch(() => {})
    },
    answer: ({ ask }) => (ask === 'metrics' ? readMetrics(metrics) : parts.log_status?.()),
    async close(requests_wait_ms) {
      await parts.http?.close(requests_wait_ms)
      await closers.close()
    },
  }
}

async function begin(options: WorkerOptions, parts: Parts, closers: Closers): Promise<void> {
  const { config, begun, channel, log } = options
  const { metrics, repeats } = parts
  const now = () => Date.now()
  await closers.add('store', async () => parts.store?.close())
  const settings = await openOwnSettings(options, parts)
  await closers.add('settings', settings.close)
  settings.onChange(() => void channel.tell({ say: 'settings' }))
  const ingest = await openIngest({
    ...{ config, now, metrics, log, repeats },
    folder: logFolderOf(begun.slot),
    shards: shardStores(config, parts),
    onLanded: () => void channel.tell({ say: 'landed' }),
    leases: async () =>
      openRemoteLeases({
        settings,
        tell: (note) => void channel.tell({ say: 'lease', note }),
        ask: async (question) => (await channel.ask({ ask: 'lease', question })) as NumbersOfSession,
      }),
  })
  await closers.add('ingest', ingest.close)
  await repeats.ready()
  parts.log_status = ingest.log.status
  const http = await openHttp({
    ...{ config, log, now, metrics, settings, ingest },
    demo: begun.demo,
    roles: new Set(begun.roles),
    control_token: begun.control_token,
    base_url: baseUrlOf(config),
    rate_sharing: rateSharing(options, parts),
    keeper: { store: () => wholeStore(parts), trouble: () => parts.state.trouble },
    matching: () => remoteMatching(parts.state, channel),
    process_troubles: () => parts.state.processes,
    metrics_text: async () => (await channel.ask({ ask: 'metrics' })) as string,
    log_status: () => tellOwn(ingest.log.status(), channel),
  })
  parts.http = http
  await closers.add('http', () => http.close())
  await http.listen()
}

function rateSharing({ config, channel }: WorkerOptions, parts: Parts): RateSharing {
  return {
    workers: config.WORKERS,
    tell: (report) => void channel.tell({ say: 'rate', report }),
    listen(hear) {
      parts.hearRate = hear
    },
  }
}

/** Of each server of ClickHouse, once the main process has its tables up to date. */
function shardStores(config: Config, parts: Parts): (() => Store | undefined)[] {
  return Array.from({ length: shardCount(config) }, (_, index) => () => {
    return parts.state.shards_ready[index] ? parts.store?.shards[index] : undefined
  })
}

/** What is read is read from all of them. */
function wholeStore({ state, store }: Parts): Store | undefined {
  return state.shards_ready.length > 0 && state.shards_ready.every(Boolean) ? store : undefined
}

/** A copy of the main process's copy, so that a start without ClickHouse has what was in force last. */
async function openOwnSettings({ config, begun, log }: WorkerOptions, parts: Parts): Promise<WritableSettings> {
  // In the folder of its log, and gone with it.
  const dir = join(ingestFolder(config), logFolderOf(begun.slot))
  const file = join(dir, 'settings.json')
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await copyFile(settingsFile(config), file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new LogUnopened(dir, error)
  }
  const settings = await openSettings({
    ...{ file, log, poll_ms: SETTINGS_POLL_MS },
    store: shardStores(config, parts)[0] as () => Store | undefined, // There is one at least.
    now: () => Date.now(),
  })
  parts.settings = settings
  return settings
}

/** The sums, and what this worker itself would answer to a fact: that alone when the sums are not to be had. */
async function tellOwn(own: LogStatus, channel: WorkerOptions['channel']): Promise<LogStatus> {
  const { node, full, full_because, landed } = own
  const sums = await channel.ask({ ask: 'log status' }, SUMS_WAIT_MS).catch(() => own)
  return { ...(sums as LogStatus), node, full, full_because, landed }
}

function remoteMatching(
  { matching }: SharedState,
  channel: WorkerOptions['channel'],
): Pick<MatchingFleet, 'status' | 'rebuild'> | undefined {
  if (!matching) return undefined
  return {
    status: () => matching,
    // It takes as long as it takes; if the main process ends, so does this one.
    rebuild: async (options) => (await channel.ask({ ask: 'rebuild', options }, Infinity)) as RebuildReport,
  }
}
