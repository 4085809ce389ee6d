import { readFile } from 'node:fs/promises'
import { nanoid } from 'nanoid'
import { afterEach, describe, expect, test } from 'vitest'
import { openStore } from '#storage/client.ts'
import {
  newDataFolder,
  type RunningService,
  removeDataFolder,
  runService,
  waitUntil,
} from '../support/running-service.ts'

let service: RunningService | undefined

afterEach(async () => {
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
  service = undefined
})

/** Posts events without pause until told to stop; remembers the ids that were answered 2xx. */
function startStream(url: string): { stop(): Promise<void>; accepted: string[] } {
  const accepted: string[] = []
  let isOn = true
  let counter = 0
  const stream = nanoid(6)
  const worker = async (name: number) => {
    while (isOn) {
      const ids = Array.from({ length: 5 }, () => `k-${stream}-${counter++}`)
      const body = {
        site: 'demo',
        visitor: `visitor-${name}-${counter % 50}`,
        session: `session-${name}-${counter % 50}`,
        sent_at: new Date().toISOString(),
        events: ids.map((id) => ({ id, type: 'page', at: new Date().toISOString(), url: 'http://localhost/demo/' })),
      }
      try {
        const answer = await fetch(`${url}/v1/events`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: {
            'content-type': 'text/plain',
            'user-agent':
              'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
          },
        })
        if (answer.status === 202) accepted.push(...ids)
      } catch {
        await new Promise((done) => setTimeout(done, 20))
      }
    }
  }
  const workers = Array.from({ length: 8 }, (_, index) => worker(index))
  return {
    accepted,
    async stop() {
      isOn = false
      await Promise.all(workers)
    },
  }
}

/** Every accepted id is in ClickHouse, and none of them twice. */
async function expectEachOnce(running: RunningService, accepted: string[]): Promise<void> {
  const { clickhouse } = await running.control()
  const store = openStore(clickhouse)
  const counts = new Map<string, number>()
  await waitUntil(
    async () => {
      counts.clear()
      const rows = await store.query<{ id: string; copies: string }>(
        "SELECT id, count() AS copies FROM events WHERE site = 'demo' GROUP BY id",
      )
      for (const { id, copies } of rows) counts.set(id, Number(copies))
      return accepted.every((id) => counts.has(id))
    },
    30_000,
    () => `${accepted.filter((id) => !counts.has(id)).length} of ${accepted.length} accepted events are missing`,
  )
  await store.close()
  expect(accepted.filter((id) => counts.get(id) !== 1)).toEqual([])
}

describe('what was answered 2xx', () => {
  test('is there once after the service is killed again and again in a stream of posts', async () => {
    const dir = await newDataFolder()
    const accepted: string[] = []
    service = await runService({ dir })
    for (let round = 0; round < 3; round++) {
      const stream = startStream(service.url)
      await waitUntil(
        async () => stream.accepted.length > 400,
        30_000,
        () => 'The stream did not get going',
      )
      await service.kill()
      await stream.stop()
      accepted.push(...stream.accepted)
      service = await runService({ dir })
    }
    expect(accepted.length).toBeGreaterThan(1200)
    await expectEachOnce(service, accepted)
  })

  test('is there once after ClickHouse is killed under a stream of posts, which never stops being accepted', async () => {
    service = await runService()
    const stream = startStream(service.url)
    await waitUntil(
      async () => stream.accepted.length > 300,
      30_000,
      () => 'The stream did not get going',
    )
    for (let round = 0; round < 2; round++) {
      const before = stream.accepted.length
      const { pid } = service
      let engine: number | undefined
      await waitUntil(
        async () => {
          engine = await enginePid(pid)
          return engine !== undefined
        },
        30_000,
        () => 'The engine did not come back',
      )
      process.kill(engine as unknown as number, 'SIGKILL')
      await waitUntil(
        async () => stream.accepted.length > before + 300,
        30_000,
        () => 'Posts stopped being accepted',
      )
    }
    await stream.stop()
    expect(stream.accepted.length).toBeGreaterThan(900)
    await expectEachOnce(service, stream.accepted)
  })

  test('is there once after a clean stop in the middle of a stream', async () => {
    const dir = await newDataFolder()
    service = await runService({ dir })
    const stream = startStream(service.url)
    await waitUntil(
      async () => stream.accepted.length > 300,
      30_000,
      () => 'The stream did not get going',
    )
    expect(await service.stop()).toBe(0)
    await stream.stop()
    service = await runService({ dir })
    await expectEachOnce(service, stream.accepted)
  })
})

/** The engine is the child of the service that runs engine/child.mjs. */
async function enginePid(parent: number): Promise<number | undefined> {
  const children = (await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8')).trim().split(' ')
  for (const pid of children) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes('engine/child.mjs')) return Number(pid)
  }
  return undefined
}
