import { spawn, spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import autocannon from 'autocannon'
import {
  freePort,
  newDataFolder,
  type RunningService,
  removeDataFolder,
  runService,
  waitUntil,
} from '#tests/support/running-service.ts'
import { cpuSeconds } from '../support/cpu-time.ts'
import { processesMb, timeToHistory } from './idle-figures.ts'

const CONNECTIONS = 100
const WARM_UP_SECONDS = 5
const SECONDS = 5
const ROUNDS = 6
const START_MS_MAX = 60_000

interface Load {
  per_second: number
  /** User and system time of all threads: the service's include the writer to ClickHouse. */
  cpu_us: number
  p50_ms: number
  p99_ms: number
  errors: number
}

interface Target {
  url: string
  pid: number
}

/**
 * One-event posts to /v1/events beside an empty Fastify route that parses the same JSON, by turns in one run on one
 * machine: `npx tsx benchmarks/ingest/one-event.ts`. Before the load, with nothing going on: start-up, memory, and the
 * time from a 2xx to history.
 */
async function run(): Promise<void> {
  const { service, start } = await startTimed()
  const empty = await startEmptyRoute()
  try {
    const memory_mb = processesMb(service.pid)
    const to_history_ms = await timeToHistory(service)
    const { floor, ours } = await compare(empty, { url: ipv4(service.url), pid: service.pid })
    const figures = {
      machine: `${cpus().length} cores, ${cpus()[0]?.model}`,
      node: process.version,
      connections: CONNECTIONS,
      start,
      idle: { memory_mb, to_history_ms },
      empty_route: floor,
      events_one: ours,
      cpu_ratio: Number((ours.cpu_us / floor.cpu_us).toFixed(2)),
      loaded_mb: processesMb(service.pid),
    }
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
  } finally {
    process.kill(empty.pid)
    await service.stop()
    await removeDataFolder(service.dir)
  }
}

/** First start on an empty folder, then the second, which answers from its own disk before ClickHouse is there. */
async function startTimed() {
  // Else the first start would time the build.
  spawnSync(process.execPath, ['scripts/build.mjs', '--stale'], { stdio: 'inherit' })
  const port = await freePort()
  const dir = await newDataFolder()
  const first = await startOnce(port, dir)
  await first.service.stop()
  const second = await startOnce(port, dir)
  return { service: second.service, start: { first: first.took, second: second.took } }
}

async function startOnce(port: number, dir: string) {
  const url = `http://127.0.0.1:${port}`
  const started = runService({ port, dir, env: { HOST: '127.0.0.1' } })
  const since = (path: string, init?: RequestInit) =>
    waitUntil(
      async () => (await fetch(`${url}${path}`, init)).ok,
      START_MS_MAX,
      () => `${path} was never answered 2xx`,
    )
  const [first_2xx_ms, ready_ms, service]: [number, number, RunningService] = await Promise.all([
    since('/v1/events', { method: 'POST', headers, body: oneEvent() }),
    // Nothing is wrong any more: ClickHouse is there, and matching runs.
    waitUntil(
      async () => {
        const { problems } = (await (await fetch(`${url}/readyz`)).json()) as { problems: string[] }
        return problems.length === 0
      },
      START_MS_MAX,
      () => 'The service did not get ready',
    ),
    started,
  ])
  return { service, took: { first_2xx_ms, ready_ms } }
}

async function startEmptyRoute(): Promise<Target> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', 'benchmarks/ingest/empty-route.ts'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await waitUntil(
    async () => (await fetch(url)).status === 404,
    START_MS_MAX,
    () => 'The empty route did not start',
  )
  return { url, pid: child.pid as number }
}

/** The best round of each: what disturbs a round adds to its CPU time and never takes from it. */
async function compare(empty: Target, service: Target): Promise<{ floor: Load; ours: Load }> {
  await load(empty, WARM_UP_SECONDS)
  await load(service, WARM_UP_SECONDS)
  const loads = { floor: [] as Load[], ours: [] as Load[] }
  for (let round = 0; round < ROUNDS; round++) {
    loads.floor.push(await load(empty, SECONDS))
    loads.ours.push(await load(service, SECONDS))
  }
  const best = (of: Load[]) => of.reduce((a, b) => (b.cpu_us < a.cpu_us ? b : a))
  return { floor: best(loads.floor), ours: best(loads.ours) }
}

async function load({ url, pid }: Target, seconds: number): Promise<Load> {
  const before = cpuSeconds(pid)
  const result = await autocannon({
    url: `${url}/v1/events`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    headers,
    requests: [{ setupRequest: (request) => ({ ...request, body: oneEvent() }) }],
  })
  const done = result['2xx']
  const errors = result.errors + result.non2xx
  if (done === 0 || errors > 0) throw new Error(`${url}: ${done} requests were taken, ${errors} were not`)
  return {
    per_second: Math.round(done / seconds),
    cpu_us: Math.round(((cpuSeconds(pid) - before) / done) * 1e6),
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
    errors,
  }
}

const headers = {
  'content-type': 'text/plain',
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
}

const run_id = Date.now().toString(36)
let counter = 0

function oneEvent(): string {
  const number = counter++
  const now = new Date().toISOString()
  return JSON.stringify({
    site: 'demo',
    visitor: `v${number % 5000}`,
    session: `s${number % 5000}`,
    client_ids: { ga: '2095662112.1674837243', ym: '1668581346714918248' },
    sent_at: now,
    events: [
      {
        id: `b${number}-${run_id}`,
        type: 'page',
        at: now,
        url: 'http://localhost/demo/?utm_source=yandex&utm_medium=cpc&utm_campaign=spring',
        referrer: 'https://yandex.ru/',
        title: 'North Shore Homes',
      },
    ],
  })
}

function ipv4(url: string): string {
  return url.replace('localhost', '127.0.0.1')
}

await run()
