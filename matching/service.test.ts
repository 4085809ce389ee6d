import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SiteDocument } from '#storage/settings/documents.ts'
import { openSettings } from '#storage/settings/open-settings.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  call,
  DAY,
  fact,
  fixedSettings,
  landFacts,
  logFacts,
  shop,
  START_MS as T,
} from '#tests/support/matching-world.ts'
import { noteRules, rulesState } from './rebuild/rules.ts'
import { type Matching, type MatchingOptions, startMatching } from './service.ts'
import { readLastStart } from './snapshot/keeping.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let running: Matching[] = []
beforeEach(async () => {
  store = await freshStore()
})
afterEach(async () => {
  for (const matching of running) await matching.close()
  running = []
  await store.drop()
})

const log = { info() {}, warn() {} }

async function start(said: Partial<MatchingOptions> = {}): Promise<Matching> {
  const settings = fixedSettings(shop)
  const matching = await startMatching({
    store,
    settings,
    now: () => Date.now(),
    log,
    metrics: new Registry(),
    outbound_allow: [],
    ...said,
  })
  running.push(matching)
  return matching
}

let logs = 0
async function land(...visitors: string[]): Promise<void> {
  logs += 1
  const facts = visitors.map((visitor) =>
    fact('events', { id: `e-${visitor}`, at: T, visitor, session: `s-${visitor}` }),
  )
  await landFacts(store, logFacts(facts, `n${logs}`), Date.now())
}

const sessions = () => store.query<{ id: string }>('SELECT id FROM sessions FINAL ORDER BY id')

