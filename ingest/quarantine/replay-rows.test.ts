import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Positions } from '#matching/facts/positions.ts'
import { readNewFacts } from '#matching/facts/read-new-facts.ts'
import { siteFilter } from '#matching/facts/site-filter.ts'
import type { Touched } from '#matching/facts/touched.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { freshFolder, openTestLog, type TestLog, testNow_ms } from '../log/open-test-log.ts'
import { sampleLine } from '../log/sample-event.ts'
import { countQuarantine, markReplayed, nameOf, parseName, readQuarantine } from './quarantine-rows.ts'
import { watchQuarantine } from './quarantine-watch.ts'
import { type ReplayOptions, replayQuarantine } from './replay-rows.ts'

const day_ms = 86_400_000
const old_ms = testNow_ms - 40 * day_ms

let store: Awaited<ReturnType<typeof freshStore>>
let folder: Awaited<ReturnType<typeof freshFolder>>
let log: TestLog
let runs = 0

beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())
beforeEach(async () => {
  folder = await freshFolder()
  log = await openTestLog({ dir: folder.dir, store: () => store })
})
afterEach(async () => {
  await log.close()
  await folder.remove()
  await store.command('TRUNCATE TABLE quarantine')
})

const options = (over: Partial<ReplayOptions> = {}): ReplayOptions => ({
  ...{ store, log, now: () => testNow_ms, newId: () => String(runs++) },
  ...over,
})
/** As ClickHouse took it for poison in an earlier version, and takes it now. */
const keep = (node: string, row: number, line: string, table = 'events') =>
  store.insert('quarantine', [
    {
      node,
      table,
      segment: 7,
      row,
      reason: 'CANNOT_PARSE_DATETIME (41), column at',
      line: `[${row},${line}`,
      quarantined_at: old_ms,
    },
  ])
const good = (id: string) => sampleLine({ id, received_at: old_ms })
const poison = (id: string) => good(id).replace('"page",', '"page","not a time",')
const copiesOf = async (id: string) => {
  const rows = await store.query<{ node: string; received_at: string }>(
    'SELECT node, received_at FROM events WHERE id = {id:String}',
    { id },
  )
  return rows
}

