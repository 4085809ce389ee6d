import { spawn } from 'node:child_process'
import autocannon from 'autocannon'
import { ADMIN_TOKEN, freePort, waitUntil } from '#tests/support/running-service.ts'
import { cpuSeconds } from '../support/cpu-time.ts'
import { BROWSER } from './bodies.ts'

export interface Target {
  url: string
  pid: number
}

export interface Load {
  requests: number
  per_second: number
  /** User and system time of all threads a request: the service's include the writer to ClickHouse. */
  cpu_us: number
  p50_ms: number
  p99_ms: number
}

export interface LoadOptions {
  seconds: number
  connections: number
  body: () => string | Buffer
  headers: Record<string, string>
}

export const asBrowser = { 'content-type': 'text/plain', 'user-agent': BROWSER }
export const asServer = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${ADMIN_TOKEN}` }

/** Sends for a while and counts what it costs the one who answers. Throws when a single request was not taken. */
export async function load({ url, pid }: Target, options: LoadOptions): Promise<Load> {
  const { seconds, connections, body, headers } = options
  const before_s = cpuSeconds(pid)
  const result = await autocannon({
    url: `${url}/v1/events`,
    method: 'POST',
    connections,
    duration: seconds,
    headers,
    timeout: 60,
    requests: [{ setupRequest: (request) => ({ ...request, body: body() }) }],
  })
  const requests = result['2xx']
  const refused = result.errors + result.non2xx
  if (requests === 0 || refused > 0) throw new Error(`${url}: ${requests} requests were taken, ${refused} were not`)
  return {
    requests,
    per_second: Math.round(requests / result.duration),
    cpu_us: Math.round(((cpuSeconds(pid) - before_s) / requests) * 1e7) / 10,
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
  }
}

/** By turns: what disturbs a round adds to its CPU time and never takes from it, so the best of each is nearest. */
export async function compareLoads<Name extends string>(
  loads: Record<Name, () => Promise<Load>>,
  rounds: number,
): Promise<Record<Name, Load & { median_cpu_us: number }>> {
  const names = Object.keys(loads) as Name[]
  const found = new Map<Name, Load[]>(names.map((name) => [name, []]))
  // The first round warms them up.
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const one = await loads[name]()
      if (round > 0) found.get(name)?.push(one)
    }
  }
  const entries = [...found].map(([name, all]) => {
    const sorted = all.toSorted((a, b) => a.cpu_us - b.cpu_us)
    return [name, { ...sorted[0], median_cpu_us: sorted[sorted.length >> 1]?.cpu_us }]
  })
  return Object.fromEntries(entries)
}

/** The floor: Fastify that parses the same JSON and answers 202, and does nothing else. */
export async function startEmptyRoute(): Promise<Target> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', 'benchmarks/ingest/empty-route.ts'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await waitUntil(
    async () => (await fetch(url)).status === 404,
    60_000,
    () => 'The empty route did not start',
  )
  return { url, pid: child.pid as number }
}
