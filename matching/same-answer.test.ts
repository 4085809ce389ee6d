import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import { fixedSettings, landFacts, START_MS, shop } from '#tests/support/matching-world.ts'
import { anyFacts, logApart, of, ordered, zoneCalls } from '#tests/support/random-world.ts'
import { openProjection, type Projection } from './projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from './rebuild/rebuild-tables.ts'

/** Worlds tried; each is read one by one in one order, in small steps in another, and all at once. */
const WORLDS = 6

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

const howTheyCome = {
  arrival: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  other: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  together: fc.integer({ min: 1, max: 4 }),
  together_max: of(1, 2, 8_000),
  plain_min: of(0, 3, 8_000),
  restarts: fc.array(of('no', 'no', 'restart', 'crash', 'stop'), { minLength: 30, maxLength: 30 }),
  written: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 30, maxLength: 30 }),
}

/** A store that is gone after so many inserts. */
function breaking(whole: Store, inserts_max: number): Store {
  let left = inserts_max
  const whileThere = <Said extends unknown[]>(insert: (...said: Said) => Promise<void>) => {
    return (...said: Said) => (left-- > 0 ? insert(...said) : Promise.reject(new Error('gone')))
  }
  return { ...whole, insert: whileThere(whole.insert), insertBlocks: whileThere(whole.insertBlocks) }
}

async function readAll(projection: Projection): Promise<void> {
  while (await projection.step());
}

describe('the same facts', () => {
  test.each([
    ['of all kinds', 'world', anyFacts],
    ['of a provider whose clock is set to another zone', 'zone', zoneCalls],
  ])(
    '%s give the same history in any order, cut, repeated, and rebuilt',
    async (_, kind, facts) => {
      let world = 0
      let compared = 0
      let shifted = 0
      await fc.assert(
        fc.asyncProperty(
          fc.record({ facts, ...howTheyCome }),
          async ({ facts, arrival, other, together, together_max, plain_min, restarts, written }) => {
            const site = `${kind}${world++}`
            for (const table of ['segments', 'matching_positions']) await truncate(store, table)
            const settings = fixedSettings({
              site: shop.site?.map((one) => ({ ...one, id: site })) ?? [],
              pool: shop.pool?.map((one) => ({ ...one, site })) ?? [],
            })
            const options = { store, settings, now: () => START_MS, site, together_max, plain_min }
            const logged = logApart(facts, site)
            const others = ordered(
              logged.map((_, index) => index),
              other,
            )
            const landing = ordered(
              logged.map((one, index) => ({ one, landed: START_MS + others.indexOf(index) })),
              arrival,
            )
            let live = await openProjection(options)
            for (let from = 0; from < landing.length; from += together) {
              for (const { one, landed } of landing.slice(from, from + together)) await landFacts(store, [one], landed)
              if (restarts[from] === 'crash') {
                // What comes next is read together with what the broken step had begun to write.
                const failing = { ...options, store: breaking(store, written[from] ?? 0) }
                await readAll(await openProjection(failing)).catch(() => undefined)
              } else if (restarts[from] === 'stop') {
                let left = written[from] ?? 0
                const stopped = await openProjection({ ...options, isStopping: () => left-- <= 0 })
                while (left > 0 && (await stopped.step()));
              } else await readAll(live)
              if (restarts[from] !== 'no') live = await openProjection(options)
            }
            await readAll(live)
            for (const [step_rows, plain] of [
              [1, 8_000],
              [100_000, 8_000],
              [100_000, 0],
              [4, 0],
            ] as const) {
              await createRebuildTables(store)
              const anew = {
                ...options,
                together_max: 8_000,
                suffix: REBUILD_SUFFIX,
                fresh: true,
                step_rows,
                plain_min: plain,
              }
              await readAll(await openProjection(anew))
              expect(await compareTables(store, site)).toEqual([])
            }
            // A crash before the positions were written: all is read once more.
            await truncate(store, 'matching_positions')
            await readAll(await openProjection(options))
            expect(await compareTables(store, site)).toEqual([])
            const [count] = await store.query<{ n: number }>(
              'SELECT toFloat64(count()) AS n FROM edges FINAL WHERE site = {site:String}',
              { site },
            )
            compared += count?.n ?? 0
            const [clocks] = await store.query<{ n: number }>(
              'SELECT toFloat64(count()) AS n FROM provider_clocks FINAL WHERE site = {site:String} AND shift_ms != 0',
              { site },
            )
            shifted += clocks?.n ?? 0
          },
        ),
        { numRuns: WORLDS, endOnFailure: true },
      )
      expect(compared).toBeGreaterThan(WORLDS * 5)
      if (kind === 'zone') expect(shifted).toBeGreaterThan(0)
    },
    300_000,
  )
})
