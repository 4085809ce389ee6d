import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasSite, type Share } from '#domain/site-share.ts'
import type { Store } from '#storage/client.ts'
import { factTableNames } from '#storage/fact-tables.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import { fixedSettings, landFacts, logFacts, START_MS, shop } from '#tests/support/matching-world.ts'
import { anyFacts, logApart, of, ordered } from '#tests/support/random-world.ts'
import { historyTableNames } from './history/history-tables.ts'
import { openProjection, type Projection } from './projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from './rebuild/rebuild-tables.ts'

const WORLDS = 6

/** Among two processes and among three, nobody has all of them, and nobody has none. */
const sites = ['north', 'east', 'three', 'four']

const sharesOf = (count: number): Share[] => Array.from({ length: count }, (_, index) => ({ index, of: count }))

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

const settings = fixedSettings({
  site: sites.flatMap((id) => shop.site?.map((one) => ({ ...one, id })) ?? []),
  pool: sites.flatMap(
    (site) => shop.pool?.map((one) => ({ ...one, site, id: `${(one as { id: string }).id}-${site}` })) ?? [],
  ),
})

/** One start of so many processes: what lands meanwhile, and what becomes of each of them. */
const start = fc.record({
  matchers: of(1, 2, 3),
  segments: fc.integer({ min: 1, max: 6 }),
  fates: fc.array(of('reads', 'reads', 'reads', 'does nothing', 'is killed', 'is killed and restarted'), {
    minLength: 3,
    maxLength: 3,
  }),
  written: fc.integer({ min: 0, max: 8 }),
})

const worlds = fc.record({
  facts: fc.tuple(...sites.map(() => anyFacts)),
  mixed: fc.array(fc.nat(), { minLength: 120, maxLength: 120 }),
  starts: fc.array(start, { minLength: 2, maxLength: 5 }),
  together_max: of(2, 8_000),
})

/** A store that is gone after so many inserts. */
function breaking(whole: Store, inserts_max: number): Store {
  let left = inserts_max
  return {
    ...whole,
    insert: (...said) => (left-- > 0 ? whole.insert(...said) : Promise.reject(new Error('gone'))),
  }
}

/** The sites are the same in every world. */
async function empty(): Promise<void> {
  const tables = [...historyTableNames, ...factTableNames, 'segments', 'matching_positions']
  for (const table of tables) await truncate(store, table)
}

async function readAll(projection: Projection): Promise<number> {
  let rows = 0
  for (let done = await projection.step(); done; done = await projection.step()) rows += done.rows
  return rows
}

describe('several processes that share the sites', () => {
  test('give every one of two and of three a site of these', () => {
    for (const count of [2, 3]) {
      expect(sharesOf(count).map((share) => sites.some((site) => hasSite(share, site)))).not.toContain(false)
    }
  })

  test('make the history that one makes, when their number changes and some of them are killed', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(worlds, async ({ facts, mixed, starts, together_max }) => {
        await empty()
        const options = { store, settings, now: () => START_MS, together_max }
        const own = facts.flatMap((some, index) => logApart(some, sites[index] as string))
        // Segments hold facts of several sites, and land in their order.
        const logged = logFacts(ordered(own, mixed), `w${compared}`, 4)
        const keys = [...new Set(logged.map(({ table, segment }) => `${table} ${segment}`))]
        const land = async (count: number) => {
          const some = new Set(keys.splice(0, count))
          await landFacts(
            store,
            logged.filter(({ table, segment }) => some.has(`${table} ${segment}`)),
          )
        }
        for (const { matchers, segments, fates, written } of starts) {
          const shares = sharesOf(matchers)
          const running = await Promise.all(shares.map((share) => openProjection({ ...options, share })))
          await land(segments)
          await Promise.all(
            shares.map(async (share, index) => {
              const fate = fates[index]
              if (fate === 'reads') await readAll(running[index] as Projection)
              if (fate?.startsWith('is killed')) {
                const failing = await openProjection({ ...options, share, store: breaking(store, written) })
                await readAll(failing).catch(() => undefined)
              }
              if (fate?.endsWith('restarted')) await readAll(await openProjection({ ...options, share }))
            }),
          )
        }
        await land(keys.length)
        const last = sharesOf(starts[0]?.matchers === 3 ? 2 : 3)
        await Promise.all(last.map(async (share) => readAll(await openProjection({ ...options, share }))))
        await createRebuildTables(store)
        const rows = await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true }))
        expect(rows).toBe(own.length)
        expect(await compareTables(store, undefined)).toEqual([])
        compared += rows
      }),
      { numRuns: WORLDS, endOnFailure: true },
    )
    expect(compared).toBeGreaterThan(WORLDS * 20)
  }, 300_000)

  test('look again at what one of them had left half done, however far another has come', async () => {
    await empty()
    const position = { node: 'n1', table: 'events', shares: 2, segment: 0, read_at: 0 }
    await store.insert('matching_positions', [
      { ...position, share: 0, version: 5 },
      { ...position, share: 1, version: 100 },
    ])
    const stray = { id: 'stray', version: 50 }
    await store.insert('sessions', [
      { ...stray, site: 'north' },
      { ...stray, site: 'three' },
    ])
    for (const share of sharesOf(2))
      await readAll(await openProjection({ store, settings, now: () => START_MS, share }))
    // Of the other process's site the row is older than its position, so that nobody looks at it.
    expect(await store.query('SELECT site FROM sessions FINAL')).toEqual([{ site: 'three' }])
  })

  test('fill the tables of a rebuild together, and count each fact once', async () => {
    await empty()
    const [some] = fc.sample(fc.tuple(...sites.map(() => anyFacts)), { numRuns: 1, seed: 7 }) as [object[][]]
    const own = some.flatMap((facts, index) =>
      logApart(facts as Parameters<typeof logApart>[0], sites[index] as string),
    )
    await landFacts(store, logFacts(own, 'together', 5))
    const options = { store, settings, now: () => START_MS }
    await readAll(await openProjection(options))
    await createRebuildTables(store)
    const shares = sharesOf(3)
    const rows = await Promise.all(
      shares.map(async (share) =>
        readAll(await openProjection({ ...options, share, suffix: REBUILD_SUFFIX, fresh: true })),
      ),
    )
    expect(rows.reduce((sum, count) => sum + count)).toBe(own.length)
    expect(rows).not.toContain(0)
    expect(await compareTables(store, undefined)).toEqual([])
    for (const share of shares) expect(await compareTables(store, undefined, share)).toEqual([])
  }, 120_000)
})
