import { expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { shardingKeySql } from '#storage/cluster/sharding-keys.ts'
import { openClusterStore } from '#tests/support/cluster-store.ts'
import {
  fixedSettings,
  form,
  landFacts,
  logFacts,
  MINUTE,
  shop,
  START_MS as T,
  visit,
} from '#tests/support/matching-world.ts'
import { historyTableNames } from '../history/history-tables.ts'
import { openProjection } from '../projection.ts'
import { rebuild } from './rebuild.ts'
import { createRebuildTables } from './rebuild-tables.ts'

const world = openClusterStore('shop')

const sessions = Array.from({ length: 12 }, (_, index) => `s${index}`)

const options = () => ({ store: world.store, settings: fixedSettings(shop), now: () => T })

/** Leaves the history as it is when there was one shard, and another is new. */
async function moveAllToFirst(): Promise<void> {
  const [first, second] = world.store.shards as [Store, Store]
  for (const table of historyTableNames) {
    // Instants as numbers, or they could not be read back as they are.
    const rows = await second.query<object>(`SELECT * FROM ${table} FINAL SETTINGS date_time_output_format = 'simple'`)
    await first.insert(table, rows)
    await second.command(`TRUNCATE TABLE ${table}`)
  }
}

async function count(of: Store, from: string): Promise<number> {
  const [row] = await of.query<{ rows: string }>(`SELECT count() AS rows FROM ${from}`)
  return Number(row?.rows)
}

/** Several rebuilds on two servers, on a machine that may be busy. */
const WAIT_MS = 120_000

test(
  'a rebuild moves a history to its shards after one was added, over what a broken one left',
  async () => {
    const { store } = world
    const visits = sessions.map((session, index) => visit(session, T + index * MINUTE, { visitor: `v-${session}` }))
    await landFacts(store, logFacts(visits, 'n1'))
    const live = await openProjection(options())
    const catchUp = async () => {
      let hadMore = false
      while (await live.step()) hadMore = true
      return hadMore
    }
    await catchUp()
    const run = {
      store,
      projection: () => live,
      paused: <Result>(work: (more: () => Promise<boolean>) => Promise<Result>) => work(catchUp),
    }
    expect(await rebuild(run, options(), { check: true })).toMatchObject({ differences: [] })

    await moveAllToFirst()
    const forms = sessions.map((session, index) =>
      form(`f-${session}`, session, T + index * MINUTE + 1000, {
        visitor: `v-${session}`,
        phone: `+7916000000${index % 10}`,
      }),
    )
    await landFacts(store, logFacts(forms, 'n2'))
    await catchUp()
    expect(await count(store, 'sessions FINAL')).toBeGreaterThan(sessions.length)

    await createRebuildTables(store)
    const report = await rebuild(run, options(), {})
    expect(report.swapped).toBe(true)
    expect(await count(store, 'sessions FINAL')).toBe(sessions.length)
    expect(await rebuild(run, options(), { check: true })).toMatchObject({ differences: [], swapped: false })
    for (const table of ['sessions', 'identities', 'conversions'] as const) {
      for (const [index, shard] of store.shards.entries()) {
        expect(await count(shard, table)).toBeGreaterThan(0)
        expect(await count(shard, `${table} WHERE ${shardingKeySql(table)} % 2 != ${index}`)).toBe(0)
      }
    }
    // Of one site alone: the other sites keep their rows, wherever they stand.
    const before = await store.query('SELECT id, visitor FROM sessions FINAL ORDER BY id')
    expect(await rebuild(run, options(), { site: 'elsewhere' })).toMatchObject({ differences: [], swapped: true })
    expect(await store.query('SELECT id, visitor FROM sessions FINAL ORDER BY id')).toEqual(before)
  },
  WAIT_MS,
)
