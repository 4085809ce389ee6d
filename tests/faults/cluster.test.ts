import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#storage/client.ts'
import { keyColumns, shardingKeySql } from '#storage/cluster/sharding-keys.ts'
import { type EngineCluster, startCluster } from '../support/engine-cluster.ts'
import {
  ADMIN_TOKEN,
  newDataFolder,
  type RunningService,
  removeDataFolder,
  root,
  runCommand,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { answersOf, sendWorld } from './cluster-world.ts'
import { expectEachOnce, startStream } from './stream.ts'

const SHARDS = 2
/** For one step on a slow machine. */
const WAIT_MS = 60_000

let cluster: EngineCluster
const running: RunningService[] = []
let databases = 0

beforeAll(async () => {
  cluster = await startCluster(SHARDS)
})

afterAll(() => cluster?.stop())

afterEach(async () => {
  for (const service of running.splice(0)) {
    await service.stop()
    await removeDataFolder(service.dir)
  }
})

/** A service on the cluster, with a database of its own there. */
async function onCluster(
  options: { dir?: string; database?: string; env?: Record<string, string> } = {},
): Promise<RunningService> {
  const { database = `cluster_${++databases}`, dir } = options
  const service = await runService({ ...(dir && { dir }), env: { ...clusterEnv(database), ...options.env } })
  running.push(service)
  return service
}

function clusterEnv(database: string): Record<string, string> {
  return {
    CLICKHOUSE_URL: cluster.clickhouse_url,
    CLICKHOUSE_CLUSTER: cluster.name,
    CLICKHOUSE_DATABASE: database,
  }
}

async function storeOf(service: RunningService): Promise<Store> {
  return openStore((await service.control()).clickhouse)
}

async function count(store: Store, sql: string): Promise<number> {
  const [row] = await store.query<{ rows: string }>(`SELECT count() AS rows FROM ${sql}`)
  return Number(row?.rows)
}

describe('a service on two shards', () => {
  test('says what one on a single server says, from rows that stand on both, and rebuilds to the same', async () => {
    const [service, alone] = [await onCluster(), await runService()]
    running.push(alone)
    const [position, other] = await Promise.all([sendWorld(service), sendWorld(alone)])
    expect(position.split('~')).toHaveLength(SHARDS)
    const said = await answersOf(service, position)
    expect(said).toEqual(await answersOf(alone, other))
    expect(JSON.stringify(said)).toContain('"revenue":')
    await expectSpread(service)

    const check = await service.api('POST', '/control/rebuild', { check: true })
    expect(check.body).toMatchObject({ differences: [], swapped: false })
    expect(check.body.rows).toBeGreaterThan(150)
    const rebuilt = await service.api('POST', '/control/rebuild', {})
    expect(rebuilt.body).toMatchObject({ differences: [], swapped: true })
    expect(await answersOf(service, position)).toEqual(said)
    await expectSpread(service)

    const again = runCommand([process.execPath, `${root}/bin/throughline.mjs`, 'migrate', '--json'], {
      ...clusterEnv((await service.control()).clickhouse.database),
      DATA_DIR: await newDataFolder(),
    })
    expect(await again.ended, again.output()).toEqual({ code: 0, signal: null })
    expect(JSON.parse(again.output())).toEqual({ migrations: [], ran: true })
  }, 300_000)

  test('lands everything once when a shard is killed in a stream, and the service too; the other shard goes on', async () => {
    const dir = await newDataFolder()
    const database = `cluster_${++databases}`
    let service = await onCluster({ dir, database })
    const store = await storeOf(service)
    const [first, second] = store.shards as [Store, Store]
    const accepted: string[] = []
    let stream = startStream(service.url)
    const streamed = (more: number) => {
      const wanted = stream.accepted.length + more
      return waitUntil(
        async () => stream.accepted.length > wanted,
        WAIT_MS,
        () => 'Posts stopped being accepted',
      )
    }
    await streamed(200)
    await waitUntil(
      async () => (await count(second, 'events')) > 0,
      WAIT_MS,
      () => 'Nothing came to the second shard',
    )

    await cluster.killShard(1)
    await expectLanding(first)
    await streamed(200)
    await waitUntil(
      async () => String((await service.api('GET', '/readyz')).body.problems).includes('shard 2'),
      WAIT_MS,
      () => 'Nobody says that a shard is away',
    )
    expect((await service.api('GET', '/readyz')).status).toBe(200)

    running.pop()
    await service.kill()
    await stream.stop()
    accepted.push(...stream.accepted)
    // A start does not wait for the shard that is away, and neither do the rows of the other.
    service = await onCluster({ dir, database })
    stream = startStream(service.url)
    await streamed(100)
    await expectLanding(first)
    const site = { domains: ['late.example'], timezone: 'Europe/Moscow' }
    await waitUntil(
      async () => (await service.api('PUT', '/v1/sites/late', site)).status === 200,
      WAIT_MS,
      () => 'Settings cannot be changed while the second shard is away',
    )
    await cluster.startShard(1)
    await streamed(100)
    await stream.stop()
    accepted.push(...stream.accepted)
    expect(accepted.length).toBeGreaterThan(600)
    await expectEachOnce(service, accepted)
    await waitUntil(
      async () => (await service.api('GET', '/v1/status?site=demo')).body.matching.running === true,
      WAIT_MS,
      () => 'Matching did not come back',
    )
    const check = await service.api('POST', '/control/rebuild', { check: true })
    expect(check.body).toMatchObject({ differences: [] })
    expect(check.body.rows).toBeGreaterThanOrEqual(accepted.length)
    await store.close()
  })
})

test('several workers on two shards land everything once when one of them is killed, and fewer take over what they had', async () => {
  const dir = await newDataFolder()
  const database = `cluster_${++databases}`
  let service = await onCluster({ dir, database, env: { WORKERS: '2' } })
  const accepted: string[] = []
  let stream = startStream(service.url)
  const streamed = (more: number) => {
    const wanted = stream.accepted.length + more
    return waitUntil(
      async () => stream.accepted.length > wanted,
      WAIT_MS,
      () => 'Posts stopped being accepted',
    )
  }
  await streamed(200)
  const [victim, other] = await service.workers()
  process.kill(victim as number, 'SIGKILL')
  await waitUntil(
    async () => (await service.workers()).some((pid) => pid !== victim && pid !== other),
    WAIT_MS,
    () => 'No worker came in its place',
  )
  await streamed(200)
  // What came before, once more, for both shards: the answer is a position that history can be asked for after.
  const at = new Date().toISOString()
  const repeats = stream.accepted.slice(0, 60).map((id, n) => ({
    ...{ site: 'demo', visitor: `again-${n}`, session: `again-${n}`, sent_at: at },
    events: [{ id, type: 'page', at, url: 'http://localhost/demo/' }],
  }))
  const again = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${ADMIN_TOKEN}` },
    body: repeats.map((batch) => `${JSON.stringify(batch)}\n`).join(''),
  })
  expect(again.status).toBe(202)
  const { position } = (await again.json()) as { position: string }
  expect((await service.api('GET', `/v1/status?site=demo&after=${position}`)).status).toBe(200)

  await cluster.killShard(1)
  await streamed(100)
  running.pop()
  await service.kill()
  await stream.stop()
  accepted.push(...stream.accepted)
  await cluster.startShard(1)
  service = await onCluster({ dir, database })
  stream = startStream(service.url)
  await streamed(100)
  await stream.stop()
  await expectEachOnce(service, [...accepted, ...stream.accepted])
  await waitUntil(
    async () => [1, 2].every((slot) => !existsSync(join(dir, `ingest/log-${slot}`))),
    WAIT_MS,
    () => `The logs of former workers were not drained:\n${service.output()}`,
  )
})

test('a service is refused a cluster that is another than its settings say, and says which', async () => {
  const dir = await newDataFolder()
  const [first, second] = cluster.clickhouse_url.split(',') as [string, string]
  const wrong = [
    [{ CLICKHOUSE_CLUSTER: 'another' }, 'knows no cluster "another"'],
    [{ CLICKHOUSE_URL: first }, 'it lists 1 server(s), and the cluster "grid" has 2 shard(s)'],
    [{ CLICKHOUSE_URL: `${second},${first}` }, "List the addresses in the cluster's order"],
  ] as const
  for (const [env, says] of wrong) {
    const migrating = runCommand([process.execPath, `${root}/bin/throughline.mjs`, 'migrate'], {
      ...clusterEnv('refused'),
      ...env,
      DATA_DIR: dir,
    })
    expect(await migrating.ended).toMatchObject({ code: 1 })
    expect(migrating.output()).toContain(says)
    expect(migrating.output()).not.toContain(cluster.password)
  }
  await removeDataFolder(dir)
})

describe('a service on a ClickHouse server of its own', () => {
  test('lands everything once through kills of either, under a user and password from the address', async () => {
    const single = await startCluster(1)
    const dir = await newDataFolder()
    const env = { CLICKHOUSE_URL: single.clickhouse_url }
    try {
      let service = await runService({ dir, env })
      expect(await service.part('engine')).toBeUndefined()
      const streamUntil = async (fault: () => Promise<void>) => {
        const stream = startStream(service.url)
        await waitUntil(
          async () => stream.accepted.length > 200,
          WAIT_MS,
          () => 'The stream did not get going',
        )
        await fault()
        await stream.stop()
        accepted.push(...stream.accepted)
      }
      const accepted: string[] = []
      await streamUntil(() => single.killShard(0))
      await single.startShard(0)
      await streamUntil(() => service.kill())
      service = await runService({ dir, env })
      running.push(service)
      await expectEachOnce(service, accepted)
      expect(accepted.length).toBeGreaterThan(400)
    } finally {
      await running.pop()?.stop()
      await single.stop()
      await removeDataFolder(dir)
    }
  })
})

/** More rows come to a shard than it has now. */
async function expectLanding(shard: Store): Promise<void> {
  const before = await count(shard, 'events')
  await waitUntil(
    async () => (await count(shard, 'events')) > before,
    WAIT_MS,
    () => 'The shard gets no more rows',
  )
}

/** Every shard has rows of each of the greater tables, and none that belongs to another. */
async function expectSpread(service: RunningService): Promise<void> {
  const store = await storeOf(service)
  for (const table of ['events', 'sessions', 'identities', 'conversions', 'touchpoints', 'deals']) {
    expect(keyColumns(table).length).toBeGreaterThan(0)
    for (const [index, shard] of store.shards.entries()) {
      expect([table, index, await count(shard, table)]).not.toEqual([table, index, 0])
      const elsewhere = `${table} WHERE ${shardingKeySql(table)} % ${SHARDS} != ${index}`
      expect([table, index, await count(shard, elsewhere)]).toEqual([table, index, 0])
    }
  }
  await store.close()
}
