import { mkdtemp, readdir, readFile, rm, truncate as truncateFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { erasureKey } from '#storage/erasure-keys.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { dumpSite } from '#tests/support/graph-dump.ts'
import { fact, fixedSettings, landFacts, logFacts, shop, START_MS as T } from '#tests/support/matching-world.ts'
import { seededRandom } from '#tests/support/random.ts'
import { openErasures } from '../erasures/erasures.ts'
import { openProjection, type Projection } from '../projection.ts'
import { rebuild } from '../rebuild/rebuild.ts'
import { openRemovals } from '../removal/removals.ts'
import { openRetention } from '../retention/retention.ts'
import { openSnapshots, type Snapshots } from './snapshots.ts'

type FreshStore = Awaited<ReturnType<typeof freshStore>>

let store: FreshStore
let dir: string
let now_ms = T
let warned: { why?: string }[]
beforeEach(async () => {
  store = await freshStore()
  dir = await mkdtemp(join(tmpdir(), 'throughline-snapshots-'))
  now_ms = T
  warned = []
})
afterEach(async () => {
  await store.drop()
  await rm(dir, { recursive: true })
})

const log = { info() {}, warn: (fields: object) => void warned.push(fields) }

interface Run {
  projection: Projection
  snapshots: Snapshots
  settings: ReturnType<typeof fixedSettings>
}

async function start(on: FreshStore = store, settings = fixedSettings(shop)): Promise<Run> {
  const now = () => now_ms
  const snapshots = await openSnapshots({ store: on, dir, now, log, pause_ms: 0, changes_min: 1 })
  return { snapshots, settings, projection: await openProjection({ store: on, settings, now, snapshots }) }
}

async function readAll({ projection }: Run): Promise<void> {
  while (await projection.step());
}

let logs = 0
async function land(visitors: readonly string[], on: FreshStore = store): Promise<void> {
  logs += 1
  const facts = visitors.map((visitor, index) =>
    fact('events', {
      ...{ id: `e-${visitor}-${logs}`, at: T + logs * 60_000 + index, type: 'identify', visitor },
      ...{ session: `s-${visitor}-${logs}`, email: `${visitor}@mail.example` },
    }),
  )
  await landFacts(on, logFacts(facts, `n${logs}`))
}

/** A run that has read some facts, was kept, and has ended. */
async function keptRun(visitors = ['ann', 'bob', 'eve']): Promise<Run> {
  const run = await start()
  await land(visitors)
  await readAll(run)
  await run.snapshots.close(run.projection)
  return run
}

function memory({ projection }: Run): object {
  const state = projection.sites.get('shop')
  if (!state) throw new Error('There is no memory of the site')
  return dumpSite(state)
}

const files = async () => (await readdir(dir)).toSorted()
const onlyFile = async () => {
  const [file, ...others] = await files()
  expect(others).toEqual([])
  return join(dir, file as string)
}
/** Whether a start had to read the tables, and what it has then. */
async function restart(on: FreshStore = store): Promise<Run & { isKept: boolean }> {
  const run = await start(on)
  return { ...run, isKept: run.snapshots.status().sites === 1 }
}

async function fromTables(on: FreshStore = store): Promise<object> {
  const options = { store: on, settings: fixedSettings(shop), now: () => now_ms }
  const state = (await openProjection(options)).sites.get('shop')
  if (!state) throw new Error('There is no history of the site')
  return dumpSite(state)
}

describe('memory that was kept', () => {
  test('is there after a stop, and nothing is read anew', async () => {
    const before = memory(await keptRun())
    const run = await restart()
    expect(run.isKept).toBe(true)
    expect(memory(run)).toEqual(before)
    expect(await run.projection.step()).toBeUndefined()
    expect(run.snapshots.status()).toMatchObject({ sites: 1, identifiers: 9, age_ms: 0 })
    expect(warned).toEqual([])
  })

  test('is brought up to date with what was written after it', async () => {
    await keptRun()
    const later = await restart()
    await land(['ann', 'zoe'])
    await readAll(later)
    const run = await restart()
    expect(run.isKept).toBe(true)
    expect(memory(run)).toEqual(await fromTables())
    expect(run.projection.sites.get('shop')?.graph.find('visitor', 'zoe')).toBeDefined()
  })

  test('is of the moment at which it was begun, whatever steps did while it was written', async () => {
    const run = await keptRun(Array.from({ length: 300 }, (_, number) => `v${number}`))
    await land(Array.from({ length: 40 }, (_, number) => `w${number}`))
    await readAll(run)
    run.snapshots.consider(run.projection)
    await land(Array.from({ length: 300 }, (_, number) => `v${number * 2}`))
    await readAll(run)
    await vi.waitFor(() => expect(run.snapshots.status().identifiers).toBe(1_020), 10_000)
    await run.snapshots.close(undefined)
    const again = await restart()
    expect(again.isKept).toBe(true)
    expect(memory(again)).toEqual(await fromTables())
  })

  test('is not written again while nothing has changed', async () => {
    const run = await keptRun()
    const before = await readFile(await onlyFile())
    await run.snapshots.close(run.projection)
    const again = await restart()
    await again.snapshots.close(again.projection)
    expect(before.equals(await readFile(await onlyFile()))).toBe(true)
  })

  test("takes in that the company's own addresses became others since", async () => {
    await keptRun()
    const settings = fixedSettings(shop)
    settings.change('site', { ...shop.site?.[0], blocked: ['ann@mail.example'] })
    const run = await start(store, settings)
    expect(run.snapshots.status().sites).toBe(1)
    await readAll(run)
    expect(run.projection.sites.get('shop')?.graph.find('email', 'ann@mail.example')).toMatchObject({ blocked: true })
    expect(
      await store.query(
        "SELECT reason FROM edges FINAL WHERE b_value = 'ann@mail.example' OR a_value = 'ann@mail.example'",
      ),
    ).toEqual([{ reason: 'blocked' }, { reason: 'blocked' }])
  })

  test('is read from the tables where half of it has changed', async () => {
    const run = await keptRun()
    const version = run.projection.version
    await store.command(
      `INSERT INTO edges (site, a_kind, a_value, b_kind, b_value, fact, fact_id, at, received_at, reason, joins, version)
       SELECT 'shop', 'visitor', concat('x', toString(number)), 'session', concat('y', toString(number)), 'event', 'e',
         now64(3), now64(3), 'joined', 1, {version:UInt64} + 1 FROM numbers(100001)`,
      { version },
    )
    expect((await restart()).isKept).toBe(false)
    expect(warned).toEqual([{ site: 'shop', why: 'too much has changed since' }])
    expect(await files()).toEqual([])
  }, 60_000)
})

describe('a file that is not as it was written', () => {
  test('is thrown away, said once, and the tables are read', async () => {
    const before = memory(await keptRun())
    const file = await onlyFile()
    const whole = await readFile(file)
    const random = seededRandom(11)
    const spoilings: [string, (bytes: Buffer) => Buffer][] = []
    for (let turn = 0; turn < 12; turn++) {
      const at = Math.floor(random.next() * whole.length)
      const bit = 1 << Math.floor(random.next() * 8)
      spoilings.push([`bit ${bit} of ${at}`, (bytes) => bytes.fill((bytes[at] as number) ^ bit, at, at + 1)])
      spoilings.push([`cut at ${at}`, (bytes) => bytes.subarray(0, at)])
    }
    spoilings.push(['longer', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])])
    spoilings.push(['empty', () => Buffer.alloc(0)])
    for (const [what, spoil] of spoilings) {
      await writeFile(file, spoil(Buffer.from(whole)))
      warned = []
      const run = await restart()
      expect({ what, isKept: run.isKept, warned: warned.length, files: await files() }).toEqual({
        ...{ what, isKept: false, warned: 1, files: [] },
      })
    }
    await writeFile(file, whole)
    const run = await restart()
    expect(run.isKept).toBe(true)
    expect(memory(run)).toEqual(before)
  }, 120_000)

  test('leaves the one before it in force while it is only begun', async () => {
    const before = memory(await keptRun())
    await writeFile(`${await onlyFile()}.new`, 'half')
    const run = await restart()
    expect(run.isKept).toBe(true)
    expect(memory(run)).toEqual(before)
  })

  test('is thrown away when it is cut while it is there', async () => {
    await keptRun()
    await truncateFile(await onlyFile(), 100)
    expect((await restart()).isKept).toBe(false)
    expect(warned).toHaveLength(1)
  })
})

