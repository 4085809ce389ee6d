import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { openPlaces, type Places } from '#ingest/enrich/place.ts'
import { type Leases, openLeases } from '#ingest/leases/leases.ts'
import type { Log } from '#ingest/log/log.ts'
import { openShardedLog } from '#ingest/log/sharded-log.ts'
import type { Clock } from '#shell/clock.ts'
import type { Settings } from '#storage/settings/settings.ts'
import type { Config } from './config.ts'
import type { Logger } from './logger.ts'
import type { StoreKeeper } from './store-keeper.ts'

export interface IngestService {
  log: Log
  leases: Leases
  places: Places
  /** Leases first, because their last words go into the log. */
  close(): Promise<void>
}

export interface IngestServiceOptions {
  config: Config
  settings: Settings
  keeper: StoreKeeper
  now: Clock
  metrics: Registry
  log: Logger
  onLanded(): void
}

/** How long a stop waits for ClickHouse to take what is left; the rest lands after the next start. */
const CLOSE_WAIT_MS = 5_000

/** The durable log, the leases and what enriches events; needs its own disk and nothing else. */
export async function openIngest(options: IngestServiceOptions): Promise<IngestService> {
  const { config, settings, keeper, now, metrics, log, onLanded } = options
  const dir = join(config.DATA_DIR, 'ingest')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const places = await openPlaces(config.GEO_DB).catch((error: unknown) => {
    throw new Error(`GEO_DB cannot be read as a MaxMind database: ${(error as Error).message}`, { cause: error })
  })
  const durable = await openShardedLog({
    dir: join(dir, 'log'),
    shards: keeper.shards,
    quota_bytes: config.LOG_QUOTA_BYTES,
    min_free_bytes: config.MIN_FREE_BYTES,
    close_wait_ms: CLOSE_WAIT_MS,
    now,
    metrics,
    log,
    onLanded,
  })
  try {
    const leases = await openLeases({
      settings,
      log: durable,
      now,
      metrics,
      path: join(dir, 'leases.journal'),
      onFault: (error) => log.warn({ err: error }, 'a lease renewal was not written, will try again'),
    })
    return {
      log: durable,
      leases,
      places,
      async close() {
        await leases.close()
        await durable.close()
      },
    }
  } catch (error) {
    await durable.close()
    throw error
  }
}
