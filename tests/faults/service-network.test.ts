import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyFault, type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts'
import { type OwnEngine, startOwnEngine } from '../support/own-engine.ts'
import { seededRandom } from '../support/random.ts'
import { type RunningService, removeDataFolder, runService, waitUntil } from '../support/running-service.ts'
import { expectEachOnce, startStream } from './stream.ts'

let own: OwnEngine
let proxy: FaultyProxy
const services: RunningService[] = []

beforeEach(async () => {
  own = await startOwnEngine()
  proxy = await startFaultyProxy(own.engine.url)
})
afterEach(async () => {
  proxy.heal()
  for (const service of services.splice(0)) {
    await service.stop()
    await removeDataFolder(service.dir)
  }
  await proxy.stop()
  await own.stop()
})

async function start(url: string): Promise<RunningService> {
  const { host } = new URL(url)
  const { user, password } = own.engine
  const env = { CLICKHOUSE_URL: `http://${user}:${password}@${host}`, CLICKHOUSE_DATABASE: own.database }
  const service = await runService({ env })
  services.push(service)
  await service.control()
  return service
}

async function expectHistoryAsFacts(service: RunningService, facts: number): Promise<void> {
  await waitUntil(
    async () => {
      const { status, body } = await service.api('POST', '/control/rebuild', { check: true })
      if (status !== 200) throw new Error(JSON.stringify(body))
      expect(body).toMatchObject({ differences: [] })
      return body.rows >= facts
    },
    60_000,
    () => 'The history could not be compared',
  )
}

describe('a service whose way to ClickHouse breaks at random', () => {
  test.each([3])('loses and doubles nothing, in the facts and in the history (seed %i)', async (seed) => {
    const service = await start(proxy.url)
    const random = seededRandom(seed)
    const stream = startStream(service.url, 2)
    const breakSome = () => proxy.decide(() => (random.chance(0.15) ? anyFault(random) : { kind: 'none' }))
    for (let round = 0; round < 160 && proxy.counts.size < 8; round++) {
      breakSome()
      await pause(500)
      // Ends what was left without an answer: the service itself would wait for a minute.
      proxy.heal()
    }
    proxy.heal()
    await stream.stop()
    await proxy.settled()
    expect(proxy.counts.size).toBeGreaterThanOrEqual(8)
    expect([...stream.refused.keys()]).toEqual([])
    await expectEachOnce(service, stream.accepted)
    await expectHistoryAsFacts(service, stream.accepted.length)
  })
})

describe('two services on one ClickHouse', () => {
  test('keep their facts apart, one of them matches, and the other takes over when it is killed', async () => {
    const [first, second] = [await start(own.engine.url), await start(own.engine.url)]
    const streams = [startStream(first.url, 2), startStream(second.url, 2)]
    await waitUntil(
      async () => streams.every(({ accepted }) => accepted.length > 100),
      30_000,
      () => 'The streams did not get going',
    )
    await first.killAll()
    for (const stream of streams) await stream.stop()
    const accepted = streams.flatMap((stream) => stream.accepted)
    const again = await runService({
      dir: first.dir,
      env: {
        CLICKHOUSE_URL: own.engine.url.replace('//', `//${own.engine.user}:${own.engine.password}@`),
        CLICKHOUSE_DATABASE: own.database,
      },
    })
    services[services.indexOf(first)] = again
    await expectEachOnce(second, accepted)
    let differences: unknown
    await waitUntil(
      async () => {
        // Only the one whose matching runs can tell.
        differences = await Promise.any([second, again].map(differencesOf))
        return true
      },
      60_000,
      () => 'Nobody matches any more',
    )
    expect(differences).toEqual([])
  })
})

async function differencesOf(service: RunningService): Promise<unknown[]> {
  const { status, body } = await service.api('POST', '/control/rebuild', { check: true })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body.differences
}
