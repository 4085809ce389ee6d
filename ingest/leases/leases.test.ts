import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import { encodeRow } from '#ingest/log/encode-row.ts'
import { type Log, openLog } from '#ingest/log/log.ts'
import type { Store } from '#storage/client.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestSettings, putPool, putSite } from '../http/test-ingest.ts'
import { type Leases, openLeases } from './leases.ts'

const SECOND = 1000
const sight = { source: '(direct)', channel: 'direct', landing_url: 'https://shop.example/' }
const session = (visitor: string) => ({ site: 'shop', visitor, session: `${visitor}-s` })

let dir: string
let store: Store & { drop(): Promise<void> }
let settings: WritableSettings
let log: Log
let leases: Leases
let isAway: boolean
const clock = { now_ms: 0 }

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-leases-'))
  store = await freshStore()
  settings = await openTestSettings(store, dir)
  await putSite(settings, {})
  isAway = false
  clock.now_ms = Date.now()
  await putPool(settings, { numbers: ['+74951000001', '+74951000002'] })
})
afterEach(async () => {
  await leases.close()
  await log.close()
  await settings.close()
  await store.drop()
  await rm(dir, { recursive: true, force: true })
})

async function open(quota_bytes = 1024 ** 3): Promise<void> {
  log = await openLog({
    dir: join(dir, 'log'),
    store: () => (isAway ? undefined : store),
    quota_bytes,
    now: Date.now,
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
  })
  leases = await openJournalled('journal')
}

function openJournalled(name: string): Promise<Leases> {
  const onFault = () => undefined
  return openLeases({
    ...{ settings, log, metrics: new Registry(), onFault },
    now: () => clock.now_ms,
    path: join(dir, name),
    store: () => undefined,
  })
}

async function take(visitor: string, from: Leases = leases): Promise<string | undefined> {
  from.notePage(session(visitor), sight)
  const { numbers } = await from.numbersFor(session(visitor), `203.0.113.${visitor.charCodeAt(0)}`)
  return numbers[0]?.number
}

/** What the log holds of leases once everything is in ClickHouse. */
async function rows(): Promise<{ change: string; visitor: string; seen: string; to: string }[]> {
  await log.close()
  return store.query('SELECT change, visitor, seen, `to` FROM leases ORDER BY segment, row')
}

describe('a lease', () => {
  test('is written before it is shown: a crash right after forgets nobody', async () => {
    await open()
    expect(await take('a')).toBe('+74951000001')
    await copyFile(join(dir, 'journal'), join(dir, 'crashed'))
    const after = await openJournalled('crashed')
    expect(await take('b', after)).toBe('+74951000002')
    expect(await take('a', after)).toBe('+74951000001')
    await after.close()
  })

  test('that was renewed is kept through a crash, however short its pool makes it', async () => {
    await open()
    await putPool(settings, { numbers: ['+74951000001', '+74951000002'], lease_seconds: 10 })
    await take('a')
    await take('b')
    for (let beat = 0; beat < 4; beat++) {
      clock.now_ms += 6 * SECOND
      for (const visitor of ['a', 'b']) leases.touch(session(visitor))
      // The one is written last just before the crash, the other long before it.
      if (beat === 0) await leases.sweep()
    }
    clock.now_ms += SECOND
    await leases.release(session('b'))
    await copyFile(join(dir, 'journal'), join(dir, 'crashed'))
    const after = await openJournalled('crashed')
    expect(await take('c', after)).toBeUndefined()
    expect(await take('a', after)).toBe('+74951000001')
    await after.close()
  })

  test('that could not be written is not shown, and its number stays free', async () => {
    isAway = true
    await open(20_000)
    const filler = encodeRow('annotations', {
      site: 'shop',
      id: 'x',
      at: 0,
      received_at: clock.now_ms,
      on_kind: 'call',
      on_id: 'x',
      verdict: '',
      tags: [],
      comment: 'x'.repeat(15_000),
      dispute: '',
      body: '',
      ...{ merge: [], split_kind: '', split_value: '' },
    })
    await log.append([{ table: 'annotations', rows: [filler] }])
    const big = log.append([{ table: 'annotations', rows: [filler] }])
    await expect(big).rejects.toMatchObject({ code: 'log_full' })
    let isRefused = false
    for (let small = 0; !isRefused && small < 200; small++) {
      await log
        .append([{ table: 'annotations', rows: [toByteText(filler.replace('x'.repeat(15_000), 'x'))] }])
        .catch(() => {
          isRefused = true
        })
    }
    leases.notePage(session('a'), sight)
    await expect(leases.numbersFor(session('a'), '203.0.113.1')).rejects.toMatchObject({ code: 'log_full' })
    await copyFile(join(dir, 'journal'), join(dir, 'crashed'))
    isAway = false
    await vi.waitFor(() => expect(log.status().bytes).toBeLessThan(5000), { timeout: 15_000 })
    expect(await take('b')).toBe('+74951000001')
    const after = await openJournalled('crashed')
    expect(await take('c', after)).toBe('+74951000001')
    await after.close()
  })

  test('that its journal did not take is no fact either', async () => {
    await open()
    // A file that cannot be written on.
    await leases.close()
    await expect(take('a')).rejects.toMatchObject({ code: 'log_full' })
    expect(await rows()).toEqual([])
  })

  test('asked for twice at once is one lease, and shown only when it is on disk', async () => {
    await open()
    leases.notePage(session('a'), sight)
    const answers = await Promise.all([1, 2, 3].map(() => leases.numbersFor(session('a'), '203.0.113.1')))
    expect(answers.map(({ numbers }) => numbers[0]?.number)).toEqual(Array(3).fill('+74951000001'))
    expect((await rows()).map(({ change }) => change)).toEqual(['taken'])
  })

  test('reaches the log at most every twenty seconds, and with its last sign of life at the end', async () => {
    await open()
    await take('a')
    for (let beat = 1; beat <= 60; beat++) {
      clock.now_ms += SECOND
      leases.touch(session('a'))
      await leases.sweep()
    }
    const last_ms = clock.now_ms
    clock.now_ms += 200 * SECOND
    await leases.sweep()
    const all = await rows()
    // One right away, because the visitor has shown life; then every twenty seconds.
    expect(all.map(({ change }) => change)).toEqual(['taken', 'renewed', 'renewed', 'renewed', 'renewed'])
    expect(all.at(-1)).toMatchObject({
      seen: new Date(last_ms).toISOString(),
      to: new Date(last_ms + 150 * SECOND).toISOString(),
    })
  })

  test('that ran out a moment ago has its last word when the number goes to somebody else', async () => {
    await open()
    await putPool(settings, { numbers: ['+74951000001'], lease_seconds: 10 })
    await take('a')
    clock.now_ms += 5 * SECOND
    leases.touch(session('a'))
    const seen = new Date(clock.now_ms).toISOString()
    clock.now_ms += 10 * SECOND
    expect(await take('b')).toBe('+74951000001')
    expect(await rows()).toMatchObject([
      { change: 'taken', visitor: 'a' },
      { change: 'renewed', visitor: 'a', seen },
      { change: 'taken', visitor: 'b' },
    ])
  })

  test('leaves no address on disk', async () => {
    await open()
    await take('a')
    expect(await readFile(join(dir, 'journal'), 'utf8')).not.toMatch(/203\.0|address/)
  })
})
