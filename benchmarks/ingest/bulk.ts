import { setTimeout as pause } from 'node:timers/promises'
import {
  newDataFolder,
  type RunningService,
  removeDataFolder,
  runService,
  waitUntil,
} from '#tests/support/running-service.ts'
import { cpuSeconds, peakMb, residentMb } from '../support/cpu-time.ts'
import { openBulkBodies } from './bodies.ts'
import { asServer, load, type Target } from './load.ts'
import { askStore, EVENTS, LANDED, metric } from './store-counts.ts'

const LINES = 1000
const CONNECTIONS = 4
const LANDING_MS_MAX = 600_000

export interface Bulk {
  accepted: number
  accepted_per_second: number
  /** Rows that were in ClickHouse, and named, when the time was up. */
  landed_per_second: number
  /** Age of the oldest row that had not landed, looked at each second. */
  lag_s: { median: number; max: number; at_end: number }
  ingest_cpu_us_per_event: number
  store_cpu_us_per_event: number
  p50_ms: number
  p99_ms: number
  peak_mb: number
}

/** NDJSON with a token, as fast as it is taken, and what of it reaches ClickHouse meanwhile. Every row must be there in the end. */
export async function measureBulk(seconds: number, withMatching: boolean): Promise<Bulk> {
  const dir = await newDataFolder()
  const only = withMatching ? 'ingest,cdn,reports-api,matching' : 'ingest,cdn,reports-api'
  const service = await runService({ dir, env: { HOST: '127.0.0.1' }, args: ['--only', only] })
  try {
    const target = { url: service.url.replace('localhost', '127.0.0.1'), pid: service.pid }
    const engine = await service.part('engine')
    if (engine === undefined) throw new Error('There is no engine to watch')
    await bulk(target, Math.min(5, seconds))
    await drained(service)
    return await measure(service, target, engine, seconds)
  } finally {
    await service.stop()
    await removeDataFolder(dir)
  }
}

async function measure(service: RunningService, target: Target, engine: number, seconds: number): Promise<Bulk> {
  const before = { taken: await metric(service, ACCEPTED), landed: await askStore(service, LANDED) }
  const cpu_s = { ingest: cpuSeconds(target.pid), store: cpuSeconds(engine) }
  const watch = watchEvery(1, async () => round(await metric(service, 'throughline_log_age_seconds')))
  const started_ms = performance.now()
  const loaded = await bulk(target, seconds)
  const took_s = (performance.now() - started_ms) / 1000
  const landed = (await askStore(service, LANDED)) - before.landed
  const lags_s = await watch.stop()
  await drained(service)
  // The requests that the end of the time cut off were taken in part, so the service says how much was accepted.
  const accepted = (await metric(service, ACCEPTED)) - before.taken
  if (accepted < loaded.requests * LINES)
    throw new Error(`Of ${loaded.requests} requests only ${accepted} events counted`)
  const perEvent = (from_s: number, pid: number) => round(((cpuSeconds(pid) - from_s) / accepted) * 1e6)
  return {
    accepted,
    accepted_per_second: Math.round(accepted / took_s),
    landed_per_second: Math.round(landed / took_s),
    lag_s: {
      median: lags_s.toSorted((a, b) => a - b)[lags_s.length >> 1] ?? 0,
      max: Math.max(...lags_s),
      at_end: lags_s.at(-1) ?? 0,
    },
    ingest_cpu_us_per_event: perEvent(cpu_s.ingest, target.pid),
    store_cpu_us_per_event: perEvent(cpu_s.store, engine),
    p50_ms: loaded.p50_ms,
    p99_ms: loaded.p99_ms,
    peak_mb: Math.round(peakMb(target.pid)),
  }
}

const ACCEPTED = 'throughline_facts_accepted_total'

/** The log while ClickHouse is away: memory must not grow with it. */
export async function measureBacklog(
  seconds: number,
): Promise<{ log_mb: number; resident_mb: number[]; peak_mb: number }> {
  const dir = await newDataFolder()
  try {
    // The site is known from this start on; the next one finds it on its own disk.
    await (await runService({ dir, env: { HOST: '127.0.0.1' } })).stop()
    const env = { HOST: '127.0.0.1', CLICKHOUSE_URL: 'http://127.0.0.1:9' }
    const service = await runService({ dir, env, args: ['--only', 'ingest,cdn,reports-api'] })
    try {
      const target = { url: service.url.replace('localhost', '127.0.0.1'), pid: service.pid }
      const watch = watchEvery(seconds / 10, async () => Math.round(residentMb(target.pid)))
      const { requests } = await bulk(target, seconds)
      const resident_mb = await watch.stop()
      const log_mb = Math.round((await metric(service, 'throughline_log_bytes')) / 1e6)
      const rows = await metric(service, 'throughline_log_rows_total')
      if (rows < requests * LINES) throw new Error(`Of ${requests} requests only ${rows} rows are in the log`)
      return { log_mb, resident_mb, peak_mb: Math.round(peakMb(target.pid)) }
    } finally {
      await service.stop()
    }
  } finally {
    await removeDataFolder(dir)
  }
}

function bulk(target: Target, seconds: number) {
  return load(target, { seconds, connections: CONNECTIONS, body: openBulkBodies(LINES), headers: asServer })
}

function watchEvery(seconds: number, look: () => Promise<number>): { stop(): Promise<number[]> } {
  const seen: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      seen.push(await look())
      await pause(seconds * 1000)
    }
  })()
  return {
    async stop() {
      isOver = true
      await watching
      return seen
    },
  }
}

/** Waits until every row that was accepted is in ClickHouse; there may be none beside them. */
async function drained(service: RunningService): Promise<void> {
  let counts = ''
  await waitUntil(
    async () => {
      const [taken, stored] = [await metric(service, ACCEPTED), await askStore(service, EVENTS)]
      counts = `${taken} events were accepted, and ${stored} are in ClickHouse`
      return taken === stored && (await metric(service, 'throughline_log_bytes')) === 0
    },
    LANDING_MS_MAX,
    () => counts,
  )
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
