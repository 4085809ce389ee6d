import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { erasureKey } from '#storage/erasure-keys.ts'
import { type FactTable, factTables } from '#storage/fact-tables.ts'
import { anna, annasFacts, annasTexts, boris, borissFacts } from '#tests/support/erased-people.ts'
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

// A dozen deletions and a rebuild each.
vi.setConfig({ testTimeout: 90_000 })

let store: Awaited<ReturnType<typeof freshStore>>
let projection: Projection
let removals: Removals
beforeAll(async () => {
  store = await freshStore()
  await cleanUpQuickly(store)
}, 120_000)
afterAll(() => store.drop())
beforeEach(async () => {
  const tables = await store.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND total_rows > 0",
  )
  for (const { name } of tables) await store.command(`TRUNCATE TABLE ${name}`)
  await start()
})

const settings = fixedSettings(shop)
let now_ms = T + 60 * MINUTE
let stopping = { isAsked: false, isOn: false }
const log = { info() {}, warn() {} }
const postbacks = { forget: async () => {} }

async function start(): Promise<void> {
  const now = () => now_ms
  const erasures = openErasures({ store, now, log, settle_ms: 0 })
  removals = openRemovals({ erasures, retention: openRetention({ store, settings, now, log }) })
  const stop = { isAsked: false, isOn: false }
  stopping = stop
  const isStopping = () => {
    stop.isAsked ||= stop.isOn
    return stop.isOn
  }
  projection = await openProjection({ store, settings, now, isStopping, onRead: erasures.noticed })
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

/** Works until nothing is left to do; with `isToTheEnd` until the bytes are gone as well. */
async function runAll({ isToTheEnd = false } = {}): Promise<void> {
  for (let idle = 0; idle < 100; ) {
    now_ms += 2_000
    if (await removals.turn({ store, projection, postbacks })) idle = 0
    else if (removals.isUnderWay()) await new Promise((done) => setTimeout(done, 20))
    else {
      if (!isToTheEnd || (await store.query("SELECT 1 FROM erasure_runs FINAL WHERE state = 'clearing'")).length === 0)
        return
      idle += 1
      await new Promise((done) => setTimeout(done, 100))
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

const office = '+74957770000'

const facts = ['events', 'leases', 'calls', 'leads', 'deals', 'annotations']

/** Every fact of one person, as it stands in ClickHouse. */
function rowsOf(name: string): Promise<unknown[][]> {
  return Promise.all(
    facts.map((table) =>
      store.query(`SELECT * FROM ${table} WHERE id LIKE {name:String} ORDER BY id`, { name: `%-${name}` }),
    ),
  )
}

/** The parts of the fact tables, those out of use as well. */
async function partsOfFacts(): Promise<string[]> {
  const parts = await store.query<{ part: string }>(
    `SELECT concat(table, '/', name) AS part FROM system.parts
     WHERE database = currentDatabase() AND rows > 0 AND table IN {facts:Array(String)}`,
    { facts },
  )
  return parts.map(({ part }) => part)
}

async function runOf(id: string): Promise<object | undefined> {
  const rows = await store.query<object>('SELECT * FROM erasure_runs FINAL WHERE id = {id:String}', { id })
  return rows[0]
}

/** The rows are gone; their bytes may be too by now. */
const isRemoved = expect.stringMatching(/^(?:clearing|done)$/)

describe('an erasure', () => {
  test.each([
    ['phone', anna],
    ['email', 'anna@example.com'],
    ['visitor', 'v-anna'],
    ['person', ''],
  ])('by %s removes a person from every table, bytes and all, and nobody else', async (kind, value) => {
    await land(...annasFacts(), ...borissFacts())
    const [named] = await store.query<{ person: string }>("SELECT person FROM identities FINAL WHERE value = 'v-anna'")
    const others = await rowsOf('boris')
    const parts = await partsOfFacts()
    expect(parts.length).toBeGreaterThanOrEqual(facts.length)
    const id = await erase(kind, value || (named?.person ?? ''), T + 10 * MINUTE)
    await runAll({ isToTheEnd: kind === 'phone' })
    expect(await runOf(id)).toMatchObject({
      state: kind === 'phone' ? 'done' : isRemoved,
      counts: { events: '2', leases: '1', calls: '1', leads: '1', deals: '1', annotations: '1' },
    })
    await expectGone(...annasTexts)
    // Not one file is left in which she stood.
    if (kind === 'phone') expect((await partsOfFacts()).filter((part) => parts.includes(part))).toEqual([])
    expect(await rowsOf('boris')).toEqual(others)
    expect(others.flat()).toHaveLength(5)
    await expectAsRebuilt()
  })

  test('that is stopped while the history of others is made anew is gone on with by the next start', async () => {
    await land(...annasFacts(), ...borissFacts())
    const id = await erase('phone', anna, T + 10 * MINUTE)
    while (!removals.isUnderWay()) {
      now_ms += 2_000
      await removals.turn({ store, projection, postbacks })
    }
    stopping.isOn = true
    await vi.waitFor(async () => {
      await removals.turn({ store, projection, postbacks })
      expect(stopping.isAsked).toBe(true)
    }, 20_000)
    // Nor is memory kept, which has forgotten more than the tables say.
    expect(removals.isUnderWay()).toBe(true)
    await start()
    await readAll()
    await runAll()
    expect(await runOf(id)).toMatchObject({ state: isRemoved })
    await expectGone(...annasTexts)
    await expectAsRebuilt()
  })

  test('leaves what came after it to a new person', async () => {
    await land(...annasFacts())
    const [before] = await store.query<{ person: string }>("SELECT person FROM identities FINAL WHERE value = 'v-anna'")
    await erase('phone', anna, T + 10 * MINUTE)
    const later = fact('events', { id: 'later', at: T + 11 * MINUTE, visitor: 'v-anna', session: 's-new' })
    await land(later, fact('calls', { id: 'call-later', at: T + 12 * MINUTE, from: anna, to: '+74959999999' }))
    await runAll()
    expect(await store.query('SELECT id FROM events')).toEqual([{ id: 'later' }])
    expect(await store.query('SELECT id FROM calls')).toEqual([{ id: 'call-later' }])
    const persons = await store.query<{ value: string; person: string }>(
      "SELECT value, person FROM identities FINAL WHERE kind IN ('visitor', 'phone') ORDER BY value",
    )
    expect(persons.map(({ value }) => value)).toEqual([anna, 'v-anna'])
    expect(persons[0]?.person).not.toBe(persons[1]?.person)
    expect(before?.person).toBeDefined()
    await expectGone('s-anna', 'anna@example.com', 'crm-anna', 'deal-anna')
    await expectAsRebuilt()
  })

  test('takes facts from before it whenever they land, also those that name only what hung on the person', async () => {
    await land(...annasFacts(), ...borissFacts())
    const id = await erase('phone', anna, T + 10 * MINUTE)
    await runAll()
    expect(await runOf(id)).toMatchObject({ state: isRemoved })
    await land(
      fact('events', { id: 'slow-anna', at: T + 5 * MINUTE, visitor: 'v-anna', session: 's-anna' }),
      fact('events', { id: 'slow-boris', at: T + 5 * MINUTE, visitor: 'v-boris', session: 's-boris' }),
      fact('events', { id: 'new', at: T + 20 * MINUTE, visitor: 'v-anna', session: 's-new' }),
    )
    await runAll()
    expect(await runOf(id)).toMatchObject({ state: isRemoved, counts: { events: '3' } })
    expect(await store.query('SELECT id FROM events ORDER BY id')).toEqual(
      ['form-boris', 'new', 'page-boris', 'slow-boris'].map((one) => ({ id: one })),
    )
    await expectGone('slow-anna', 's-anna')
    await expectAsRebuilt()
  })

  test('waits for the segments that its log had taken before', async () => {
    await land(...borissFacts())
    const id = await erase('phone', anna, now_ms, 'late.events-0')
    await runAll()
    expect(await runOf(id)).toBeUndefined()
    await landFacts(
      store,
      logFacts(
        annasFacts().filter(({ table }) => table === 'events'),
        'late',
      ),
    )
    await readAll()
    await runAll()
    expect(await runOf(id)).toMatchObject({ state: isRemoved, counts: { events: '2' } })
    await expectGone('v-anna', anna)
  })

  test('by a phone that many people share erases nobody', async () => {
    const people = Array.from({ length: 14 }, (_, index) =>
      fact('events', {
        id: `form-${index}`,
        at: T + index,
        type: 'form',
        visitor: `visitor-${index}`,
        session: `session-${index}`,
        phone: office,
      }),
    )
    await land(...people, ...annasFacts())
    const id = await erase('phone', office, T + 10 * MINUTE)
    await runAll()
    expect(await runOf(id)).toMatchObject({ state: 'refused', reason: 'identifier_shared', counts: {} })
    expect(await store.query('SELECT 1 FROM events')).toHaveLength(16)
    // One of them goes, and the phone stays with the others.
    await erase('visitor', 'visitor-3', T + 20 * MINUTE)
    await runAll()
    await expectGone('form-3', 'session-3')
    expect(await store.query('SELECT 1 FROM events WHERE phone = {office:String}', { office })).toHaveLength(13)
    await expectAsRebuilt()
  })

  const refusedLine = (table: FactTable, row: Record<string, unknown>) =>
    JSON.stringify([0, ...Object.keys(factTables[table]).map((column) => row[column] ?? '')])
  const refuse = (node: string, table: FactTable, row: Record<string, unknown>) =>
    store.insert('quarantine', [
      {
        ...{ node, table, segment: 0, row: 0, reason: 'r', quarantined_at: T + 30 * MINUTE },
        line: refusedLine(table, { site: 'shop', at: T, received_at: T + MINUTE, ...row }),
      },
    ])
  const landEmpty = async (node: string, table: FactTable) => {
    const times = { first_received_at: T + MINUTE, landed_at: now_ms }
    await store.insert('segments', [{ node, table, segment: 0, rows: 0, ...times }])
    await readAll()
  }

  test('takes refused rows that name nothing but what hung on the person', async () => {
    await land(...annasFacts())
    await refuse('other', 'deals', { id: 'deal-anna', contact_name: 'Anna Petrova' })
    await refuse('more', 'leads', { id: 'lead-boris', name: 'Boris' })
    await landEmpty('other', 'deals')
    await landEmpty('more', 'leads')
    const id = await erase('phone', anna, T + 10 * MINUTE)
    await runAll()
    expect(await runOf(id)).toMatchObject({ counts: { quarantine: '1' } })
    expect(await store.query('SELECT node FROM quarantine')).toEqual([{ node: 'more' }])
  })

  test('takes refused rows of somebody whom no other fact names', async () => {
    await refuse('other', 'leads', { id: 'lead-anna', phone: anna, name: 'Anna Petrova' })
    await landEmpty('other', 'leads')
    await erase('phone', anna, T + 10 * MINUTE)
    await runAll()
    await expectGone(anna, 'Anna Petrova')
  })

  test('takes rows from before it that are refused only after it', async () => {
    await land(...annasFacts(), ...borissFacts())
    const id = await erase('phone', anna, T + 10 * MINUTE)
    await runAll()
    expect(await runOf(id)).toMatchObject({ state: isRemoved })
    await refuse('late', 'deals', { id: 'deal-late', phones: [anna], contact_name: 'Anna Petrova' })
    await landEmpty('late', 'deals')
    await runAll()
    await expectGone(...annasTexts)
    await expectAsRebuilt()
  })

  test('takes refused rows and what was told to destinations with it', async () => {
    await land(...annasFacts(), ...borissFacts())
    const line = (phone: string) => JSON.stringify([0, 'shop', 'x', 'chat', T, T, phone])
    const refused = { node: `n${logs - 1}`, table: 'leads', segment: 0, reason: 'r', quarantined_at: T }
    await store.insert('quarantine', [
      { ...refused, row: 1, line: line(anna) },
      { ...refused, row: 2, line: line(boris) },
      { ...refused, row: 3, line: `[0,"shop","${anna}` },
      // Its segment may be in the log still.
      { ...refused, segment: 7, row: 4, line: line('+79160000000') },
    ])
    const told = {
      site: 'shop',
      destination: 'ads',
      event: 'deal_won',
      state: 'sent',
      created_at: T,
      version: 1,
      is_deleted: 0,
    }
    await store.insert('postbacks', [
      { ...told, webhook_id: 'a', deal: 'deal-anna', facts: '{"ga":"11.22"}' },
      { ...told, webhook_id: 'b', deal: 'deal-boris' },
    ])
    const id = await erase('phone', anna, T + 10 * MINUTE)
    await runAll()
    expect(await runOf(id)).toMatchObject({ counts: { quarantine: '2', postbacks: '1' } })
    await expectGone(...annasTexts)
    expect(await store.query('SELECT row FROM quarantine ORDER BY row')).toEqual([{ row: 2 }, { row: 4 }])
    expect(await store.query('SELECT deal FROM postbacks FINAL')).toEqual([{ deal: 'deal-boris' }])
  })
})
