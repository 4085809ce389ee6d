import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  call,
  DAY,
  fact,
  fixedSettings,
  form,
  landFacts,
  lease,
  logFacts,
  shop,
  START_MS as T,
  visit,
} from '#tests/support/matching-world.ts'
import { openErasures } from '../erasures/erasures.ts'
import { openProjection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'
import { openRemovals } from '../removal/removals.ts'
import { openRetention } from './retention.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

const [site] = shop.site as [object]
const log = { info() {}, warn() {} }

test('old facts go when a site says how long it keeps them, once a day after, and the history with them', async () => {
  const settings = fixedSettings({ ...shop, site: [site, { id: 'other', domains: ['other.example'] }] })
  let now_ms = T + 100 * DAY
  const now = () => now_ms
  const removed: Record<string, number>[] = []
  const retention = openRetention({
    store,
    settings,
    now,
    log,
    portion_rows: 1,
    onRemoved: (counts) => removed.push(counts),
  })
  const projection = await openProjection({ store, settings, now })
  const removals = openRemovals({ erasures: openErasures({ store, now, log }), retention })
  const work = async () => {
    while (await projection.step());
    for (let isBusy = true; isBusy; ) {
      isBusy = await removals.turn({ store, projection, postbacks: { forget: async () => {} } })
      isBusy ||= removals.isUnderWay()
    }
  }
  const ids = async (table: string) =>
    (await store.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id)
  const old = [
    visit('s1', T),
    lease('s1', T, T + DAY / 24),
    form('f1', 's1', T + 1000),
    call('c1', T + 60_000),
    fact('deals', { id: 'd1', at: T, visitor: 'v1' }),
  ]
  const young = [
    visit('s2', T + 95 * DAY),
    form('f2', 's2', T + 95 * DAY),
    fact('deals', { id: 'd1', at: T + 96 * DAY, status: 'won' }),
  ]
  await landFacts(
    store,
    logFacts([...old, ...young, fact('costs', { id: 'cost', date: '2026-01-01' }), visit('x', T, { site: 'other' })]),
  )
  // Its segment is not named yet: it may be in the log still.
  await store.insert('events', [{ node: 'n9', segment: 1, row: 0, ...visit('s0', T).row }])
  await work()
  expect(removed).toEqual([])

  settings.change('site', { ...site, retention_days: 30 })
  await work()
  expect(removed.length).toBeGreaterThan(1)
  expect(await ids('events')).toEqual(['f2', `page-s0-${T}`, `page-s2-${T + 95 * DAY}`, `page-x-${T}`])
  expect([await ids('leases'), await ids('calls'), await ids('deals'), await ids('costs')]).toEqual([
    [],
    [],
    ['d1'],
    ['cost'],
  ])
  expect(await store.query("SELECT id FROM sessions FINAL WHERE site = 'shop'")).toEqual([{ id: 's2' }])
  await createRebuildTables(store)
  const anew = await openProjection({ store, settings, now, suffix: REBUILD_SUFFIX, fresh: true })
  while (await anew.step());
  expect(await compareTables(store, undefined)).toEqual([])

  // What comes late is older than the site keeps: it goes with the next day's run.
  await landFacts(store, logFacts([visit('s3', T + 2 * DAY)], 'n2'))
  await work()
  expect(await ids('events')).toContain(`page-s3-${T + 2 * DAY}`)
  now_ms += DAY
  await work()
  expect(await ids('events')).not.toContain(`page-s3-${T + 2 * DAY}`)
  retention.close()
}, 60_000)
