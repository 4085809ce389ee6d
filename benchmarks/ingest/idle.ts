import {
  freePort,
  newDataFolder,
  type RunningService,
  removeDataFolder,
  runService,
  waitUntil,
} from '#tests/support/running-service.ts'
import { browserBody } from './bodies.ts'
import { buildService } from './build-service.ts'
import { processesMb, timeToHistory } from './idle-figures.ts'
import { asBrowser } from './load.ts'

const START_MS_MAX = 60_000

/** What the service takes to start, and to do nothing: `node --import tsx benchmarks/ingest/idle.ts`. */
async function run(): Promise<void> {
  buildService()
  const port = await freePort()
  const dir = await newDataFolder()
  // First on an empty folder; the second start answers from its own disk before ClickHouse is there.
  const first = await startOnce(port, dir)
  await first.service.stop()
  const { service, took } = await startOnce(port, dir)
  try {
    const start = { first: first.took, second: took }
    const memory_mb = processesMb(service.pid)
    const to_history_ms = await timeToHistory(service)
    process.stdout.write(`${JSON.stringify({ start, memory_mb, to_history_ms }, null, 2)}\n`)
  } finally {
    await service.stop()
    await removeDataFolder(dir)
  }
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
    since('/v1/events', { method: 'POST', headers: asBrowser, body: browserBody(1) }),
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

await run()
