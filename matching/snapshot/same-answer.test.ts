import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import { dumpSite } from '#tests/support/graph-dump.ts'
import { fixedSettings, landFacts, START_MS, shop } from '#tests/support/matching-world.ts'
import { anyFacts, logApart, of, ordered } from '#tests/support/random-world.ts'
import { openProjection, type Projection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'
import { openSnapshots } from './snapshots.ts'

const WORLDS = 8

let store: Awaited<ReturnType<typeof freshStore>>
let dir: string
beforeAll(async () => {
  store = await freshStore()
  dir = await mkdtemp(join(tmpdir(), 'throughline-snapshots-'))
})
afterAll(async () => {
  await store.drop()
  await rm(dir, { recursive: true })
})

const list = <Value>(one: fc.Arbitrary<Value>) => fc.array(one, { minLength: 30, maxLength: 30 })
const worlds = fc.record({
  facts: anyFacts,
  arrival: list(fc.nat()),
  together: fc.integer({ min: 1, max: 4 }),
  /** Whether memory is kept then, and whether the run ends: as it should, or in the middle of writing. */
  keeps: list(of(true, false, false)),
  ends: list(of('no', 'no', 'stop', 'kill', 'crash')),
  written: list(fc.integer({ min: 0, max: 8 })),
  /** When the company's own addresses become others. */
  changes: list(of(false, false, false, false, true)),
})

/** A store that is gone after so many inserts. */
function breaking(whole: Store, inserts_max: number): Store {
  let left = inserts_max
  return {
    ...whole,
    insert: (...said) => (left-- > 0 ? whole.insert(...said) : Promise.reject(new Error('gone'))),
  }
}

async function readAll(projection: Projection): Promise<void> {
  while (await projection.step());
}

describe('a start from a snapshot', () => {
  test('has the memory that the tables give, and goes on to the same history', async () => {
    let world = 0
    const seen = { kept: 0, same: 0 }
    await fc.assert(
      fc.asyncProperty(worlds, async ({ facts, arrival, together, keeps, ends, written, changes }) => {
        const site = `World.${world++}`
        for (const table of ['segments', 'matching_positions']) await truncate(store, table)
        const settings = fixedSettings({
          site: shop.site?.map((one) => ({ ...one, id: site })) ?? [],
          pool: shop.pool?.map((one) => ({ ...one, site })) ?? [],
        })
        const options = { store, settings, now: () => START_MS, site }
        const warned: string[] = []
        const log = {
          info() {},
          warn: (fields: object, said: string) => void warned.push(`${said} ${JSON.stringify(fields)}`),
        }
        const open = () => openSnapshots({ store, dir, now: () => START_MS, log })
        let snapshots = await open()
        let live = await openProjection({ ...options, snapshots })
        /** Both ways of a start at once. */
        const start = async () => {
          snapshots = await open()
          live = await openProjection({ ...options, snapshots })
          const [ours, theirs] = [live.sites.get(site), (await openProjection(options)).sites.get(site)]
          seen.kept += snapshots.status().sites
          if (!ours || !theirs) return expect(ours).toBe(theirs)
          expect(dumpSite(ours)).toEqual(dumpSite(theirs))
          seen.same += 1
        }
        const landing = ordered(logApart(facts, site), arrival)
        for (let from = 0; from < landing.length; from += together) {
          await landFacts(store, landing.slice(from, from + together))
          if (changes[from]) {
            const [mine] = shop.site ?? []
            settings.change('site', { ...mine, id: site, blocked: [`+7926111000${from % 3}`, 'ann@mail.ru'] })
          }
          if (ends[from] === 'crash') {
            const failing = { ...options, snapshots, store: breaking(store, written[from] ?? 0) }
            await readAll(await openProjection(failing)).catch(() => undefined)
            await start()
          }
          await readAll(live)
          if (keeps[from] || ends[from] === 'stop') await snapshots.close(live)
          if (ends[from] === 'stop' || ends[from] === 'kill') await start()
        }
        await readAll(live)
        await createRebuildTables(store)
        await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true }))
        expect(await compareTables(store, site)).toEqual([])
        expect(warned).toEqual([])
      }),
      { numRuns: WORLDS, endOnFailure: true },
    )
    expect(seen.kept).toBeGreaterThan(WORLDS)
    expect(seen.same).toBeGreaterThan(WORLDS)
  }, 300_000)
})
