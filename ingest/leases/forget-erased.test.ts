import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Log, openLog } from '#ingest/log/log.ts'
import type { Store } from '#storage/client.ts'
import { erasureKey } from '#storage/erasure-keys.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestSettings, putPool, putSite } from '../http/test-ingest.ts'
import { type Leases, openLeases } from './leases.ts'

const MINUTE = 60_000
const sight = (visitor: string) => ({
  ...{ source: '(direct)', channel: 'direct' },
  landing_url: `https://shop.example/?mail=${visitor}`,
})
const session = (visitor: string) => ({ site: 'shop', visitor, session: `${visitor}-s` })

let dir: string
let store: Store & { drop(): Promise<void> }
let settings: WritableSettings
let log: Log
let leases: Leases
const clock = { now_ms: 0 }

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-forget-'))
  store = await freshStore()
  settings = await openTestSettings(store, dir)
  await putSite(settings, {})
  clock.now_ms = Date.now()
  await putPool(settings, { numbers: ['+74951000001', '+74951000002'] })
  log = await openLog({
    ...{ dir: join(dir, 'log'), store: () => store, quota_bytes: 1024 ** 3, now: Date.now },
    ...{ metrics: new Registry(), log: pino({ level: 'silent' }) },
  })
  await open()
})
afterEach(async () => {
  await leases.close()
  await log.close()
  await settings.close()
  await store.drop()
  await rm(dir, { recursive: true, force: true })
})

async function open(): Promise<void> {
  leases = await openLeases({
    ...{ settings, log, metrics: new Registry(), onFault: () => undefined },
    now: () => clock.now_ms,
    path: join(dir, 'journal'),
    store: () => store,
    erased_every_ms: 20,
  })
}

async function take(visitor: string): Promise<string | undefined> {
  leases.notePage(session(visitor), sight(visitor))
  const { numbers } = await leases.numbersFor(session(visitor), `203.0.113.${visitor.charCodeAt(0)}`)
  return numbers[0]?.number
}

/** As matching leaves it, once it knows who is meant. */
async function erase(kind: 'visitor' | 'session', value: string): Promise<void> {
  const key = await erasureKey(store)
  const hash = key.hash('shop', kind, value)
  const id = `er-${value}`
  const asked = { site: 'shop', id, received_at: clock.now_ms, kind, key: key.id, hash, waits_for: '' }
  await store.insert('erasures', [{ node: 'n', segment: 1, row: 0, ...asked }])
  await store.insert('erased_identifiers', [{ site: 'shop', erasure: id, kind, hash }])
}

const journal = () => readFile(join(dir, 'journal'), 'utf8')
const journalLacks = (text: string) => expect.poll(journal, { timeout: 15_000 }).not.toContain(text)

describe('an erased person', () => {
  test.each([
    ['visitor', 'anna'],
    ['session', 'anna-s'],
  ] as const)('known by %s is out of the journal when the lease is over, and the others stay', async (kind, value) => {
    const number = await take('anna')
    await take('boris')
    clock.now_ms += 10 * MINUTE
    await leases.sweep()
    await erase(kind, value)
    await journalLacks('anna')
    expect(await journal()).toContain('boris')
    expect(await journal()).toContain(number)
    // Both numbers are free: Boris has his own back, Anna is nobody known, and the log has no word of an empty visitor.
    clock.now_ms += MINUTE
    expect(await take('boris')).not.toBe(number)
    expect(await take('clara')).toBe(number)
    await log.close()
    expect(await store.query("SELECT count() AS count FROM leases WHERE visitor = ''")).toEqual([{ count: '0' }])
  })

  test('stays while the number is on screen', async () => {
    await take('boris')
    clock.now_ms += 10 * MINUTE
    const number = await take('anna')
    await leases.sweep()
    await erase('visitor', 'anna')
    await erase('visitor', 'boris')
    await journalLacks('boris')
    // That look knew of both.
    expect(await journal()).toContain('anna')
    expect(await take('anna')).toBe(number)
    clock.now_ms += 10 * MINUTE
    await leases.sweep()
    await journalLacks('anna')
  })

  test('is out of it also when somebody else has had the number since', async () => {
    await putPool(settings, { numbers: ['+74951000001'] })
    const number = await take('anna')
    clock.now_ms += 10 * MINUTE
    await leases.sweep()
    await erase('visitor', 'anna')
    expect(await take('boris')).toBe(number)
    await journalLacks('anna')
    expect(await journal()).toContain('boris')
  })

  test('who comes back is a new person, and remembered', async () => {
    await take('anna')
    clock.now_ms += 10 * MINUTE
    await leases.sweep()
    await erase('visitor', 'anna')
    await journalLacks('anna')
    clock.now_ms += MINUTE
    const number = await take('anna')
    clock.now_ms += 10 * MINUTE
    await leases.sweep()
    // By the time this one is forgotten, all looks that there were have left Anna alone.
    await take('boris')
    clock.now_ms += 10 * MINUTE
    await leases.sweep()
    await erase('visitor', 'boris')
    await journalLacks('boris')
    expect(await journal()).toContain('anna')
    expect(await take('anna')).toBe(number)
  })

  test('is forgotten by a start after the erasure too', async () => {
    await take('anna')
    await leases.close()
    clock.now_ms += 10 * MINUTE
    await erase('visitor', 'anna')
    await open()
    expect(await journal()).toContain('anna')
    // What ran when it stopped is kept for its page for a while.
    clock.now_ms += 10 * MINUTE
    await journalLacks('anna')
  })
})
