import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { nanoid } from 'nanoid'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '#storage/client.ts'
import {
  ADMIN_TOKEN,
  newDataFolder,
  processesOn,
  type RunningService,
  removeDataFolder,
  runCommand,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { expectEachOnce, startStream } from './stream.ts'

const WORKERS = 3
const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
const WAIT_MS = 60_000

let dir: string
let service: RunningService
/** Each request on a connection of its own, so that any worker may get it. */
const fresh = new Agent({ pipelining: 0, connections: 40, connect: { timeout: WAIT_MS } })

beforeAll(async () => {
  dir = await newDataFolder()
  service = await runService({ dir, env: { WORKERS: String(WORKERS) } })
  await service.control()
})

afterAll(async () => {
  await service?.stop()
  await fresh.close()
  await removeDataFolder(dir)
})

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, and a wrong one fails the test.
async function post(path: string, body: object): Promise<{ status: number; body: any }> {
  const answer = await request(`${service.url.replace('localhost', '127.0.0.1')}${path}`, {
    method: 'POST',
    dispatcher: fresh,
    headers: { 'content-type': 'text/plain', 'user-agent': BROWSER },
    body: JSON.stringify(body),
  })
  return { status: answer.statusCode, body: await answer.body.json() }
}

function pages(ids: string[], visitor = `visitor-${nanoid(8)}`) {
  const at = new Date().toISOString()
  return {
    site: 'demo',
    visitor,
    session: `${visitor}-s`,
    sent_at: at,
    events: ids.map((id) => ({ id, type: 'page', at, url: 'http://localhost/demo/' })),
  }
}

async function metrics(): Promise<Map<string, number>> {
  const answer = await request(`${service.url}/metrics`, { dispatcher: fresh })
  const lines = (await answer.body.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

async function workersAre(count: number, others: readonly number[] = []): Promise<void> {
  await waitUntil(
    async () => {
      const pids = await service.workers()
      return pids.length === count && !pids.some((pid) => others.includes(pid))
    },
    WAIT_MS,
    () => `There are not ${count} workers:\n${service.output()}`,
  )
}

describe('several workers on one port', () => {
  test('count an id once, whichever of them its copies reach, and their metrics are sums', async () => {
    const before = await metrics()
    const sent: string[] = []
    let copies = 0
    let nodes = 0
    const { clickhouse } = await service.control()
    const store = openStore(clickhouse)
    // Until more than one of them has had a part in it.
    while (nodes < 2) {
      const ids = Array.from({ length: 30 }, () => `copy-${nanoid(8)}`)
      const answers = await Promise.all(
        ids.flatMap((id) => Array.from({ length: 5 }, () => post('/v1/events', pages([id], `v-${id}`)))),
      )
      expect(answers.filter(({ status }) => status !== 202)).toEqual([])
      sent.push(...ids)
      copies += answers.length
      await expectEachOnce(service, sent)
      const [found] = await store.query<{ nodes: string }>(
        "SELECT uniqExact(node) AS nodes FROM events WHERE id LIKE 'copy-%'",
      )
      nodes = Number(found?.nodes)
      // Whoever asks for history after any of the answers is let through.
      const position: string = answers.at(-1)?.body.position
      expect((await service.api('GET', `/v1/status?site=demo&after=${position}`)).status).toBe(200)
    }
    await store.close()
    const sums = ['throughline_facts_accepted_total{fact="event"}', 'throughline_log_rows_total{table="events"}']
    for (let look = 0; look < 4; look++) {
      const now = await metrics()
      expect(sums.map((name) => (now.get(name) ?? 0) - (before.get(name) ?? 0))).toEqual([copies, sent.length])
      expect(now.get('throughline_log_repeats_total')).toBeGreaterThanOrEqual(copies - sent.length)
      // Matching has a process of its own.
      expect(now.has('throughline_matching_lag_seconds')).toBe(true)
    }
  })

  test('tell of all of them while ClickHouse says nothing, and count on over a restart', async () => {
    const accepted = 'throughline_facts_accepted_total{fact="event"}'
    const before = (await metrics()).get(accepted) ?? 0
    expect(before).toBeGreaterThan(0)
    const engine = (await service.part('engine')) as number
    process.kill(engine, 'SIGSTOP')
    try {
      await waitUntil(
        async () => (await metrics()).get('throughline_clickhouse_up') === 0,
        WAIT_MS,
        () => 'ClickHouse is not said to be away',
      )
      // For longer than anything of before is kept.
      for (let look = 0; look < 24; look++) {
        const now = await metrics()
        expect([now.get(accepted), now.get('throughline_clickhouse_up')]).toEqual([before, 0])
        expect(now.has('throughline_log_quota_bytes')).toBe(true)
        await pause(500)
      }
    } finally {
      process.kill(engine, 'SIGCONT')
    }
    const [first] = await service.workers()
    process.kill(first as number, 'SIGKILL')
    await workersAre(WORKERS, [first as number])
    expect((await metrics()).get(accepted)).toBe(before)
  })

  test('never show one number to two visitors, and let a session keep its number on any of them', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => `+7495700${String(2000 + index)}`)
    const pool = { id: 'wide', site: 'demo', kind: 'dynamic', numbers, leases_per_address_max: 40 }
    expect((await service.api('PUT', '/v1/pools/wide', { ...pool, replaces: ['+74951234567'] })).status).toBe(200)
    await waitUntil(
      async () => (await shownTo(`probe-${nanoid(4)}`)).includes('wide'),
      WAIT_MS,
      () => 'The pool is not in force',
    )
    const visitors = Array.from({ length: 25 }, (_, index) => `lessee-${index}-${nanoid(4)}`)
    const first = await Promise.all(visitors.map((visitor) => numberOf(visitor)))
    expect(first.filter((number) => number !== undefined)).toHaveLength(visitors.length)
    expect(new Set(first).size).toBe(visitors.length)
    for (let round = 0; round < 3; round++) {
      const again = await Promise.all(
        visitors.map(async (visitor) => {
          const { body } = await post('/v1/numbers', { site: 'demo', visitor, session: `${visitor}-s` })
          return ofPool(body.numbers)
        }),
      )
      expect(again).toEqual(first)
    }
  })

  test('lose and double nothing when one after another is killed among clients that do not give up', async () => {
    const clients = startStubborn()
    // Three, and on until one of them has hit a request: else nobody had to wait for what a killed one might have written.
    for (let kill = 0; kill < 3 || (clients.retries() === 0 && kill < 12); kill++) {
      const before = clients.accepted.length
      await waitUntil(
        async () => clients.accepted.length > before + 100,
        WAIT_MS,
        () => 'Posts stopped being accepted',
      )
      const starts = startsOf(service)
      const pids = await service.workers()
      const victim = pids[Math.floor(Math.random() * pids.length)] as number
      process.kill(victim, 'SIGKILL')
      // Else the next kill might hit the same place again and again, before anybody has read its log.
      await waitUntil(
        async () => startsOf(service) > starts,
        WAIT_MS,
        () => `No worker came in its place:\n${service.output()}`,
      )
    }
    await clients.stop()
    expect(clients.accepted.length).toBeGreaterThan(300)
    expect(clients.retries()).toBeGreaterThan(0)
    await expectEachOnce(service, clients.accepted)
  })

  test('are restarted one by one on SIGHUP, while every request is answered', async () => {
    const old = await service.workers()
    expect(old).toHaveLength(WORKERS)
    const accepted: string[] = []
    const failed: unknown[] = []
    let isOn = true
    const clients = Array.from({ length: 6 }, async () => {
      while (isOn) {
        const ids = [`hup-${nanoid(8)}`, `hup-${nanoid(8)}`]
        try {
          const { status } = await post('/v1/events', pages(ids))
          if (status === 202) accepted.push(...ids)
          else failed.push(status)
        } catch (error) {
          failed.push(error)
        }
      }
    })
    process.kill(service.pid, 'SIGHUP')
    await workersAre(WORKERS, old)
    const enough = accepted.length + 100
    await waitUntil(
      async () => accepted.length > enough,
      WAIT_MS,
      () => 'Posts stopped being accepted',
    )
    isOn = false
    await Promise.all(clients)
    expect(failed).toEqual([])
    await expectEachOnce(service, accepted)
  })

  test('end with the one that leads them, and may be fewer at the next start, or none: what they had is there once', async () => {
    const first = startStubborn()
    await waitUntil(
      async () => first.accepted.length > 300,
      WAIT_MS,
      () => 'The stream did not get going',
    )
    const pids = await service.workers()
    await service.kill()
    await waitUntil(
      async () => pids.every((pid) => !existsSync(`/proc/${pid}`)),
      WAIT_MS,
      () => 'A worker went on without its leader',
    )
    // The clients go on with what was not answered: some of it stands in a log that others had.
    const port = Number(new URL(service.url).port)
    service = await runService({ dir, port, env: { WORKERS: '2' } })
    await workersAre(2)
    await first.stop()
    const second = startStream(service.url)
    await waitUntil(
      async () => second.accepted.length > 200,
      WAIT_MS,
      () => 'The stream did not get going',
    )
    expect(await service.stop()).toBe(0)
    await second.stop()
    expect(await processesOn(dir)).toEqual([])

    service = await runService({ dir })
    expect(await service.workers()).toEqual([])
    await expectEachOnce(service, [...first.accepted, ...second.accepted])
    await waitUntil(
      async () => [1, 2, 3].every((slot) => !existsSync(join(dir, `ingest/log-${slot}`))),
      WAIT_MS,
      () => `The logs of former workers were not drained:\n${service.output()}`,
    )
    // One process alone has nobody to restart, and goes on.
    process.kill(service.pid, 'SIGHUP')
    await waitUntil(
      async () => service.output().includes('SIGHUP restarts workers'),
      WAIT_MS,
      () => service.output(),
    )
    expect((await service.api('GET', '/readyz')).body).toMatchObject({ ready: true })
  })
})

describe('a start with workers', () => {
  test('on a port that is taken is refused by name, and leaves nothing running', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as { port: number }
    const own = await newDataFolder()
    const env = { PORT: String(port), DATA_DIR: own, ADMIN_TOKEN, WORKERS: '2' }
    const refused = runCommand([process.execPath, 'bin/throughline.mjs', 'start'], env)
    expect(await refused.ended, refused.output()).toEqual({ code: 1, signal: null })
    expect(refused.output()).toContain(`Cannot listen on localhost, port ${port}: another program has it`)
    expect(await processesOn(own)).toEqual([])
    await new Promise((done) => taken.close(done))
    await removeDataFolder(own)
  })
})