describe('a history that is not the one', () => {
  test('of another database is read from its tables', async () => {
    await keptRun()
    const other = await freshStore()
    try {
      await land(['zoe'], other)
      const first = await restart(other)
      expect(first.isKept).toBe(false)
      expect(warned).toMatchObject([{ why: 'another history' }])
      await readAll(first)
      expect(memory(first)).toEqual(await fromTables(other))
    } finally {
      await other.drop()
    }
  })

  test('of the same database from before it was kept is read from its tables', async () => {
    const run = await keptRun()
    const [kept] = await store.query<{ ids: string[] }>('SELECT ids FROM matching_snapshots FINAL')
    await land(['zoe'])
    await readAll(run)
    await run.snapshots.close(run.projection)
    await store.command('TRUNCATE TABLE matching_snapshots')
    await store.insert('matching_snapshots', [{ site: 'shop', ids: kept?.ids, version: 1 }])
    expect((await restart()).isKept).toBe(false)
  })

  test('that was made anew since is read from its tables', async () => {
    const run = await keptRun()
    const again = await restart()
    const live = { store, projection: () => again.projection, snapshots: again.snapshots }
    const paused = <Result>(work: (more: () => Promise<boolean>) => Promise<Result>) => work(async () => false)
    const options = { settings: run.settings, now: () => now_ms }
    expect(await rebuild({ ...live, paused }, options, {})).toMatchObject({ swapped: true })
    expect(await files()).toEqual([])
    // A copy that somebody put back counts no more.
    const next = await restart()
    expect(next.isKept).toBe(false)
    expect(memory(next)).toEqual(await fromTables())
  })

  test('that was made anew since is known also behind a file that was put back', async () => {
    await keptRun()
    const [path, bytes] = [await onlyFile(), await readFile(await onlyFile())]
    await (await restart()).snapshots.discard()
    await writeFile(path, bytes)
    expect((await restart()).isKept).toBe(false)
    expect(warned).toMatchObject([{ why: 'another history' }])
  })
})

