import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import { openStore, type Store } from '../client.ts'
import { DestinationDocument, PoolDocument, SiteDocument } from './documents.ts'
import { openSettings } from './open-settings.ts'
import type { WritableSettings } from './settings.ts'

const by = 'test'
const site = SiteDocument.parse({ id: 'shop', domains: ['shop.example'] })
const pool = PoolDocument.parse({ id: 'main', site: 'shop', kind: 'dynamic', numbers: ['+74951234567'] })
const destination = DestinationDocument.parse({
  id: 'ads',
  site: 'shop',
  url: 'https://ads.example/{deal}',
  secret: 'whsec_0123456789abcdef',
})

let store: Awaited<ReturnType<typeof freshStore>>
let dir: string
let file: string
let clock = 1_795_000_000_000
const warnings: string[] = []
const opened: WritableSettings[] = []

beforeAll(async () => {
  store = await freshStore()
})

afterAll(() => store.drop())

beforeEach(async () => {
  await truncate(store, 'settings')
  dir = await mkdtemp(join(tmpdir(), 'throughline-settings-'))
  file = join(dir, 'settings.json')
  warnings.length = 0
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((settings) => settings.close()))
  await rm(dir, { recursive: true })
})

/** Polls so rarely that nothing happens by itself, unless told otherwise. */
async function open(options: { store?: () => Store | undefined; poll_ms?: number; file?: string } = {}) {
  const settings = await openSettings({
    store: () => store,
    file,
    poll_ms: 3_600_000,
    now: () => clock++,
    log: { warn: (fields, message) => warnings.push(`${message} ${JSON.stringify(fields)}`) },
    ...options,
  })
  opened.push(settings)
  return settings
}

describe('a settings document', () => {
  test('is numbered from one with every change', async () => {
    const settings = await open()
    expect(await settings.put('site', 'shop', site, { by })).toMatchObject({ version: 1, document: site })
    expect(await settings.put('site', 'shop', { ...site, name: 'Shop' }, { by })).toMatchObject({ version: 2 })
    expect(settings.get('site', 'shop')).toMatchObject({ version: 2, document: { name: 'Shop' } })
    expect(settings.list('site')).toHaveLength(1)
  })

  test('goes on counting after it was removed', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    await settings.remove('site', 'shop', { by })
    expect(settings.get('site', 'shop')).toBeUndefined()
    expect(settings.list('site')).toEqual([])
    expect(await settings.put('site', 'shop', site, { by })).toMatchObject({ version: 3 })
  })

  test('keeps every version and who made it', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by: 'token-a' })
    await settings.remove('site', 'shop', { by: 'token-b' })
    expect(
      await store.query(
        'SELECT version, is_deleted, changed_by FROM settings WHERE id = {id:String} ORDER BY version',
        {
          id: 'shop',
        },
      ),
    ).toEqual([
      { version: 1, is_deleted: 0, changed_by: 'token-a' },
      { version: 2, is_deleted: 1, changed_by: 'token-b' },
    ])
  })

  test.each([
    ['an older version', 1],
    ['a version to come', 3],
    ['no document at all', 0],
  ])('is not overwritten by one who has seen %s', async (_, if_version) => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    await settings.put('site', 'shop', site, { by, if_version: 1 })
    await expect(settings.put('site', 'shop', site, { by, if_version })).rejects.toMatchObject({
      code: 'version_conflict',
    })
    await expect(settings.remove('site', 'shop', { by, if_version })).rejects.toMatchObject({
      code: 'version_conflict',
    })
    expect(settings.get('site', 'shop')?.version).toBe(2)
  })

  test('takes changes made at once in this process one after the other', async () => {
    const settings = await open()
    const names = Array.from({ length: 10 }, (_, i) => `name ${i}`)
    const put = await Promise.all(names.map((name) => settings.put('site', 'shop', { ...site, name }, { by })))
    expect(put.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('is the same for everybody when two processes write one version at the same moment', async () => {
    const row = { kind: 'site', id: 'shop', version: 1, is_deleted: 0, changed_at: clock, changed_by: by }
    const bodies = ['b', 'a'].map((name) => JSON.stringify({ ...site, name }))
    for (const body of bodies) await store.insert('settings', [{ ...row, body }])
    const [one, other] = await Promise.all([open(), open({ file: join(dir, 'other.json') })])
    expect(one.get('site', 'shop')?.document.name).toBe('a')
    expect(other.get('site', 'shop')?.document.name).toBe('a')
    expect(await one.put('site', 'shop', site, { by, if_version: 1 })).toMatchObject({ version: 2 })
  })

  test('that is not there cannot be removed', async () => {
    const settings = await open()
    await expect(settings.remove('site', 'shop', { by })).rejects.toMatchObject({ code: 'setting_not_found' })
  })

  test.each([
    ['of another id', { ...site, id: 'other' }, 'id'],
    ['with a wrong field', { ...site, timezone: 'Mars' }, 'timezone'],
    ['with a field too many', { ...site, colour: 'red' }, 'body'],
  ])('%s is refused by the name of the field', async (_, document, field) => {
    const settings = await open()
    await expect(settings.put('site', 'shop', document, { by })).rejects.toMatchObject({ code: 'bad_request', field })
  })

  test('of ten thousand numbers is taken', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    const numbers = Array.from({ length: 10_000 }, (_, i) => `+7495${String(1_000_000 + i)}`)
    await settings.put('pool', 'main', { ...pool, numbers }, { by })
    expect(settings.get('pool', 'main')?.document.numbers).toHaveLength(10_000)
  })
})