test('one address meets one limit, whichever workers its connections reach', async () => {
  const own = await newDataFolder()
  const limited = await runService({ dir: own, env: { WORKERS: '3', RATE_LIMIT_PER_MINUTE: '100' } })
  const answers: number[] = []
  for (let round = 0; round < 20; round++) {
    const asked = Array.from({ length: 20 }, async () => {
      const answer = await request(`${limited.url.replace('localhost', '127.0.0.1')}/v1/events`, {
        ...{ method: 'POST', dispatcher: fresh, headers: { 'content-type': 'text/plain', 'user-agent': BROWSER } },
        body: JSON.stringify(pages([nanoid()])),
      })
      await answer.body.dump()
      return answer.statusCode
    })
    answers.push(...(await Promise.all(asked)))
  }
  await limited.stop()
  await removeDataFolder(own)
  const admitted = answers.filter((status) => status === 202).length
  expect(answers.filter((status) => status === 429).length).toBe(answers.length - admitted)
  expect(admitted).toBeGreaterThanOrEqual(100)
  // Each could have admitted as many by itself.
  expect(admitted).toBeLessThan(150)
})

/** How often a worker began to take requests. */
function startsOf({ output }: RunningService): number {
  return output().split('Server listening').length - 1
}

/** Clients that send each event, two copies at once, again and again until it is answered 202. */
function startStubborn() {
  const accepted: string[] = []
  let retries = 0
  let isOn = true
  async function insist(body: object): Promise<void> {
    for (;;) {
      const answer = await post('/v1/events', body).catch(() => undefined)
      if (answer?.status === 202) return
      retries++
      await new Promise((done) => setTimeout(done, 20))
    }
  }
  const clients = Array.from({ length: 6 }, async () => {
    while (isOn) {
      const ids = [`s-${nanoid(10)}`, `s-${nanoid(10)}`, `s-${nanoid(10)}`]
      const body = pages(ids)
      await Promise.all([insist(body), insist(body)])
      accepted.push(...ids)
    }
  })
  return {
    accepted,
    retries: () => retries,
    async stop() {
      isOn = false
      await Promise.all(clients)
    },
  }
}

async function shownTo(visitor: string): Promise<string[]> {
  const { body } = await post('/v1/events', { ...pages([nanoid()], visitor), lease: true })
  return (body.numbers as { pool: string }[]).map(({ pool }) => pool)
}

async function numberOf(visitor: string): Promise<string | undefined> {
  const { body } = await post('/v1/events', { ...pages([nanoid()], visitor), lease: true })
  return ofPool(body.numbers)
}

function ofPool(numbers: { pool: string; number: string }[]): string | undefined {
  return numbers.find(({ pool }) => pool === 'wide')?.number
}