describe('matching', () => {
  test('takes facts into the history as they land', async () => {
    const matching = await start()
    await land('v1')
    matching.poke()
    await vi.waitFor(async () => expect(await sessions()).toEqual([{ id: 's-v1' }]), 10_000)
    await vi.waitFor(
      () => expect(matching.status()).toMatchObject({ rows: 1, identifiers: 2, edges: 1, last_error: null }),
      10_000,
    )
  })

  test('keeps its memory at an ordered stop, starts from it, and says so', async () => {
    const snapshot_dir = await mkdtemp(join(tmpdir(), 'throughline-matching-'))
    try {
      const first = await start({ snapshot_dir })
      await land('v1')
      await vi.waitFor(async () => expect(await sessions()).toEqual([{ id: 's-v1' }]), 10_000)
      await first.close()
      running = []
      const metrics = new Registry()
      const second = await start({ snapshot_dir, metrics })
      expect(second.status()).toMatchObject({ identifiers: 2, edges: 1 })
      const told = await metrics.metrics()
      expect(told).toMatch(/^throughline_matching_start_seconds\{from="snapshot"\} /m)
      expect(told).toMatch(/^throughline_matching_snapshot_identifiers 2$/m)
      expect(await readLastStart(snapshot_dir)).toMatchObject({ kept: 1, sites: 1 })
      await land('v2')
      await vi.waitFor(async () => expect(await sessions()).toEqual([{ id: 's-v1' }, { id: 's-v2' }]), 10_000)
      await second.rebuild()
      expect((await readdir(snapshot_dir)).filter((name) => name.endsWith('.snapshot'))).toEqual([])
    } finally {
      for (const matching of running) await matching.close()
      running = []
      await rm(snapshot_dir, { recursive: true })
    }
  })

  describe('of a history that earlier rules have made', () => {
    /** What the facts do not bear out. */
    const stray = async () =>
      (await store.query<{ id: string }>("SELECT id FROM sessions FINAL WHERE id = 'stray'")).length
    beforeEach(async () => {
      await land('v1')
      const matching = await start()
      await vi.waitFor(async () => expect(await sessions()).toEqual([{ id: 's-v1' }]), 10_000)
      await matching.close()
      running = []
      await store.command("INSERT INTO sessions (site, id, version) VALUES ('shop', 'stray', 1)")
    })

    test('makes it anew at the first start, and at no later one', async () => {
      await store.command('TRUNCATE TABLE matching_rules')
      const matching = await start()
      await vi.waitFor(async () => expect(await stray()).toBe(0), 10_000)
      await vi.waitFor(() => expect(matching.status().is_rebuilding).toBe(false), 10_000)
      expect(await rulesState(store)).toBe('current')
      await matching.close()
      await store.command("INSERT INTO sessions (site, id, version) VALUES ('shop', 'stray', 2)")
      running = []
      expect((await start()).status().is_rebuilding).toBe(false)
      expect(await stray()).toBe(1)
    })

    test('is asked for by the first of those that share the sites, and again when another of them ended', async () => {
      await store.command('TRUNCATE TABLE matching_rules')
      let asked = 0
      const others = await start({
        share: { index: 1, of: 2 },
        rebuildAll: () => Promise.reject(new Error('not mine')),
      })
      const first: Matching = await start({
        share: { index: 0, of: 2 },
        rebuildAll: async () => (asked++ === 0 ? Promise.reject(new Error('ended')) : first.rebuild()),
      })
      await vi.waitFor(async () => expect(await rulesState(store)).toBe('current'), 15_000)
      expect(asked).toBe(2)
      expect(others.status().is_rebuilding).toBe(false)
    })

    test('goes on trying however often the others are not there to begin it', async () => {
      await store.command('TRUNCATE TABLE matching_rules')
      for (let i = 0; i < 2; i++) await noteRules(store, 'begun', Date.now)
      let asked = 0
      const first: Matching = await start({
        share: { index: 0, of: 2 },
        rebuildAll: async () => (asked++ < 2 ? Promise.reject(new Error('away')) : first.rebuild()),
      })
      await vi.waitFor(async () => expect(await rulesState(store)).toBe('current'), 20_000)
      expect(asked).toBe(3)
      expect(await store.query("SELECT count() AS n FROM matching_rules WHERE state = 'begun'")).toEqual([{ n: '3' }])
    })

    test('stops trying when its process ended over it three times, until it is asked to', async () => {
      await store.command('TRUNCATE TABLE matching_rules')
      for (let i = 0; i < 3; i++) await noteRules(store, 'begun', Date.now)
      const matching = await start()
      expect(matching.status().is_rebuilding).toBe(false)
      expect(await rulesState(store)).toBe('given_up')
      await matching.rebuild({ site: 'shop' })
      expect(await rulesState(store)).toBe('given_up')
      await matching.rebuild()
      expect(await rulesState(store)).toBe('current')
    })
  })

  test('refuses to start beside another, and starts once that has stopped', async () => {
    const first = await start()
    await expect(start()).rejects.toThrow('Another matching runs on this database')
    await first.close()
    running = []
    await start()
  })

  test.each([
    ['one of two', { index: 0, of: 2 }],
    ['one of three', { index: 1, of: 3 }],
  ])(
    'refuses to start beside %s that has some of its sites, and starts beside the others of as many',
    async (_, share) => {
      await start({ share })
      await expect(start({ share })).rejects.toThrow('Another matching runs on this database')
      await expect(start()).rejects.toThrow('«matching')
      await expect(start({ share: { index: 0, of: 4 } })).rejects.toThrow('«matching')
      await start({ share: { ...share, index: (share.index + 1) % share.of } })
    },
  )

  test('matches what was accepted after a change of settings by the new ones, however late it hears of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'throughline-settings-'))
    const open = (name: string) =>
      openSettings({ store: () => store, file: join(folder, name), poll_ms: 3_600_000, now: Date.now, log })
    const [own, elsewhere] = [await open('own.json'), await open('elsewhere.json')]
    const site = { id: 'shop', domains: ['shop.example'] }
    await elsewhere.put('site', 'shop', SiteDocument.parse({ ...site, target_call_seconds: 30 }), { by: 'test' })
    await own.refresh()
    const matching = await start({ settings: own })
    const targets = () => store.query('SELECT id, target FROM conversions FINAL ORDER BY id')
    const ring = async (id: string) => {
      await landFacts(store, logFacts([call(id, T, { talk: 20 })], id), Date.now())
      matching.poke()
    }
    await ring('c1')
    await vi.waitFor(async () => expect(await targets()).toEqual([{ id: 'c1', target: 0 }]), 10_000)
    await elsewhere.put('site', 'shop', SiteDocument.parse({ ...site, target_call_seconds: 10 }), { by: 'test' })
    await ring('c2')
    await vi.waitFor(async () => expect(await targets()).toContainEqual({ id: 'c2', target: 1 }), 10_000)
    for (const settings of [own, elsewhere]) await settings.close()
    await rm(folder, { recursive: true })
  })

  test('refuses to start beside those that share the sites on another machine', async () => {
    const share = { index: 1, of: 2 }
    await store.command("INSERT INTO matching_lock SELECT 'matching 1 of 2', 'far', 'another-machine', 1, now64(3), 0")
    await expect(start({ share })).rejects.toThrow('another-machine')
    await store.command("INSERT INTO matching_lock SELECT 'matching 1 of 2', 'far', 'another-machine', 1, now64(3), 1")
    await start({ share })
  })

  test('does not wait for one whose process is gone', async () => {
    await (await start()).close()
    running = []
    const { hostname } = await import('node:os')
    // No process has this id: Linux gives out at most 4,194,304.
    await store.command("INSERT INTO matching_lock SELECT 'matching', 'dead', {host:String}, 4194305, now64(3), 0", {
      host: hostname(),
    })
    await start()
    await store.command("INSERT INTO matching_lock SELECT 'matching', 'far', 'another-machine', 1, now64(3), 0")
    await running.pop()?.close()
    await expect(start()).rejects.toThrow('another-machine')
  })

  test('goes on after ClickHouse failed in the middle of a step', async () => {
    const matching = await start()
    await store.command('RENAME TABLE sessions TO sessions_away')
    await land('v1')
    matching.poke()
    await vi.waitFor(() => expect(matching.status().last_error).not.toBeNull(), 10_000)
    await store.command('RENAME TABLE sessions_away TO sessions')
    await vi.waitFor(async () => expect(await sessions()).toEqual([{ id: 's-v1' }]), 15_000)
  })
})

