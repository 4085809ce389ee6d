import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Share } from '#domain/site-share.ts'
import type { Store } from '#storage/client.ts'
import { StoreError } from '#storage/store-error.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { fixedSettings, landFacts, logFacts, shop, START_MS as T, visit } from '#tests/support/matching-world.ts'
import { namedWrites } from './named-writes.ts'
import { startMatching } from './service.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await store.drop()
})

const running = () =>
  store.query<{ name: string }>(
    'SELECT query_id AS name FROM system.processes WHERE startsWith(query_id, {prefix:String}) ORDER BY name',
    { prefix: `matching-${store.database}-` },
  )

/** An insert that takes ten seconds, sent by a matching that is there no more. Resolves when it goes on. */
async function write(share: Share): Promise<{ ended: Promise<string> }> {
  const before = (await running()).length
  const sent = namedWrites(store, share).command(
    `INSERT INTO identities (site, kind, value, version)
     SELECT 'shop', 'visitor', {value:String}, 1 FROM numbers(100) WHERE sleepEachRow(0.1) = 0 SETTINGS max_block_size = 1`,
    { value: `of share ${share.index}` },
  )
  const ended = sent.then(
    () => 'written',
    (error: { code: string }) => error.code,
  )
  await vi.waitFor(async () => expect(await running()).toHaveLength(before + 1), 5_000)
  return { ended }
}

function start(on: Store, { share, warn = () => {} }: { share?: Share; warn?: (...said: unknown[]) => void } = {}) {
  const settings = fixedSettings(shop)
  return startMatching({
    ...{ store: on, settings, log: { info() {}, warn }, now: () => Date.now(), metrics: new Registry() },
    ...{ outbound_allow: [], ...(share && { share }) },
  })
}

const QUERY_WAS_CANCELLED = '394'

test('what a killed matching was still writing is ended before the next one reads, and nobody else is', async () => {
  const former = await write({ index: 0, of: 2 })
  const other = await write({ index: 1, of: 2 })
  const [, beside] = await running()
  const matching = await start(store, { share: { index: 0, of: 2 } })
  expect(await running()).toEqual([beside])
  expect(await former.ended).toBe(QUERY_WAS_CANCELLED)
  const found = () => store.query('SELECT value FROM identities FINAL')
  expect(await found()).toEqual([])
  await matching.close()
  expect(await other.ended).toBe('written')
  expect(await found()).toEqual([{ value: 'of share 1' }])
}, 30_000)

test('whoever has lost the lock to another while a step failed ends nothing of the other', async () => {
  const warn = vi.fn()
  const refuse = () => Promise.reject(new Error('gone'))
  let isGone = false
  const insert: Store['insert'] = (...args) => (isGone ? refuse() : store.insert(...args))
  const matching = await start({ ...store, insert }, { warn })
  await store.command("INSERT INTO matching_lock SELECT 'matching', 'far', 'another-machine', 1, now64(3), 0")
  const other = await write({ index: 0, of: 1 })
  const begun = await running()
  // This one has slept for a minute.
  const slept_ms = performance.now() + 60_000
  vi.spyOn(performance, 'now').mockReturnValue(slept_ms)
  isGone = true
  await landFacts(store, logFacts([visit('s1', T)]))
  matching.poke()
  await vi.waitFor(() => expect(warn.mock.calls.length).toBeGreaterThan(2), 8_000)
  expect(await running()).toEqual(begun)
  await matching.close()
  expect(await other.ended).toBe('written')
}, 30_000)

test('a user who may not look for such writes has matching all the same, and is told', async () => {
  const warn = vi.fn()
  const query = (sql: string, ...more: []) =>
    sql.includes('system.processes')
      ? Promise.reject(new StoreError('497', 'ACCESS_DENIED', ''))
      : store.query<never>(sql, ...more)
  const restricted: Store = { ...store, query, shards: [] }
  const matching = await start({ ...restricted, shards: [{ ...store, query }] }, { warn })
  await landFacts(store, logFacts([visit('s1', T)]))
  matching.poke()
  await vi.waitFor(async () => expect(await store.query('SELECT id FROM sessions FINAL')).toHaveLength(1), 5_000)
  expect(warn).toHaveBeenCalledWith({}, expect.stringContaining('grant it SELECT on system.processes'))
  await matching.close()
}, 30_000)
