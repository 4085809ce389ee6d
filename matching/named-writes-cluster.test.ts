import { afterAll, beforeAll, expect, test } from 'vitest'
import { wholeShare } from '#domain/site-share.ts'
import { openStore, type Store } from '#storage/client.ts'
import { localDatabase } from '#storage/cluster/distributed-table.ts'
import { type EngineCluster, startCluster } from '#tests/support/engine-cluster.ts'
import { makeStore } from '#tests/support/fresh-store.ts'
import { endFormerWrites, namedWrites } from './named-writes.ts'

let cluster: EngineCluster
let store: Store

beforeAll(async () => {
  cluster = await startCluster(2)
  const { name, urls, user, password } = cluster
  store = await makeStore({ url: urls[0] as string, user, password, database: 'shop', cluster: { name, urls } })
})

afterAll(async () => {
  await store?.close()
  await cluster?.stop()
})

test('what a killed matching was still writing at a server that no address leads to is waited for', async () => {
  const { name, urls, user, password } = cluster
  const [first, second] = urls as [string, string]
  const elsewhere = openStore({ url: second, user, password, database: localDatabase('shop') })
  const listed = openStore({ url: first, user, password, database: 'shop', cluster: { name, urls: [first] } })
  let ended = ''
  // Under the name that a write of this database has.
  const write = namedWrites({ ...elsewhere, database: 'shop' }, wholeShare)
    .command(
      `INSERT INTO identities (site, kind, value, version)
       SELECT 'shop', 'visitor', 'late', 1 FROM numbers(30) WHERE sleepEachRow(0.1) = 0 SETTINGS max_block_size = 1`,
    )
    .then(() => {
      ended = 'written'
    })
  const running = "SELECT query_id FROM system.processes WHERE startsWith(query_id, 'matching-shop-')"
  while ((await elsewhere.query(running)).length === 0);
  await endFormerWrites(listed, wholeShare, { info() {}, warn() {} })
  expect(await elsewhere.query(running)).toEqual([])
  await write
  expect(ended).toBe('written')
  await Promise.all([elsewhere.close(), listed.close()])
})

test('a server of the cluster that is down and that no address leads to keeps nobody waiting', async () => {
  const { name, urls, user, password } = cluster
  const first = urls[0] as string
  const listed = openStore({ url: first, user, password, database: 'shop', cluster: { name, urls: [first] } })
  await cluster.killShard(1)
  await endFormerWrites(listed, wholeShare, { info() {}, warn() {} })
  await listed.close()
})