describe('a rebuild', () => {
  test('finds nothing to correct in what was derived step by step', async () => {
    const matching = await start()
    await land('v1', 'v2')
    expect(await matching.rebuild({ check: true })).toMatchObject({ rows: 2, differences: [], swapped: false })
  })

  test('names what differs, leaves it when asked to check, and puts it right otherwise', async () => {
    const matching = await start()
    await land('v1', 'v2')
    await matching.rebuild({ check: true })
    await store.command("INSERT INTO sessions (site, id, visitor, version) VALUES ('shop', 's-wrong', 'v9', 1)")
    const checked = await matching.rebuild({ check: true })
    expect(checked.differences).toEqual([{ table: 'sessions', wrong: 1, missing: 0, examples: ['shop/s-wrong'] }])
    expect(await sessions()).toHaveLength(3)
    expect(await matching.rebuild()).toMatchObject({ differences: [{ table: 'sessions' }], swapped: true })
    expect(await sessions()).toEqual([{ id: 's-v1' }, { id: 's-v2' }])
    await land('v3')
    matching.poke()
    await vi.waitFor(async () => expect(await sessions()).toHaveLength(3), 10_000)
    expect(
      await store.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%_rebuild'"),
    ).toEqual([])
  })

  test('makes its tables when a step that reads the history anew has thrown away those of the last', async () => {
    let drops: { reached: boolean; go: Promise<void> } | undefined
    const command: typeof store.command = async (sql, ...more) => {
      if (drops && !drops.reached && sql.startsWith('DROP TABLE')) {
        drops.reached = true
        await drops.go
      }
      return store.command(sql, ...more)
    }
    const slow = { ...store, command }
    const matching = await start({ store: { ...slow, shards: [slow] } })
    await store.command('RENAME TABLE sessions TO sessions_away')
    await land('v1')
    matching.poke()
    await vi.waitFor(() => expect(matching.status().last_error).not.toBeNull(), 10_000)
    let release = () => {}
    drops = { reached: false, go: new Promise((done) => (release = done)) }
    await store.command('RENAME TABLE sessions_away TO sessions')
    await vi.waitFor(() => expect(drops?.reached).toBe(true), 15_000)
    const rebuilt = matching.rebuild()
    // Time enough for tables to be made.
    setTimeout(release, 1_000)
    expect(await rebuilt).toMatchObject({ rows: 1, swapped: true })
  })

  test('whose swap is broken off half way is brought to its end before the history is read again', async () => {
    await land('v1', 'v2')
    let isBroken = true
    const command: typeof store.command = async (sql, ...more) => {
      const [first, second, ...others] = sql.split(', ')
      if (!isBroken || !sql.startsWith('EXCHANGE')) return store.command(sql, ...more)
      expect(others.length).toBeGreaterThan(2)
      isBroken = false
      await store.command(`${first}, ${second}`, ...more)
      throw new Error('killed')
    }
    const dying = { ...store, command }
    const said: string[] = []
    const matching = await start({
      store: { ...dying, shards: [dying] },
      log: { info() {}, warn: (_, message) => void said.push(message) },
    })
    await vi.waitFor(async () => expect(await sessions()).toHaveLength(2), 10_000)
    await store.command("INSERT INTO sessions (site, id, visitor, version) VALUES ('shop', 's-wrong', 'v9', 1)")
    await store.command("INSERT INTO edges (site, a_kind, a_value, version) VALUES ('shop', 'visitor', 'v9', 1)")
    await expect(matching.rebuild()).rejects.toThrow('killed')
    await vi.waitFor(() => expect(said.join()).toContain('half swapped'), 10_000)
    await land('v3')
    matching.poke()
    await vi.waitFor(async () => expect(await sessions()).toHaveLength(3), 10_000)
    expect(await matching.rebuild({ check: true })).toMatchObject({ rows: 3, differences: [] })
    expect(
      await store.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%_rebuild'"),
    ).toEqual([])
  })

  test('is left at once when another breaks it off, however long a removal takes here', async () => {
    await landFacts(store, logFacts([fact('leads', { id: 'old', at: T - 40 * DAY, kind: 'chat' })], 'old'), T)
    const [site] = shop.site ?? []
    const matching = await start({ settings: fixedSettings({ ...shop, site: [{ ...site, retention_days: 30 }] }) })
    const isDeleting = async () => (await store.query('SELECT 1 FROM system.mutations WHERE NOT is_done')).length > 0
    await store.command('SYSTEM STOP MERGES leads')
    await vi.waitFor(async () => expect(await isDeleting()).toBe(true), 10_000)
    const check = () => {
      throw new Error('broken off')
    }
    const reach = () => Promise.reject(new Error('no removal yet'))
    await vi.waitFor(
      () => expect(matching.rebuild({}, { isLead: false, reach, check })).rejects.toThrow('broken off'),
      10_000,
    )
    expect(await isDeleting()).toBe(true)
    await store.command('SYSTEM START MERGES leads')
  })

  test('of one site leaves the others as they are', async () => {
    const matching = await start()
    await land('v1')
    await matching.rebuild({ check: true })
    await store.command(
      "INSERT INTO sessions (site, id, version) VALUES ('shop', 's-wrong', 1), ('other', 's-other', 1)",
    )
    expect(await matching.rebuild({ site: 'shop' })).toMatchObject({ differences: [{ wrong: 1 }], swapped: true })
    expect(await sessions()).toEqual([{ id: 's-other' }, { id: 's-v1' }])
  })
})
