import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { openPlaces, type Places } from '#ingest/enrich/place.ts'
import { type Leases, openLeases } from '#ingest/leases/leases.ts'
import type { Log } from '#ingest/log/log.ts'
import { openRepeatWindow, type RepeatWindow } from '#ingest/log/repeat-window.ts'
import type { Repeats } from '#ingest/log/repeats.ts'
import { openShardedLog } from '#ingest/log/sharded-log.ts'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import type { Config } from './config.ts'
import type { Logger } from './logger.ts'

export interface IngestService {
  log: Log
  leases: Leases
  places: Places
  /** Leases first, because their last words go into the log. */
  close(): Promise<void>
}

/** What every log of an installation is opened with, whichever process has it. */
export interface DurableOptions {
  config: Config
  /** Of each server of ClickHouse: the store of its own tables; undefined while it is away. */
  shards: readonly (() => Store | undefined)[]
  now: Clock
  metrics: Registry
  log: Logger
  repeats: Repeats
  onLanded(): void
}

export interface IngestOptions extends DurableOptions {
  /** Of the log, below `ingestFolder`. */
  folder: string
  /** Held here, or by another process. */
  leases(durable: Log): Promise<Leases>
}

/** How long a stop waits for ClickHouse to take what is left; the rest lands after the next start. */
const CLOSE_WAIT_MS = 5_000

export function ingestFolder({ DATA_DIR }: Config): string {
  return join(DATA_DIR, 'ingest')
}

/** The log of the only process, or of the one that leads the workers. */
export const mainLogFolder = 'log'

/** The durable log, the leases and what enriches events; needs its own disk and nothing else. */
export async function openIngest(options: IngestOptions): Promise<IngestService> {
  const places = await openPlaces(options.config.GEO_DB).catch((error: unknown) => {
    throw new Error(`GEO_DB cannot be read as a MaxMind database: ${(error as Error).message}`, { cause: error })
  })
  return { places, ...(await openLogAndLeases(options)) }
}

/** The same for a process that takes no requests. */
export async function openLogAndLeases(options: IngestOptions): Promise<Omit<IngestService, 'places'>> {
  const durable = await openDurable(options.folder, options)
  try {
    const leases = await options.leases(durable)
    return {
      log: durable,
      leases,
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

/** A folder of the log that cannot be read or written: what is in it waits, and others go on. */
export class LogUnopened extends Error {
  /** The name of the error, which quotes nothing. */
  readonly code: string

  constructor(folder: string, cause: unknown) {
    const { code, name, message } = cause as NodeJS.ErrnoException
    super(`The log in ${folder} cannot be opened: ${message}`, { cause })
    this.name = 'LogUnopened'
    this.code = code ?? name
  }
}

/** A log as all of them are opened. */
export async function openDurable(folder: string, options: DurableOptions): Promise<Log> {
  const { config, shards, now, metrics, log, repeats, onLanded } = options
  const dir = join(ingestFolder(config), folder)
  return openShardedLog({
    dir,
    shards,
    quota_bytes: Math.floor(config.LOG_QUOTA_BYTES / config.WORKERS),
    min_free_bytes: config.MIN_FREE_BYTES,
    close_wait_ms: CLOSE_WAIT_MS,
    ...{ now, metrics, log, repeats, onLanded },
  }).catch((error: unknown) => {
    throw new LogUnopened(dir, error)
  })
}

/** The window of repeats. One for all logs, it stands where the log of one process alone has it. */
export async function openWindow(config: Config, now: Clock): Promise<RepeatWindow> {
  const dir = join(ingestFolder(config), mainLogFolder, 'window')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  return openRepeatWindow({ dir, now })
}

/** Leases that this process holds. `store` is the whole of ClickHouse, not one shard. */
export function openOwnLeases(
  { config, now, metrics, log }: Pick<DurableOptions, 'config' | 'now' | 'metrics' | 'log'>,
  { settings, store }: { settings: Settings; store: () => Store | undefined },
): (durable: Log) => Promise<Leases> {
  return (durable) =>
    openLeases({
      ...{ settings, store, now, metrics },
      log: durable,
      path: join(ingestFolder(config), 'leases.journal'),
      onFault: (error) => log.warn({ err: error }, 'the journal of leases was not written, will try again'),
      onSpoilt: (lines) => log.warn({ lines }, 'lines of the lease journal are spoilt, a copy of it is kept'),
    })
}
