import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  call,
  DAY,
  fact,
  fixedSettings,
  landFacts,
  logFacts,
  readHistory,
  shop,
  START_MS as T,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection, type Projection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const { conversion } = readHistory(() => store)
const site = { id: 'shop', domains: ['shop.example'] }
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

const phone = '+79161112200'
const talks = [29, 30, 45, 90]
const asked = [0, 40, 130.0001, 131]
const facts: WorldFact[] = [
  ...talks.map((talk, index) => call(`c${talk}`, T + index * DAY, { talk, from: `+7926444550${index}` })),
  call('missed', T, { status: 'missed', talk: 90, from: '+79264445509' }),
  ...asked.map((days) => fact('leads', { id: `l${days}`, at: T + days * DAY, kind: 'chat', phone })),
]

async function take(projection: Projection): Promise<number> {
  let steps = 0
  while (await projection.step()) steps++
  return steps
}

async function judged() {
  const rows = await store.query<{ id: string; is: number }>(
    "SELECT id, if(fact = 'call', target, first) AS is FROM conversions FINAL WHERE kind = 'lead' ORDER BY id",
  )
  return rows.filter((row) => row.is === 1).map(({ id }) => id)
}

test.each([
  ['at once', false],
  ['when it starts again', true],
])(
  'a change of what is a target call or a first request reaches the requests of before: %s',
  async (_, isRestarted) => {
    const settings = fixedSettings({ ...shop, site: [{ ...site, target_call_seconds: 30, repeat_lead_days: 90 }] })
    await landFacts(store, logFacts(facts))
    const first = await openProjection({ store, settings, now: () => T })
    await take(first)
    expect(await judged()).toEqual(['c30', 'c45', 'c90', 'l0', 'l130.0001'])
    const before = await conversion('c90')

    settings.change('site', { ...site, target_call_seconds: 45, repeat_lead_days: 30 })
    const projection = isRestarted ? await openProjection({ store, settings, now: () => T }) : first
    expect(await take(projection)).toBeGreaterThan(0)
    expect(await judged()).toEqual(['c45', 'c90', 'l0', 'l130.0001', 'l40'])
    // Whom it makes no difference to is not written anew.
    expect(await conversion('c90')).toEqual(before)
    expect(await take(projection)).toBe(0)

    settings.change('site', { ...site, target_call_seconds: 90, repeat_lead_days: 365 })
    await take(projection)
    expect(await judged()).toEqual(['c90', 'l0'])
    await createRebuildTables(store)
    await take(await openProjection({ store, settings, now: () => T, suffix: REBUILD_SUFFIX, fresh: true }))
    expect(await compareTables(store, undefined)).toEqual([])
  },
  120_000,
)
