import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasSite, type Share } from '#domain/site-share.ts'
import { openOutbound } from '#shell/outbound.ts'
import { erasureKey } from '#storage/erasure-keys.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { DAY, fact, fixedSettings, landFacts, logFacts, START_MS as T } from '#tests/support/matching-world.ts'
import { openErasures } from './erasures/erasures.ts'
import { openPostbacks } from './postbacks/postbacks.ts'
import { openProjection } from './projection.ts'
import { openRemovals } from './removal/removals.ts'
import { openRetention } from './retention/retention.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

const log = { info() {}, warn() {} }
const shares: Share[] = [0, 1, 2].map((index) => ({ index, of: 3 }))
/** One for each of them, in their order. */
const sites = ['east', 'four', 'north']
const now = () => T + 100 * DAY
const settings = fixedSettings({
  site: sites.map((id) => ({ id, domains: ['shop.example'], ...(id !== 'four' && { retention_days: 30 }) })),
})
const chat = (site: string, id: string, at: number, phone: string) =>
  fact('leads', { site, id, at, kind: 'chat', phone })

test('erasures and retention are done once, by the process that has the site, and half done ones are left to it', async () => {
  const key = await erasureKey(store)
  const erase = (site: string) => ({
    ...{ site, id: `e-${site}`, kind: 'phone', key: key.id, hash: key.hash(site, 'phone', '+79160000001') },
    received_at: T + 99 * DAY,
  })
  await landFacts(
    store,
    logFacts([
      ...sites.flatMap((site) => [
        chat(site, 'old', T, '+79160000002'),
        chat(site, 'erased', T + 98 * DAY, '+79160000001'),
        chat(site, 'kept', T + 98 * DAY, '+79160000003'),
      ]),
      ...['east', 'four'].map((site) => fact('erasures', erase(site))),
    ]),
  )
  const open = async (share: Share) => {
    const erasures = openErasures({ store, now, log, share, settle_ms: 0 })
    const retention = openRetention({ store, settings, now, log, share })
    const projection = await openProjection({ store, settings, now, share, onRead: erasures.noticed })
    return { projection, removals: openRemovals({ erasures, retention }), close: retention.close }
  }
  const work = async ({ projection, removals }: Awaited<ReturnType<typeof open>>, turns = Infinity) => {
    for (let turn = 0, idle = 0; idle < 2 && turn < turns; turn++) {
      const hasStepped = (await projection.step()) !== undefined
      const hasRemoved = await removals.turn({ store, projection, postbacks: { forget: async () => {} } })
      idle = hasStepped || hasRemoved || removals.isUnderWay() ? 0 : idle + 1
    }
  }
  // One is broken off with a plan written; the others see the plan, and leave it alone.
  const first = await open(shares[0] as Share)
  await work(first, 1)
  first.close()
  expect(await store.query('SELECT DISTINCT job FROM removal_plans')).toEqual([{ job: 'erasure/east/e-east' }])
  const running = await Promise.all(shares.map(open))
  await Promise.all(running.map((one) => work(one)))
  for (const { close } of running) close()
  expect(await store.query('SELECT site, id FROM leads ORDER BY site, id')).toEqual([
    { site: 'east', id: 'kept' },
    { site: 'four', id: 'kept' },
    { site: 'four', id: 'old' },
    { site: 'north', id: 'erased' },
    { site: 'north', id: 'kept' },
  ])
  // «removing» and «clearing»: nobody else had a hand in it.
  expect(
    await store.query(
      'SELECT site, state, toFloat64(version) AS version, counts FROM erasure_runs FINAL ORDER BY site',
    ),
  ).toEqual(['east', 'four'].map((site) => ({ site, state: 'clearing', version: 2, counts: { leads: '1' } })))
}, 120_000)

test('a destination is told by the process that has its site', async () => {
  const row = { event: 'deal_won', deal: 'd1', person: '', state: 'pending', attempts: 0, answer_status: 0, error: '' }
  const moments = { created_at: T, tried_at: null, next_at: T, version: 1, is_deleted: 0, facts: '{}' }
  await store.insert(
    'postbacks',
    sites.map((site) => ({ site, destination: `ads-${site}`, webhook_id: `w-${site}`, ...row, ...moments })),
  )
  const outbound = openOutbound({ allow: [] })
  for (const share of shares) {
    const postbacks = await openPostbacks({ store, settings, now, log, outbound, share, nextVersion: () => 2 })
    await postbacks.deliverDue()
    await postbacks.close()
    const told = sites.filter((site) => shares.slice(0, share.index + 1).some((done) => hasSite(done, site)))
    // There are no such destinations: each is given up by the first that tries.
    expect(await store.query("SELECT site FROM postbacks FINAL WHERE state = 'failed' ORDER BY site")).toEqual(
      told.map((site) => ({ site })),
    )
  }
  await outbound.close()
})
