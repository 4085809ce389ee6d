import { expect, test } from 'vitest'
import { openClusterStore } from '#tests/support/cluster-store.ts'
import {
  fixedSettings,
  landFacts,
  lease,
  logFacts,
  MINUTE,
  shop,
  START_MS as T,
  visit,
} from '#tests/support/matching-world.ts'
import { openProjection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'

const world = openClusterStore('shop')

test('plain visitors of several servers have all their events and the numbers they were shown', async () => {
  const { store } = world
  const facts = Array.from({ length: 12 }, (_, index) => {
    const at = T + index * MINUTE
    const own = { visitor: `v${index}` }
    return [visit(`s${index}`, at, own), visit(`s${index}`, at + 1000, own), lease(`s${index}`, at, at + MINUTE, own)]
  })
  await landFacts(store, logFacts(facts.flat(), 'n1', 100))
  let taken = 0
  const counting = {
    ...store,
    insertBlocks: (...said: Parameters<typeof store.insertBlocks>) => {
      if (said[0] === 'sessions') taken += 1
      return store.insertBlocks(...said)
    },
  }
  const options = { settings: fixedSettings(shop), now: () => T }
  const live = await openProjection({ ...options, store: counting, plain_min: 0 })
  while (await live.step());
  expect(taken).toBe(1)
  const [found] = await store.query<object>(
    'SELECT toFloat64(count()) AS sessions, toFloat64(sum(events)) AS events, toFloat64(countIf(notEmpty(numbers))) AS shown FROM sessions FINAL',
  )
  expect(found).toEqual({ sessions: 12, events: 24, shown: 12 })
  await createRebuildTables(store)
  const apart = await openProjection({ ...options, store, suffix: REBUILD_SUFFIX, fresh: true, plain_min: Infinity })
  while (await apart.step());
  expect(await compareTables(store, undefined)).toEqual([])
}, 120_000)
