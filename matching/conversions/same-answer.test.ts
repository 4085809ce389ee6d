import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import { fixedSettings, landFacts, START_MS, shop } from '#tests/support/matching-world.ts'
import { FACTS_MAX, logApart, manyRequests, of, ordered } from '#tests/support/random-world.ts'
import { openProjection, type Projection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'
import { requestHub } from './leads-around.ts'

/** Worlds tried; each in some order with restarts and crashes between, and rebuilt from nothing. */
const WORLDS = 6

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

const told_max = requestHub.told_max
afterEach(() => {
  requestHub.told_max = told_max
})

const each = { minLength: FACTS_MAX, maxLength: FACTS_MAX }
const worlds = fc.record({
  facts: manyRequests,
  arrival: fc.array(fc.nat(), each),
  together: fc.integer({ min: 1, max: 5 }),
  together_max: of(1, 2, 8_000),
  told_max: of(3, 5, told_max),
  restarts: fc.array(of('no', 'no', 'no', 'restart', 'crash'), each),
  written: fc.array(fc.integer({ min: 0, max: 8 }), each),
})

/** A store that is gone after so many inserts. */
function breaking(inserts_max: number): Store {
  let left = inserts_max
  return {
    ...store,
    insert: (...said) => (left-- > 0 ? store.insert(...said) : Promise.reject(new Error('gone'))),
  }
}

async function readAll(projection: Projection): Promise<void> {
  while (await projection.step());
}

async function count(what: string, table: string, site: string): Promise<number> {
  const sql = `SELECT toFloat64(countIf(${what})) AS n FROM ${table} FINAL WHERE site = {site:String}`
  return (await store.query<{ n: number }>(sql, { site }))[0]?.n ?? 0
}

test('requests that repeat each other, and many from one number, are the same in any order and rebuilt', async () => {
  let world = 0
  const seen = { same: 0, crowd: 0 }
  await fc.assert(
    fc.asyncProperty(worlds, async ({ facts, arrival, together, together_max, restarts, written, ...limits }) => {
      requestHub.told_max = limits.told_max
      const site = `world${world++}`
      for (const table of ['segments', 'matching_positions']) await truncate(store, table)
      const settings = fixedSettings({ site: shop.site?.map((one) => ({ ...one, id: site })) ?? [] })
      const options = { store, settings, now: () => START_MS, site, together_max }
      const landing = ordered(logApart(facts, site), arrival)
      let live = await openProjection(options)
      for (let from = 0; from < landing.length; from += together) {
        await landFacts(store, landing.slice(from, from + together), START_MS + from)
        if (restarts[from] === 'crash') {
          const failing = await openProjection({ ...options, store: breaking(written[from] ?? 0) })
          await readAll(failing).catch(() => undefined)
        } else await readAll(live)
        if (restarts[from] !== 'no') live = await openProjection(options)
      }
      await readAll(live)
      for (const step_rows of [1, 100_000]) {
        await createRebuildTables(store)
        await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true, step_rows }))
        expect(await compareTables(store, site)).toEqual([])
      }
      seen.same += await count("fact = 'same' AND joins = 1", 'edges', site)
      seen.crowd += await count("match(fraud_signs, 'many_requests|same_address')", 'conversions', site)
    }),
    { numRuns: WORLDS, endOnFailure: true },
  )
  expect(seen.same).toBeGreaterThan(0)
  expect(seen.crowd).toBeGreaterThan(0)
}, 600_000)
