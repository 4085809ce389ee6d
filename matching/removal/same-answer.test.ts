import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { erasureKey } from '#storage/erasure-keys.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import { DAY, fact, fixedSettings, HOUR, landFacts, START_MS, shop } from '#tests/support/matching-world.ts'
import { anyFacts, logApart, manyRequests, of, ordered } from '#tests/support/random-world.ts'
import { openErasures } from '../erasures/erasures.ts'
import { openProjection, type Projection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'
import { openRetention } from '../retention/retention.ts'
import { openSnapshots, type Snapshots } from '../snapshot/snapshots.ts'
import { openRemovals, type Removals } from './removals.ts'

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

const whom = of(
  ['phone', '+79261110001'],
  ['phone', '+79261110002'],
  ['email', 'ann@mail.ru'],
  ['visitor', 'v1'],
  ['visitor', 'v2'],
  ['visitor', 'v4'],
)
const worlds = fc.record({
  facts: fc.oneof(anyFacts, manyRequests),
  arrival: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  together: fc.integer({ min: 1, max: 6 }),
  erasures: fc.array(fc.record({ who: whom, at: fc.integer({ min: 0, max: 50 * 24 }), turn: fc.nat(29) }), {
    maxLength: 3,
  }),
  retention: of(undefined, undefined, 20, 45),
  crashes: fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 3 }),
  /** At which question whether to stop it is so. */
  stops: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 1 }),
  /** After how many landings memory is kept, and the run ends. */
  stop_each: of(1, 2, 5),
})

/** A store that is gone after so many statements that change something. */
function breaking(whole: Store, changes_max: number): Store {
  let left = changes_max
  const refusing =
    <Args extends unknown[]>(call: (...args: Args) => Promise<void>) =>
    (...args: Args) =>
      left-- > 0 ? call(...args) : Promise.reject(new Error('gone'))
  const broken: Store = { ...whole, insert: refusing(whole.insert), command: refusing(whole.command), shards: [] }
  return { ...broken, shards: [broken] }
}

interface Run {
  projection: Projection
  removals: Removals
  snapshots: Snapshots
}

const postbacks = { forget: async () => {} }
const log = { info() {}, warn() {} }

describe('what erasures and retention leave', () => {
  test('is the history that the facts left would give, whenever it is broken off', async () => {
    let world = 0
    let [removed, starts] = [0, 0]
    await fc.assert(
      fc.asyncProperty(worlds, async ({ facts, arrival, together, erasures, retention, crashes, stops, stop_each }) => {
        const site = `world${world++}`
        const tables = ['segments', 'matching_positions', 'erasures', 'erasure_runs', 'erased_identifiers']
        for (const table of tables) await truncate(store, table)
        const settings = fixedSettings({
          site: shop.site?.map((one) => ({ ...one, id: site, ...(retention && { retention_days: retention }) })) ?? [],
          pool: shop.pool?.map((one) => ({ ...one, site })) ?? [],
        })
        let now_ms = START_MS + 60 * DAY
        const now = () => now_ms
        const open = async (on: Store, isStopping = () => false): Promise<Run> => {
          const kept = openErasures({ store: on, now, log, settle_ms: 0 })
          const old = openRetention({ store: on, settings, now, log, portion_rows: 7 })
          const snapshots = await openSnapshots({ store: on, dir, now, log })
          const projection = await openProjection({
            store: on,
            settings,
            now,
            site,
            snapshots,
            isStopping,
            onRead: kept.noticed,
          })
          return { projection, snapshots, removals: openRemovals({ erasures: kept, retention: old }) }
        }
        const work = async ({ projection, removals, snapshots }: Run, on: Store, isStopped = () => false) => {
          // Bytes are not waited for here.
          for (let idle = 0; idle < 3 && !isStopped(); ) {
            now_ms += 10_000
            const isBusy = (await projection.step()) !== undefined
            const hasRemoved = await removals.turn({ store: on, projection, postbacks, snapshots })
            idle = isBusy || hasRemoved || removals.isUnderWay() ? 0 : idle + 1
          }
        }
        const key = await erasureKey(store)
        const asked = erasures.map(({ who: [kind, value], at, turn }, index) => ({
          turn,
          one: fact('erasures', {
            ...{
              id: `er${index}`,
              kind: kind as string,
              key: key.id,
              hash: key.hash(site, kind as string, value as string),
            },
            received_at: START_MS + at * HOUR,
          }),
        }))
        const logged = logApart([...facts, ...asked.map(({ one }) => one)], site)
        const landing = ordered(logged, [
          ...arrival.slice(0, facts.length),
          ...asked.map(({ turn }) => arrival[turn] ?? 0),
        ])
        let live = await open(store)
        const [crash_at, stop_at] = [[...crashes], [...stops]]
        for (let from = 0; from < landing.length; from += together) {
          await landFacts(store, landing.slice(from, from + together))
          const changes_max = crash_at.pop()
          if (changes_max !== undefined) {
            const failing = breaking(store, changes_max)
            await work(await open(failing), failing).catch(() => undefined)
            live = await open(store)
          }
          const asked_max = stop_at.pop()
          if (asked_max !== undefined) {
            let asked = 0
            const stopped = await open(store, () => ++asked > asked_max)
            await work(stopped, store, () => asked > asked_max)
            await stopped.snapshots.close(stopped.removals.isUnderWay() ? undefined : stopped.projection)
            live = await open(store)
          }
          await work(live, store)
          if ((from / together) % stop_each === 0) {
            await live.snapshots.close(live.projection)
            live = await open(store)
            starts += live.snapshots.status().sites
          }
        }
        await createRebuildTables(store)
        const anew = await openProjection({ store, settings, now, site, suffix: REBUILD_SUFFIX, fresh: true })
        while (await anew.step());
        expect(await compareTables(store, site)).toEqual([])
        for (const table of ['events', 'leases', 'calls', 'leads', 'deals']) {
          const [row] = await store.query<{ n: number }>(
            `SELECT toFloat64(count()) AS n FROM ${table} WHERE site = {site:String}`,
            { site },
          )
          removed -= row?.n ?? 0
        }
        removed += facts.filter(({ table }) => table !== 'annotations').length
      }),
      { numRuns: WORLDS, endOnFailure: true },
    )
    expect(removed).toBeGreaterThan(WORLDS)
    expect(starts).toBeGreaterThan(WORLDS)
  }, 600_000)
})
