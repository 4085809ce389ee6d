import { expect, test } from 'vitest'
import { wholeShare } from '#domain/site-share.ts'
import { openStore } from '#storage/client.ts'
import { localDatabase } from '#storage/cluster/distributed-table.ts'
import { openClusterStore } from '#tests/support/cluster-store.ts'
import { endFormerWrites, namedWrites } from './named-writes.ts'

const world = openClusterStore('shop')

test('what a killed matching was still writing at a server that no address leads to is waited for', async () => {
  const { name, urls, user, password } = world.cluster
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
  const { name, urls, user, password } = world.cluster
  const first = urls[0] as string
  const listed = openStore({ url: first, user, password, database: 'shop', cluster: { name, urls: [first] } })
  await world.cluster.killShard(1)
  await endFormerWrites(listed, wholeShare, { info() {}, warn() {} })
  await listed.close()
})
