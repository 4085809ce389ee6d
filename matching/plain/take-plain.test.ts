import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FactRow } from '#storage/fact-tables.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  DAY,
  fact,
  fixedSettings,
  HOUR,
  landFacts,
  lease,
  logFacts,
  MINUTE,
  shop,
  START_MS as T,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

let events = 0
const sent = (visitor: string, session: string, at: number, said: Partial<FactRow<'events'>> = {}) =>
  fact('events', { id: `e${events++}`, visitor, session, at, ...said })
const seen = (visitor: string, session: string, at: number, said: Partial<FactRow<'events'>> = {}) => [
  sent(visitor, session, at, said),
  sent(visitor, session, at + MINUTE, { ...said, type: 'leave', engaged_ms: 40_000 }),
]
const ids = { ga: '1.2', ym: '16' }

/** Facts by the step they are read in, and how many of the visits of each are taken by themselves. */
const worlds: [name: string, steps: WorldFact[][], taken: number[]][] = [
  ['a visit', [seen('v1', 's1', T, ids)], [1]],
  ['a visit that a server told of', [seen('v1', 's1', T, { ...ids, trusted: 1 })], [1]],
  ['visits of one day', [[...seen('v1', 's1', T), ...seen('v1', 's2', T + HOUR, ids)]], [2]],
  ['somebody who comes again', [seen('v1', 's1', T, ids), seen('v1', 's2', T + DAY, ids)], [1, 1]],
  ['somebody with a new counter id', [seen('v1', 's1', T, ids), seen('v1', 's2', T + DAY, { ga: '3.4' })], [1, 1]],
  ['a visit with a number', [[...seen('v1', 's1', T), lease('s1', T, T + MINUTE, { visitor: 'v1' })]], [1]],
  ['a bot', [seen('v1', 's1', T, { ...ids, bot: 1 })], [1]],
  ['a bot that becomes somebody', [seen('v1', 's1', T, { bot: 1 }), seen('v1', 's2', T + DAY, ids)], [1, 1]],
  ['somebody who becomes a bot', [seen('v1', 's1', T, ids), seen('v1', 's2', T + DAY, { bot: 1 })], [1, 1]],
  [
    'a visit before those known',
    [seen('v1', 's2', T + DAY), seen('v1', 's1', T, { received_at: T + 2 * DAY })],
    [1, 0],
  ],
  [
    'what was received before what is known',
    [seen('v1', 's1', T, { received_at: T + DAY }), seen('v1', 's2', T + HOUR)],
    [1, 0],
  ],
  ['more of a visit', [seen('v1', 's1', T), seen('v1', 's1', T + 5 * MINUTE)], [1, 0]],
  ['a number for a known visit', [seen('v1', 's1', T), [lease('s1', T, T + MINUTE, { visitor: 'v1' })]], [1, 0]],
  ['a bot in a visit of somebody', [[...seen('v1', 's1', T), sent('v1', 's1', T + 1, { bot: 1 })]], [0]],
  ['a form', [[...seen('v1', 's1', T), sent('v1', 's1', T + 1, { type: 'form', phone: '+79261112233' })]], [0]],
  ['a phone', [seen('v1', 's1', T, { phone: '+79261112233' })], [0]],
  ['an e-mail', [seen('v1', 's1', T, { email: 'ann@mail.ru' })], [0]],
  ['a login', [seen('v1', 's1', T, { user: 'u1' })], [0]],
  [
    'a form of somebody who comes again',
    [seen('v1', 's1', T), [sent('v1', 's2', T + DAY, { type: 'form', email: 'ann@mail.ru' })]],
    [1, 0],
  ],
  ['somebody known by a form', [seen('v1', 's1', T, { email: 'ann@mail.ru' }), seen('v1', 's2', T + DAY)], [0, 0]],
  ['one counter id of two', [[...seen('v1', 's1', T, ids), ...seen('v2', 's2', T, ids)]], [1]],
  ['a counter id of somebody known', [seen('v1', 's1', T, ids), seen('v2', 's2', T + DAY, ids)], [1, 0]],
  ['a visit of two', [[...seen('v1', 's1', T), ...seen('v2', 's1', T)]], [0]],
  ['a visit of two, one after the other', [seen('v1', 's1', T), seen('v2', 's1', T + MINUTE)], [1, 0]],
  [
    'a visit whose number was shown to another',
    [[...seen('v1', 's1', T), lease('s1', T, T + MINUTE, { visitor: 'v2' })]],
    [0],
  ],
  ['an event sent under two visits', [[sent('v1', 's1', T, { id: 'same' }), sent('v1', 's2', T, { id: 'same' })]], [0]],
  ['an event sent twice', [[sent('v1', 's1', T, { id: 'twice' }), sent('v1', 's1', T, { id: 'twice' })]], [0]],
  ['half an hour of silence', [[...seen('v1', 's1', T), ...seen('v1', 's1', T + HOUR)]], [0]],
  ['a visit called like a part of another', [[...seen('v1', 's1.2', T)]], [0]],
  ['a visit without an id', [seen('v1', '', T)], [0]],
  ['nobody', [seen('anonymous', 's1', T)], [0]],
  ['browser and server both', [[...seen('v1', 's1', T), sent('v1', 's1', T + 1, { trusted: 1 })]], [1]],
]

