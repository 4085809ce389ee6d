/**
 * How ingest keeps pace, in one run on one machine: `npm run bench:ingest` (about six minutes; `-- --quick` for a look).
 * Figures are to be read as ratios within the run. Every part checks that what was sent was taken and is where it belongs.
 */
import { cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { newDataFolder, removeDataFolder, runService } from '#tests/support/running-service.ts'
import { peakMb } from '../support/cpu-time.ts'
import { browserBody } from './bodies.ts'
import { buildService } from './build-service.ts'
import { measureBacklog, measureBulk } from './bulk.ts'
import { asBrowser, compareLoads, type Load, load, startEmptyRoute } from './load.ts'
import { pacedLoad } from './paced-load.ts'
import { measureReadySegments } from './ready-segments.ts'
import { askStore, EVENTS } from './store-counts.ts'

const isQuick = process.argv.includes('--quick')
const CONNECTIONS = 100
const SECONDS = isQuick ? 3 : 5
const ROUNDS = isQuick ? 2 : 5
/** ClickHouse merges for a while after the last row. */
const SETTLE_MS = 5000
const BULK_SECONDS = isQuick ? 10 : 60
const BACKLOG_SECONDS = isQuick ? 12 : 60

async function run(): Promise<void> {
  buildService()
  const figures: Record<string, unknown> = {
    machine: `${cpus().length} cores, ${cpus()[0]?.model}, Node ${process.version}`,
    load_before: loadavg()[0],
  }
  const part = async (name: string, measure: () => Promise<unknown>) => {
    figures[name] = await measure()
    process.stdout.write(`${name} ${JSON.stringify(figures[name], null, 2)}\n`)
  }
  await part('small_posts', measureSmallPosts)
  const { half_rate } = figures.small_posts as Figures['small_posts']
  await part('half_rate_with_matching', () => measureHalfRateWithMatching(half_rate))
  await part('ready_segments_alone', measureReadySegments)
  await part('bulk', () => measureBulk(BULK_SECONDS, false))
  await part('bulk_with_matching', () => measureBulk(BULK_SECONDS, true))
  await part('backlog', () => measureBacklog(BACKLOG_SECONDS))
  figures.load_after = loadavg()[0]
  figures.against_targets = againstTargets(figures as unknown as Figures)
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
}

/** One event, and ten, beside the empty route; then the answer's time at half of what was reached. Matching is not there. */
async function measureSmallPosts() {
  const empty = await startEmptyRoute()
  const dir = await newDataFolder()
  const service = await runService({ dir, env: { HOST: '127.0.0.1' }, args: ['--only', 'ingest,cdn,reports-api'] })
  try {
    const ours = { url: service.url.replace('localhost', '127.0.0.1'), pid: service.pid }
    let taken = 0
    const post = async (target: typeof ours, events: number, rate?: number) => {
      const options = {
        seconds: SECONDS,
        connections: CONNECTIONS,
        headers: asBrowser,
        body: () => browserBody(events),
      }
      const found = await (rate === undefined ? load(target, options) : pacedLoad(target, { ...options, rate }))
      if (target === ours) taken += found.requests * events
      return found
    }
    const loads = await compareLoads(
      { empty_route: () => post(empty, 1), one_event: () => post(ours, 1), ten_events: () => post(ours, 10) },
      ROUNDS,
    )
    const half_rate = Math.floor(loads.one_event.per_second / 2)
    // What the rounds left is not this rate's: it would be landed and merged beside it.
    await whenLanded(() => askStore(service, EVENTS), taken)
    await pause(SETTLE_MS)
    await post(ours, 1, half_rate)
    const one_event_at_half_rate = await post(ours, 1, half_rate)
    // What the machine itself takes: generator and route, and nothing behind it.
    const empty_route_at_this_rate = await post(empty, 1, half_rate)
    const landed = await whenLanded(() => askStore(service, EVENTS), taken)
    return {
      ...loads,
      half_rate,
      one_event_at_half_rate,
      empty_route_at_this_rate,
      landed,
      peak_mb: Math.round(peakMb(ours.pid)),
    }
  } finally {
    process.kill(empty.pid)
    await service.stop()
    await removeDataFolder(dir)
  }
}

/** The demo has events of its own, so there may be more. */
async function whenLanded(count: () => Promise<number>, taken: number): Promise<number> {
  const until_ms = Date.now() + 120_000
  for (;;) {
    const found = await count()
    if (found >= taken) return found
    if (Date.now() > until_ms) throw new Error(`${taken} events were taken, and ${found} are in ClickHouse`)
    await new Promise((done) => setTimeout(done, 200))
  }
}

/** The answer's time at the same rate, with matching at work on the same cores. */
async function measureHalfRateWithMatching(rate: number) {
  const dir = await newDataFolder()
  const service = await runService({ dir, env: { HOST: '127.0.0.1' } })
  try {
    const target = { url: service.url.replace('localhost', '127.0.0.1'), pid: service.pid }
    const options = { connections: CONNECTIONS, headers: asBrowser, body: () => browserBody(1), rate }
    await pacedLoad(target, { ...options, seconds: 2 })
    return await pacedLoad(target, { ...options, seconds: SECONDS })
  } finally {
    await service.stop()
    await removeDataFolder(dir)
  }
}

interface Figures {
  half_rate_with_matching: Load
  small_posts: Awaited<ReturnType<typeof measureSmallPosts>>
  ready_segments_alone: { per_second: number }
  bulk: Awaited<ReturnType<typeof measureBulk>>
  bulk_with_matching: Awaited<ReturnType<typeof measureBulk>>
  backlog: Awaited<ReturnType<typeof measureBacklog>>
}

/** What the project promises, and what this run found. */
function againstTargets(figures: Figures) {
  const { small_posts, ready_segments_alone, bulk, bulk_with_matching, backlog } = figures
  const { empty_route, one_event, ten_events, one_event_at_half_rate, empty_route_at_this_rate } = small_posts
  const ratio = (a: number, b: number) => Math.round((a / b) * 100) / 100
  return {
    'CPU of a one-event post to the empty route, at most 2': ratio(one_event.cpu_us, empty_route.cpu_us),
    'the same by medians': ratio(one_event.median_cpu_us, empty_route.median_cpu_us),
    'CPU of a ten-event post to the empty route': ratio(ten_events.cpu_us, empty_route.cpu_us),
    'p99 at half rate, under 25 ms': one_event_at_half_rate.p99_ms,
    'the same of the empty route': empty_route_at_this_rate.p99_ms,
    'the same while matching runs': figures.half_rate_with_matching.p99_ms,
    'bulk into ClickHouse a second, at least 60000': bulk.landed_per_second,
    'bulk to ready-made segments alone, at least 0.5': ratio(bulk.landed_per_second, ready_segments_alone.per_second),
    'bulk into ClickHouse a second while matching runs': bulk_with_matching.landed_per_second,
    'peak MB of ingest, under 400': Math.max(
      small_posts.peak_mb,
      bulk.peak_mb,
      bulk_with_matching.peak_mb,
      backlog.peak_mb,
    ),
  }
}

await run()
