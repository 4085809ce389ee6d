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
  /** Of which nothing can be read, and why. */
  troubles(): string[]
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
const OPEN_AGAIN_MS = 30_000

/**
 * Opens what workers have left that no longer exist, sends it, and removes their folders once they are empty. Resolves
 * when all are open: from then on their ids are known.
 */
export async function drainAbandonedLogs({ dir, workers, open, log }: AbandonedOptions): Promise<AbandonedLogs> {
  const draining = new Map<string, { durable: Log; metrics: Registry }>()
  const unopened = new Map<string, { why: string; again_ms: number }>()
  let working = Promise.resolve()

  for (const slot of (await slotsWithLogs(dir)).filter((slot) => slot > workers)) {
    await openOne(logFolderOf(slot))
  }
  async function openOne(folder: string): Promise<void> {
    const metrics = new Registry()
    try {
      draining.set(folder, { durable: await open(folder, metrics), metrics })
      unopened.delete(folder)
      log.info({ folder }, 'the log of a worker that no longer exists is being drained')
    } catch (error) {
      // Its facts stay where they are until it can be; those that come now must not wait for that.
      const { code, name } = error as NodeJS.ErrnoException
      unopened.set(folder, { why: code ?? name, again_ms: performance.now() + OPEN_AGAIN_MS })
      log.error({ err: error, folder }, 'the log of a worker that no longer exists cannot be opened, will try again')
    }
  }
  async function openAgain(): Promise<void> {
    for (const [folder, { again_ms }] of [...unopened]) if (performance.now() >= again_ms) await openOne(folder)
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
    if (draining.size === 0 && unopened.size === 0) clearInterval(timer)
  }
  const look = () => {
    working = working
      .then(openAgain)
      .then(removeEmpty)
      .catch((error: unknown) => log.warn({ err: error }, 'a log cannot be removed'))
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  look()
  return {
    status: () => [...draining.values()].map(({ durable }) => durable.status()),
    troubles: () =>
      [...unopened].map(([folder, { why }]) => `The log ${folder} cannot be opened (${why}), and what is in it waits`),
    metrics: () => Promise.all([...draining.values()].map(({ metrics }) => readMetrics(metrics))),
    async close() {
      clearInterval(timer)
      await working
      await Promise.all([...draining.values()].map(({ durable }) => durable.close()))
    },
  }
}