describe('a quarantined row', () => {
  test('is listed with where it stood, why, its site and its id', async () => {
    await keep('listed', 3, good('l1'))
    const [row, ...others] = await readQuarantine(store, { limit: 10 })
    expect(others).toEqual([])
    expect(row).toMatchObject({ node: 'listed', table: 'events', segment: 7, row: 3, site: 'shop', id: 'l1' })
    expect(row?.reason).toContain('CANNOT_PARSE_DATETIME')
    expect(await countQuarantine(store)).toEqual(new Map([['events', 1]]))
  })
  test('is replayed into a new segment, keeps the time it first came, and is listed no more', async () => {
    await keep('replayed', 0, good('r1'))
    await keep('replayed', 5, good('r2'))
    const report = await replayQuarantine(options(), {})
    expect(report).toMatchObject({ replayed: 2, refused: 0, position: expect.stringContaining('events-') })
    await log.landed(1)
    expect(await copiesOf('r1')).toEqual([{ node: log.status().node, received_at: new Date(old_ms).toISOString() }])
    expect(await copiesOf('r2')).toHaveLength(1)
    expect(await readQuarantine(store, { limit: 10 })).toEqual([])
    // It is only noted: the log may still have to count the rows of a segment.
    expect(await store.query("SELECT row FROM quarantine FINAL WHERE node = 'replayed'")).toHaveLength(2)
  })
  test('is read by matching, however long ago it came', async () => {
    await keep('matched', 0, good('m1'))
    await replayQuarantine(options(), {})
    await log.landed(1)
    const { node } = log.status()
    const step = await new Positions(store, 1000).next(testNow_ms)
    const touched = new Map<string, Touched>()
    const portions = step?.portions.filter((portion) => portion.node === node) ?? []
    expect(portions).toHaveLength(1)
    for (const portion of portions) (await readNewFacts(store, portion, siteFilter({})))(touched)
    expect(touched.get('shop')?.sessions.size).toBe(1)
  })
  test('stays where it is while ClickHouse would refuse it again, and its neighbours go', async () => {
    await keep('mixed', 0, good('x1'))
    await keep('mixed', 1, poison('x2'))
    await keep('mixed', 2, good('x3'))
    const report = await replayQuarantine(options(), { table: 'events' })
    expect(report).toMatchObject({
      ...{ replayed: 2, refused: 1 },
      refused_rows: [{ row: 'mixed.events-7.1', reason: 'CANNOT_PARSE_DATETIME (41), column at' }],
    })
    await log.landed(1)
    expect((await readQuarantine(store, { limit: 10 })).map(({ id }) => id)).toEqual(['x2'])
  })
  test('counts once when a replay died between the log and its note, also after a restart', async () => {
    await keep('twice', 0, good('t1'))
    await keep('twice', 1, good('t2'))
    const dying = options({ store: { ...store, insert: () => Promise.reject(new Error('killed')) } })
    await expect(replayQuarantine(dying, {})).rejects.toThrow('killed')
    expect(await readQuarantine(store, { limit: 10 })).toHaveLength(2)
    await log.drained()
    await log.close()
    log = await openTestLog({ dir: folder.dir, store: () => store })
    expect(await replayQuarantine(options(), {})).toMatchObject({ replayed: 2 })
    await log.drained()
    expect([...(await copiesOf('t1')), ...(await copiesOf('t2'))]).toHaveLength(2)
    expect(await readQuarantine(store, { limit: 10 })).toEqual([])
  })
  test('counts once when it is replayed by two at the same moment', async () => {
    await keep('both', 0, good('b1'))
    await Promise.all([replayQuarantine(options(), {}), replayQuarantine(options(), {})])
    await log.drained()
    expect(await copiesOf('b1')).toHaveLength(1)
  })
  test('is not noted as replayed when the log cannot take it', async () => {
    await keep('full', 0, good('f1'))
    await log.close()
    await expect(replayQuarantine(options(), {})).rejects.toMatchObject({ code: 'log_full' })
    expect(await readQuarantine(store, { limit: 10 })).toHaveLength(1)
  })
  test('is replayed alone when named, and in more than one page when there are many', async () => {
    for (let row = 0; row < 3; row++) await keep('named', row, good(`n${row}`))
    const key = { node: 'named', table: 'events' as const, segment: 7, row: 1 }
    expect(await replayQuarantine(options(), { keys: [key] })).toMatchObject({ replayed: 1 })
    expect((await readQuarantine(store, { limit: 10 })).map(({ row }) => row)).toEqual([0, 2])
    const many = Array.from({ length: 230 }, (_, row) => ({
      ...{ node: 'many', table: 'events', segment: 7, row, reason: '', quarantined_at: old_ms },
      line: `[${row},${row === 120 ? poison('p') : good(`many${row}`)}`,
    }))
    await store.insert('quarantine', many)
    expect(await replayQuarantine(options(), {})).toMatchObject({ replayed: 231, refused: 1 })
    await log.drained()
    expect(await store.query("SELECT id FROM events WHERE startsWith(id, 'many')")).toHaveLength(229)
  })
})

test('a row is named so that the name leads back to it, and nothing else does', () => {
  const key = { node: 'k3x', table: 'leads' as const, segment: 12, row: 4 }
  expect(nameOf(key)).toBe('k3x.leads-12.4')
  expect(parseName('k3x.leads-12.4')).toEqual(key)
  for (const wrong of ['', 'k3x.leads-12', 'k3x.nothing-1.1', 'k3x.leads-4294967296.1', "k'x.leads-1.1"]) {
    expect(parseName(wrong)).toBeUndefined()
  }
})

test('rows that wait are counted on /metrics, and the last count stands while ClickHouse is away', async () => {
  const metrics = new Registry()
  let isAway = false
  let now_ms = 0
  const watch = watchQuarantine({ store: () => (isAway ? undefined : store), now: () => now_ms, metrics })
  await keep('counted', 0, good('c1'))
  await keep('counted', 1, good('c2'))
  expect(await metrics.metrics()).toContain('throughline_quarantine_rows{table="events"} 2')
  await markReplayed(store, [{ node: 'counted', table: 'events', segment: 7, row: 0 }], { position: '', now_ms: 1 })
  watch.replayed(1)
  expect(await metrics.metrics()).toContain('throughline_quarantine_rows{table="events"} 1')
  isAway = true
  now_ms += 3_600_000
  const text = await metrics.metrics()
  expect(text).toContain('throughline_quarantine_rows{table="events"} 1')
  expect(text).toContain('throughline_quarantine_replayed_total 1')
})

test('nobody who asks for metrics waits again for a ClickHouse that said nothing a moment ago', async () => {
  const metrics = new Registry()
  let [looks, now_ms] = [0, 0]
  const refusing = {
    ...store,
    query: () => {
      looks++
      return Promise.reject(new Error('no answer'))
    },
  }
  watchQuarantine({ store: () => refusing, now: () => now_ms, metrics })
  await metrics.metrics()
  await metrics.metrics()
  expect(looks).toBe(1)
  now_ms += 11_000
  await metrics.metrics()
  expect(looks).toBe(2)
})