const settingsOf = (site: string) =>
  fixedSettings({
    site: shop.site?.map((one) => ({ ...one, id: site })) ?? [],
    pool: shop.pool?.map((one) => ({ ...one, site })) ?? [],
  })

describe('taken by itself', () => {
  test.each(worlds)('%s gives the same history as taken with all others', async (name, steps, taken) => {
    const site = name.replaceAll(/\W+/g, '-')
    const settings = settingsOf(site)
    let sessions = 0
    const counting = {
      ...store,
      insertBlocks: (...said: Parameters<typeof store.insertBlocks>) => {
        // Behind the number of columns a block has that of its rows, a byte each.
        if (said[0] === 'sessions') for (const block of said[2]) sessions += block[1] as number
        return store.insertBlocks(...said)
      },
    }
    const options = { settings, now: () => T, site }
    const live = await openProjection({ ...options, store: counting, plain_min: 0 })
    const found: number[] = []
    for (const [index, facts] of steps.entries()) {
      const there = facts.map((one) => ({ ...one, row: { ...one.row, site } }))
      await landFacts(store, logFacts(there, `${site}${index}`, 100))
      sessions = 0
      while (await live.step());
      found.push(sessions)
    }
    expect(found).toEqual(taken)
    await createRebuildTables(store)
    const apart = await openProjection({ ...options, store, suffix: REBUILD_SUFFIX, fresh: true, plain_min: Infinity })
    while (await apart.step());
    expect(await compareTables(store, site)).toEqual([])
    const [count] = await store.query<{ n: number }>(
      'SELECT toFloat64(count()) AS n FROM sessions FINAL WHERE site = {site:String}',
      { site },
    )
    expect(count?.n).toBeGreaterThan(0)
    // Started anew it knows of them what it knew.
    const again = await openProjection({ ...options, store, plain_min: 0 })
    expect(again.sites.get(site)?.graph.vertices.size).toBe(live.sites.get(site)?.graph.vertices.size)
  })

  test('a visit is what has been read of it, whatever else has landed', async () => {
    const site = 'half-read'
    const facts = [...seen('v1', 's1', T), sent('v1', 's1', T + 2 * MINUTE)]
    const there = facts.map((one) => ({ ...one, row: { ...one.row, site } }))
    await landFacts(store, logFacts(there, site, 2))
    const options = { store, settings: settingsOf(site), now: () => T, site, step_rows: 2, plain_min: 0 }
    const live = await openProjection(options)
    const found: object[] = []
    while (await live.step()) {
      const sql = 'SELECT id, toFloat64(events) AS events FROM sessions FINAL WHERE site = {site:String}'
      found.push(await store.query(sql, { site }))
    }
    expect(found).toEqual([[{ id: 's1', events: 2 }], [{ id: 's1', events: 3 }]])
    await createRebuildTables(store)
    const apart = await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true, plain_min: Infinity })
    while (await apart.step());
    expect(await compareTables(store, site)).toEqual([])
  })
})