describe('of somebody who is erased', () => {
  const phone = '+79261234567'

  test('nothing is left in memory or on the disk, and what is kept after that fits', async () => {
    const run = await keptRun()
    const person = fact('events', {
      ...{ id: 'erased-event', at: T, type: 'identify', visitor: 'erased-visitor', session: 'erased-session', phone },
    })
    await landFacts(store, logFacts([person], 'erased'))
    await readAll(run)
    await run.snapshots.close(run.projection)
    expect((await readFile(await onlyFile())).toString('latin1')).toContain(phone)
    const key = await erasureKey(store)
    const asked = {
      id: 'er',
      received_at: T + 1000,
      kind: 'phone',
      key: key.id,
      hash: key.hash('shop', 'phone', phone),
    }
    await landFacts(store, logFacts([fact('erasures', asked)], 'asked'))
    await readAll(run)
    const now = () => now_ms
    const removals = openRemovals({
      erasures: openErasures({ store, now, log, settle_ms: 0 }),
      retention: openRetention({ store, settings: run.settings, now, log }),
    })
    const deps = { store, ...run, postbacks: { forget: async () => {} } }
    now_ms = T + 3_600_000
    // What a killed writer has left.
    await writeFile(`${await onlyFile()}.new`, phone)
    expect(await removals.turn(deps)).toBe(true)
    expect(await files()).toEqual([])
    while (removals.isUnderWay()) await removals.turn(deps)
    await readAll(run)
    await run.snapshots.close(run.projection)
    const text = (await readFile(await onlyFile())).toString('latin1')
    for (const gone of [phone, 'erased-visitor', 'erased-session', 'erased-event']) expect(text).not.toContain(gone)
    expect(text).toContain('bob@mail.example')
    const again = await restart()
    expect(again.isKept).toBe(true)
    expect(memory(again)).toEqual(await fromTables())
  })
})
