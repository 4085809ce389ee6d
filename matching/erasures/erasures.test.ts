import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { erasureKey } from '#storage/erasure-keys.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  fact,
  fixedSettings,
  landFacts,
  logFacts,
  MINUTE,
  shop,
  START_MS as T,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { cleanUpQuickly } from '#tests/support/quick-cleanup.ts'
import { whereFound } from '#tests/support/where-found.ts'
import { openProjection, type Projection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'
import { openRemovals, type Removals } from '../removal/removals.ts'
import { openRetention } from '../retention/retention.ts'
import { openErasures } from './erasures.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let projection: Projection
let removals: Removals
beforeEach(async () => {
  store = await freshStore()
  await cleanUpQuickly(store)
  await start()
})
afterEach(() => store.drop())

const settings = fixedSettings(shop)
let now_ms = T + 60 * MINUTE
const log = { info() {}, warn() {} }
const postbacks = { forget: async () => {} }

async function start(): Promise<void> {
  const now = () => now_ms
  const erasures = openErasures({ store, now, log, settle_ms: 0 })
  removals = openRemovals({ erasures, retention: openRetention({ store, settings, now, log }) })
  projection = await openProjection({ store, settings, now, onRead: erasures.noticed })
}

async function readAll(): Promise<void> {
  while (await projection.step());
}

let logs = 0
async function land(...facts: WorldFact[]): Promise<void> {
  await landFacts(store, logFacts(facts, `n${logs++}`))
  await readAll()
}

async function erase(kind: string, value: string, received_at: number, waits_for = ''): Promise<string> {
  const key = await erasureKey(store)
  const id = `er-${logs}`
  await land(fact('erasures', { id, received_at, kind, key: key.id, hash: key.hash('shop', kind, value), waits_for }))
  return id
}

async function runAll(): Promise<void> {
  for (let idle = 0; idle < 100; ) {
    now_ms += 2_000
    if (await removals.turn({ store, projection, postbacks })) idle = 0
    else if ((await store.query("SELECT 1 FROM erasure_runs FINAL WHERE state NOT IN ('done','refused')")).length === 0)
      break
    else {
      idle++
      await new Promise((done) => setTimeout(done, 50))
    }
  }
}

async function expectGone(...texts: string[]): Promise<void> {
  const { found, columns } = await whereFound(store, texts)
  expect(found).toEqual([])
  expect(columns).toBeGreaterThan(150)
}

async function expectAsRebuilt(): Promise<void> {
  await createRebuildTables(store)
  const anew = await openProjection({ store, settings, now: () => now_ms, suffix: REBUILD_SUFFIX, fresh: true })
  while (await anew.step());
  expect(await compareTables(store, undefined)).toEqual([])
}

describe('an erasure', () => {
  test('removes a person from every table, and nobody else', async () => {
    await land(
      fact('events', { id: 'e1', at: T, visitor: 'v-anna', session: 's-anna', contact_name: 'Anna' }),
      fact('events', {
        id: 'f1',
        at: T + MINUTE,
        type: 'form',
        visitor: 'v-anna',
        session: 's-anna',
        phone: '+79161112233',
        email: 'anna@example.com',
      }),
      fact('calls', {
        id: 'c1',
        at: T + 2 * MINUTE,
        from: '+79161112233',
        to: '+74951110001',
        body: '8 916 111 22 33',
      }),
      fact('deals', {
        id: 'deal-anna',
        at: T + 3 * MINUTE,
        status: 'won',
        phones: ['+79161112233'],
        body: '89161112233',
      }),
      fact('events', {
        id: 'e2',
        at: T,
        visitor: 'v-boris',
        session: 's-boris',
        phone: '+79169998877',
        type: 'identify',
      }),
      fact('calls', { id: 'c2', at: T + 2 * MINUTE, from: '+79169998877', to: '+74951110001' }),
    )
    const boris = () => store.query("SELECT * FROM sessions FINAL WHERE visitor = 'v-boris'")
    const before = await boris()
    const id = await erase('phone', '+79161112233', T + 10 * MINUTE)
    await runAll()
    const [run] = await store.query('SELECT * FROM erasure_runs FINAL WHERE id = {id:String}', { id })
    expect(run).toMatchObject({ state: 'done', counts: { events: '2', calls: '1', deals: '1' } })
    await expectGone(
      '+79161112233',
      '8 916 111',
      '89161112233',
      'v-anna',
      's-anna',
      'anna@example.com',
      'Anna',
      'deal-anna',
    )
    expect(await store.query('SELECT 1 FROM events')).toHaveLength(1)
    expect(await boris()).toEqual(before)
    await expectAsRebuilt()
  })
})