describe('between documents', () => {
  test('a pool and a destination need their site', async () => {
    const settings = await open()
    const wrong = { code: 'bad_request', field: 'site' }
    await expect(settings.put('pool', 'main', pool, { by })).rejects.toMatchObject(wrong)
    await expect(settings.put('destination', 'ads', destination, { by })).rejects.toMatchObject(wrong)
    await settings.put('site', 'shop', site, { by })
    await settings.put('pool', 'main', pool, { by })
    await settings.put('destination', 'ads', destination, { by })
  })

  test('a number stands in one pool', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    await settings.put('pool', 'main', pool, { by })
    await settings.put('pool', 'main', { ...pool, lease_seconds: 60 }, { by })
    const wrong = { code: 'bad_request', field: 'numbers' }
    await expect(settings.put('pool', 'second', { ...pool, id: 'second' }, { by })).rejects.toMatchObject(wrong)
    const twice = { ...pool, numbers: ['+74951234568', '+74951234568'] }
    await expect(settings.put('pool', 'main', twice, { by })).rejects.toMatchObject(wrong)
    await settings.remove('pool', 'main', { by })
    await settings.put('pool', 'second', { ...pool, id: 'second' }, { by })
  })

  test('what one pool of a site shows, no other pool of it replaces: it would be swapped on', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    await settings.put('site', 'office', { ...site, id: 'office', domains: ['office.example'] }, { by })
    await settings.put('pool', 'main', { ...pool, replaces: ['+74950000000'] }, { by })
    const next = { ...pool, id: 'next', numbers: ['+74957654321'], replaces: ['+74950000001'] }
    const shown = pool.numbers[0] as string
    const wrongs: [field: string, wrong: Partial<typeof pool>, why: RegExp][] = [
      ['replaces', { replaces: ['+74950000001', shown] }, /^replaces: \+74951234567 .*"main" shows/],
      ['numbers', { numbers: ['+74957654321', '+74950000000'] }, /^numbers: \+74950000000 .*"main" replaces/],
    ]
    for (const [field, wrong, message] of wrongs) {
      const put = settings.put('pool', 'next', { ...next, ...wrong }, { by })
      await expect(put).rejects.toMatchObject({ code: 'bad_request', field, message: expect.stringMatching(message) })
    }
    await settings.put('pool', 'next', next, { by })
    // What stands for something printed is never shown: calls to it have a source, and pages show another in its place.
    const printed = { ...pool, id: 'printed', kind: 'static' as const, numbers: ['+74950000000'], replaces: [] }
    await settings.put('pool', 'printed', printed, { by })
    await settings.put('pool', 'main', { ...pool, replaces: ['+74950000000'] }, { by })
    const shownToSome = settings.put('pool', 'printed', { ...printed, when: { sources: ['vk'] } }, { by })
    await expect(shownToSome).rejects.toMatchObject({ field: 'numbers' })
    await settings.remove('pool', 'printed', { by })
    // On another site's pages nothing is swapped on, and one pool of its own is never swapped twice.
    await settings.put('pool', 'next', { ...next, site: 'office', replaces: [shown] }, { by })
    await settings.put('pool', 'main', { ...pool, replaces: pool.numbers }, { by })
  })

  test('a pool of kind email has one address, and other pools have numbers', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    const mail = {
      ...pool,
      id: 'mail',
      kind: 'email' as const,
      numbers: ['ads@shop.example'],
      replaces: ['info@shop.example'],
    }
    await settings.put('pool', 'mail', mail, { by })
    const wrongs: [field: string, wrong: Partial<typeof pool>][] = [
      ['numbers', { numbers: ['ads@shop.example', 'more@shop.example'] }],
      ['numbers', { numbers: ['+74951234567'] }],
      ['replaces', { replaces: ['+74950000000'] }],
      ['replaces', { kind: 'dynamic', numbers: ['+74951234567'] }],
      ['numbers', { kind: 'dynamic', replaces: [] }],
      ['numbers.0', { numbers: ['ads@shop'] }],
    ]
    for (const [field, wrong] of wrongs)
      await expect(settings.put('pool', 'mail', { ...mail, ...wrong }, { by })).rejects.toMatchObject({
        code: 'bad_request',
        field,
      })
  })

  test('a selector is one that every browser can read', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    const fine = ['.phone', '#top .t-phone__number', 'a[href^="tel:"]', 'footer > p.phone.big', '[data-phone]']
    await settings.put('pool', 'main', { ...pool, selectors: fine }, { by })
    for (const selector of ['', '+7', '.', '..a', 'a,b', 'a:has(', '[x=', '>a', '.1', '*', 'a >', '[x="\\"]', 'a]'])
      await expect(settings.put('pool', 'main', { ...pool, selectors: [selector] }, { by })).rejects.toMatchObject({
        code: 'bad_request',
        field: 'selectors.0',
      })
  })

  test('a site goes after its pools and destinations', async () => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    await settings.put('pool', 'main', pool, { by })
    await settings.put('destination', 'ads', destination, { by })
    await expect(settings.remove('site', 'shop', { by })).rejects.toMatchObject({ code: 'setting_in_use' })
    await settings.remove('pool', 'main', { by })
    await expect(settings.remove('site', 'shop', { by })).rejects.toMatchObject({ code: 'setting_in_use' })
    await settings.remove('destination', 'ads', { by })
    await settings.remove('site', 'shop', { by })
  })
})

