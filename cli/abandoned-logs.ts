import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { Log, LogStatus } from '#ingest/log/log.ts'
import type { Logger } from './logger.ts'
import { type Metrics, readMetrics } from './sum-figures.ts'

/** The log of a worker, beside the one of the main process. */
export function logFolderOf(slot: number): string {
  return `log-${slot}`
}

/** The slots whose workers have left a log. */
export async function slotsWithLogs(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.flatMap((name) => /^log-(\d{1,4})$/.exec(name)?.[1] ?? []).map(Number)
}

/** Logs of workers that are no more, on their way to ClickHouse. */
export interface AbandonedLogs {
  status(): LogStatus[]
  metrics(): Promise<Metrics[]>
  close(): Promise<void>
}

export interface AbandonedOptions {
  /** Where the logs of the workers stand. */
  dir: string
  /** How many workers there are; slots beyond are nobody's. */
  workers: number
  open(folder: string, metrics: Registry): Promise<Log>
  log: Logger
}

const LOOK_EVERY_MS = 500

/**
 * Opens what workers have left that no longer exist, sends it, and removes their folders once they are empty. Resolves
 * when all are open: from then on their ids are known.
 */
export async function drainAbandonedLogs({ dir, workers, open, log }: AbandonedOptions): Promise<AbandonedLogs> {
  const draining = new Map<string, { durable: Log; metrics: Registry }>()
  let working = Promise.resolve()

  for (const slot of (await slotsWithLogs(dir)).filter((slot) => slot > workers)) {
    const folder = logFolderOf(slot)
    const metrics = new Registry()
    try {
      draining.set(folder, { durable: await open(folder, metrics), metrics })
      log.info({ folder }, 'the log of a worker that no longer exists is being drained')
    } catch (error) {
      // Its facts stay where they are, for the next start; those that come now must not wait for that.
      log.error({ err: error, folder }, 'the log of a worker that no longer exists cannot be opened')
    }
  }
  async function removeEmpty(): Promise<void> {
    for (const [folder, { durable }] of [...draining]) {
      if (durable.status().bytes > 0) continue
      draining.delete(folder)
      await durable.close()
      // Spoilt rows that were set aside, by whichever shard's log, are for a human eye.
      const names = await readdir(join(dir, folder), { recursive: true, withFileTypes: true })
      if (names.some((entry) => entry.isDirectory() && entry.name === 'damaged')) continue
      await rm(join(dir, folder), { recursive: true, force: true })
      log.info({ folder }, 'the log of a worker that no longer exists is drained and removed')
    }
    if (draining.size === 0) clearInterval(timer)
  }
  const look = () => {
    working = working.then(removeEmpty).catch((error: unknown) => log.warn({ err: error }, 'a log cannot be removed'))
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  look()
  return {
    status: () => [...draining.values()].map(({ durable }) => durable.status()),
    metrics: () => Promise.all([...draining.values()].map(({ metrics }) => readMetrics(metrics))),
    async close() {
      clearInterval(timer)
      await working
      await Promise.all([...draining.values()].map(({ durable }) => durable.close()))
    },
  }
}
