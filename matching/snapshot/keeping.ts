import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { MatchingLog } from '../matching-log.ts'
import { openSnapshots, type Snapshots } from './snapshots.ts'

/** How memory was come by when matching last started. */
export interface LastStart {
  at_ms: number
  took_ms: number
  /** Of so many sites from snapshots, of the others from the tables. */
  kept: number
  sites: number
}

export interface Keeping {
  snapshots: Snapshots | undefined
  /** Opens a run, and writes down how long that took. */
  opening<Run extends { sites: ReadonlyMap<string, unknown> }>(open: () => Promise<Run>): Promise<Run>
}

export interface KeepingOptions {
  store: Store
  now: Clock
  log: MatchingLog
  metrics: Registry
  snapshot_dir?: string | undefined
}

/** Snapshots with their metrics, and with what `doctor` reads of them; without a folder there are none. */
export async function openKeeping({ store, now, log, metrics, snapshot_dir: dir }: KeepingOptions): Promise<Keeping> {
  const snapshots = dir === undefined ? undefined : await openSnapshots({ store, dir, now, log })
  const measure = measures(metrics, snapshots)
  return {
    snapshots,
    async opening(open) {
      const started_ms = performance.now()
      const run = await open()
      const took_ms = Math.round(performance.now() - started_ms)
      const kept = snapshots?.status().sites ?? 0
      measure.started(took_ms, kept > 0)
      if (dir !== undefined) {
        const last: LastStart = { at_ms: now(), took_ms, kept, sites: run.sites.size }
        await writeFile(join(dir, LAST_START), JSON.stringify(last), { mode: 0o600 })
      }
      return run
    },
  }
}

const LAST_START = 'last-start.json'

/** Undefined when none has been written down, or not to its end. */
export async function readLastStart(dir: string): Promise<LastStart | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, LAST_START), 'utf8')) as LastStart
  } catch {
    return undefined
  }
}

function measures(metrics: Registry, snapshots: Snapshots | undefined) {
  const registers = [metrics]
  const took = new Gauge({
    name: 'throughline_matching_start_seconds',
    help: 'How long it took to have memory when matching last started, or began again after a failed step',
    labelNames: ['from'] as const,
    registers,
  })
  const gauge = (name: string, help: string, value: (from: Snapshots) => number) => {
    const made: Gauge = new Gauge({
      ...{ name, help, registers },
      collect: () => void (snapshots && made.set(value(snapshots))),
    })
  }
  gauge(
    'throughline_matching_snapshot_age_seconds',
    'Since the oldest snapshot of memory was taken',
    (from) => from.status().age_ms / 1000,
  )
  gauge('throughline_matching_snapshot_bytes', 'Snapshots of memory on the disk', (from) => from.status().bytes)
  gauge(
    'throughline_matching_snapshot_identifiers',
    'Identifiers in the snapshots of memory',
    (from) => from.status().identifiers,
  )
  return {
    started(ms: number, isKept: boolean): void {
      took.reset()
      took.set({ from: isKept ? 'snapshot' : 'tables' }, ms / 1000)
    },
  }
}