describe('settings', () => {
  test('are there without ClickHouse, from the disk', async () => {
    await (await open()).put('site', 'shop', site, { by })
    const offline = await open({ store: () => undefined })
    expect(offline.get('site', 'shop')).toMatchObject({ version: 1, document: site })
    await expect(offline.put('site', 'shop', site, { by })).rejects.toMatchObject({ code: 'store_away' })
    await expect(offline.refresh()).rejects.toMatchObject({ code: 'store_away' })
  })

  test('can be closed while ClickHouse takes connections and says nothing', async () => {
    const silent = createServer()
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
    const { port } = silent.address() as AddressInfo
    const frozen = openStore({ url: `http://127.0.0.1:${port}`, database: 'none' })
    const settings = await open({ store: () => frozen })
    await settings.close()
    await frozen.close()
    silent.close()
  })

  test('are for their owner alone on the disk, and leave no half-written file', async () => {
    await (await open()).put('site', 'shop', site, { by })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await expect(stat(`${file}.new`)).rejects.toThrow()
  })

  test.each([
    ['half a file', '{"format":1,"docu'],
    ['another file', '[]'],
  ])('start empty from %s', async (_, text) => {
    await writeFile(file, text)
    const settings = await open({ store: () => undefined })
    expect(settings.list('site')).toEqual([])
    expect(warnings).toHaveLength(1)
  })

  test('are in force elsewhere at the next look', async () => {
    const writer = await open()
    const reader = await open({ file: join(dir, 'reader.json'), poll_ms: 5 })
    const seen: unknown[] = []
    const stop = reader.onChange((changed) => seen.push(...changed))
    await writer.put('site', 'shop', site, { by })
    await expect.poll(() => seen).toEqual([{ kind: 'site', id: 'shop' }])
    expect(reader.get('site', 'shop')?.version).toBe(1)
    expect(await readFile(join(dir, 'reader.json'), 'utf8')).toContain('shop.example')
    stop()
    await writer.remove('site', 'shop', { by })
    await reader.refresh()
    expect(reader.get('site', 'shop')).toBeUndefined()
    expect(seen).toHaveLength(1)
  })

  test('are taken from ClickHouse once it comes', async () => {
    await (await open()).put('site', 'shop', site, { by })
    let there: Store | undefined
    const late = await open({ store: () => there, file: join(dir, 'late.json'), poll_ms: 5 })
    expect(late.list('site')).toEqual([])
    there = store
    await expect.poll(() => late.list('site')).toHaveLength(1)
  })

  test('tell every listener, also when one of them fails', async () => {
    const settings = await open()
    let heard = 0
    settings.onChange(() => {
      throw new Error('a listener')
    })
    settings.onChange(() => heard++)
    await settings.put('site', 'shop', site, { by })
    expect(heard).toBe(1)
    expect(warnings.join()).toContain('a listener to settings failed')
  })
})

describe('a stored document', () => {
  async function write(kind: string, version: number, body: string) {
    const row = { kind, id: 'shop', version, body, is_deleted: 0, changed_at: clock++, changed_by: by }
    await store.insert('settings', [row])
  }

  test.each([
    ['is no JSON', '{'],
    ['is not valid', JSON.stringify({ ...site, domains: [] })],
    ['is empty', 'null'],
  ])('that %s leaves the one before it in force', async (_, body) => {
    const settings = await open()
    await settings.put('site', 'shop', site, { by })
    await write('site', 2, body)
    await settings.refresh()
    expect(settings.get('site', 'shop')).toMatchObject({ version: 1, document: site })
    expect(warnings).toHaveLength(1)
    expect((await open()).get('site', 'shop')?.version).toBe(1)
    expect(await settings.put('site', 'shop', site, { by })).toMatchObject({ version: 3 })
  })

  test('of a newer Throughline is read without what is not known here', async () => {
    const project = { id: 'estate', name: 'Estate', url_prefixes: [], colour: 'red' }
    await write('site', 1, JSON.stringify({ ...site, theme: 'dark', projects: [project] }))
    const { colour: _, ...known } = project
    expect((await open()).get('site', 'shop')?.document).toEqual({ ...site, projects: [known] })
  })

  test('of an unknown kind is left alone', async () => {
    await write('dream', 1, '{}')
    const settings = await open()
    expect(settings.list('site')).toEqual([])
    expect(warnings).toHaveLength(1)
  })
})
