import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Share } from '#domain/site-share.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { fixedSettings, shop } from '#tests/support/matching-world.ts'
import { namedWrites } from './named-writes.ts'
import { startMatching } from './service.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

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

const QUERY_WAS_CANCELLED = '394'

test('what a killed matching was still writing is ended before the next one reads, and nobody else is', async () => {
  const former = await write({ index: 0, of: 2 })
  const other = await write({ index: 1, of: 2 })
  const [, beside] = await running()
  const settings = fixedSettings(shop)
  const log = { info() {}, warn() {} }
  const matching = await startMatching({
    ...{ store, settings, log, now: () => Date.now(), metrics: new Registry(), outbound_allow: [] },
    share: { index: 0, of: 2 },
  })
  expect(await running()).toEqual([beside])
  expect(await former.ended).toBe(QUERY_WAS_CANCELLED)
  const found = () => store.query('SELECT value FROM identities FINAL')
  expect(await found()).toEqual([])
  await matching.close()
  expect(await other.ended).toBe('written')
  expect(await found()).toEqual([{ value: 'of share 1' }])
}, 30_000)
