import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import autocannon from 'autocannon'
import { freePort, removeDataFolder, runService, waitUntil } from '#tests/support/running-service.ts'
import { cpuSeconds, residentMb } from '../support/cpu-time.ts'

const CONNECTIONS = 100
const SECONDS = 10
const ROUNDS = 3

interface Load {
  per_second: number
  cpu_us: number
  p50_ms: number
  p99_ms: number
  errors: number
}

/** One-event posts to /v1/events beside an empty Fastify route, by turns in one run on one machine. */
async function run(): Promise<void> {
  const port = await freePort()
  const empty = spawn('npx', ['tsx', 'benchmarks/ingest/empty-route.ts'], {
    env: { ...process.env, PORT: String(port) },
  })
  const emptyUrl = `http://127.0.0.1:${port}`
  await waitUntil(
    async () => (await fetch(emptyUrl)).status === 404,
    20_000,
    () => 'The empty route did not start',
  )
  const emptyPid = await listenerPid(port)
  const started_ms = Date.now()
  const service = await runService({ env: { HOST: '127.0.0.1' } })
  const start_ms = Date.now() - started_ms
  try {
    const loads = { empty: [] as Load[], events: [] as Load[] }
    for (let round = 0; round < ROUNDS; round++) {
      loads.empty.push(await load(emptyUrl, emptyPid))
      loads.events.push(await load(service.url.replace('localhost', '127.0.0.1'), service.pid))
    }
    const best = (of: Load[]) => of.reduce((a, b) => (b.cpu_us < a.cpu_us ? b : a))
    const [floor, ours] = [best(loads.empty), best(loads.events)]
    process.stdout.write(
      `${JSON.stringify(
        {
          machine: `${cpus().length} cores, ${cpus()[0]?.model}`,
          node: process.version,
          connections: CONNECTIONS,
          start_ms,
          empty_route: floor,
          events_one: ours,
          cpu_ratio: Number((ours.cpu_us / floor.cpu_us).toFixed(2)),
          service_mb: Math.round(residentMb(service.pid)),
        },
        null,
        2,
      )}\n`,
    )
  } finally {
    empty.kill()
    process.kill(emptyPid)
    await service.stop()
    await removeDataFolder(service.dir)
  }
}

let counter = 0

async function load(url: string, pid: number): Promise<Load> {
  const before = cpuSeconds(pid)
  const result = await autocannon({
    url: `${url}/v1/events`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: SECONDS,
    headers: {
      'content-type': 'text/plain',
      'user-agent':
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
    },
    requests: [{ setupRequest: (request) => ({ ...request, body: oneEvent() }) }],
  })
  const done = result['2xx']
  return {
    per_second: Math.round(done / SECONDS),
    cpu_us: Math.round(((cpuSeconds(pid) - before) / done) * 1e6),
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
    errors: result.errors + result.non2xx,
  }
}

function oneEvent(): string {
  const id = `b${counter++}`
  const now = new Date().toISOString()
  const visitor = `v${counter % 5000}`
  return JSON.stringify({
    site: 'demo',
    visitor,
    session: `s${counter % 5000}`,
    client_ids: { ga: '2095662112.1674837243', ym: '1668581346714918248' },
    sent_at: now,
    events: [
      {
        id: `${id}-${started}`,
        type: 'page',
        at: now,
        url: 'http://localhost/demo/?utm_source=yandex&utm_medium=cpc&utm_campaign=spring',
        referrer: 'https://yandex.ru/',
        title: 'North Shore Homes',
      },
    ],
  })
}

const started = Date.now().toString(36)

/** tsx runs the script in a child of its own: CPU must be read from the process that listens. */
async function listenerPid(port: number): Promise<number> {
  const { execFileSync } = await import('node:child_process')
  const { readdirSync, readFileSync, readlinkSync } = await import('node:fs')
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((text) => text.includes(`:${hex} 00000000:0000 0A`))
  const inode = line?.trim().split(/\s+/)[9]
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`))
        return Number(pid)
    } catch {
      // A process that ended meanwhile, or is not ours.
    }
  }
  throw new Error(`Nobody listens on ${port}: ${execFileSync('uname').toString()}`)
}

await run()
