import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#storage/client.ts'
import {
  newDataFolder,
  type RunningService,
  removeDataFolder,
  root,
  runCommand,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { throughline } from '../support/throughline.ts'

const WAIT_MS = 60_000

/** One for each of three processes, in their order; of two, the second has `four` and the first the others. */
const sites = ['east', 'four', 'north']

let dir: string
let service: RunningService
let store: Store
let facts = 0

async function start(matchers: number): Promise<void> {
  service = await runService({ dir, env: { MATCHERS: String(matchers) } })
  store = openStore((await service.control()).clickhouse)
  await runningAre(matchers)
}

async function stop(): Promise<void> {
  await store?.close()
  await service?.stop()
}

beforeAll(async () => {
  dir = await newDataFolder()
  await start(3)
  for (const id of sites) {
    expect((await service.api('PUT', `/v1/sites/${id}`, { id, domains: ['shop.example'] })).status).toBe(200)
  }
})

afterAll(async () => {
  await stop()
  await removeDataFolder(dir)
})

/** The process of each share, as the lock tells. */
async function holders(): Promise<Map<string, number>> {
  const rows = await store.query<{ name: string; pid: number }>(
    'SELECT name, pid FROM matching_lock FINAL WHERE is_released = 0 ORDER BY renewed_at',
  )
  // Of one that was killed the row stays.
  return new Map(rows.filter(({ pid }) => existsSync(`/proc/${pid}`)).map(({ name, pid }) => [name, pid]))
}

async function runningAre(count: number): Promise<void> {
  await waitUntil(
    async () => {
      const { body } = await service.api('GET', '/v1/status?site=demo')
      const processes = body.matching?.processes ?? [body.matching]
      return processes.length === count && processes.every((one: { lag_ms: number | null }) => one.lag_ms !== null)
    },
    WAIT_MS,
    () => `Not all of ${count} run:\n${service.output()}`,
  )
}

/** A chat on each site, in one write. */
async function chat(id: string): Promise<string> {
  const at = new Date().toISOString()
  const leads = sites.map((site) => ({ id, site, at, kind: 'chat', phone: '+79160000001' }))
  const { status, body } = await service.api('POST', '/v1/leads', leads)
  expect(status).toBe(202)
  facts += leads.length
  return body.position
}

const look = (id: string, site: string, position: string) =>
  service.api('GET', `/v1/leads/${id}?site=${site}&after=${position}`)

async function expectEverywhere(id: string, position: string): Promise<void> {
  for (const site of sites) expect([site, (await look(id, site, position)).status]).toEqual([site, 200])
}

async function rebuild(...said: string[]) {
  const { code, text } = await throughline({ DATA_DIR: dir }, 'rebuild', '--json', ...said)
  return { code, report: code === 1 && !text.startsWith('{') ? text : JSON.parse(text) }
}

/** Of sessions that no fact bears out. */
const strays = async () =>
  (await store.query<{ site: string }>("SELECT site FROM sessions FINAL WHERE id = 'stray' ORDER BY site")).map(
    ({ site }) => site,
  )

let strayVersion = 0
async function stray(): Promise<void> {
  strayVersion += 1
  for (const site of sites) await store.insert('sessions', [{ site, id: 'stray', version: strayVersion }])
}

describe('several matching processes', () => {
  test('share the sites, and are told of as one', async () => {
    await expectEverywhere('first', await chat('first'))
    expect([...(await holders()).keys()].toSorted()).toEqual(['matching 1 of 3', 'matching 2 of 3', 'matching 3 of 3'])
    expect(await service.matchers()).toHaveLength(3)
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toContain(`throughline_matching_rows_total ${facts}\n`)
    const { body } = await service.api('GET', '/v1/operation')
    expect(body.matching).toMatchObject({ running: true, last_error: null })
    expect(body.matching.processes.map((one: { share: string }) => one.share)).toEqual(['1 of 3', '2 of 3', '3 of 3'])
    const { text } = await throughline({ DATA_DIR: dir }, 'doctor')
    expect(text).toContain('3 of 3 processes run')
  })

  test('go on while one stands still and is killed, and it catches up', async () => {
    const pid = (await holders()).get('matching 3 of 3') as number
    process.kill(pid, 'SIGSTOP')
    const position = await chat('second')
    for (const site of ['east', 'four']) expect((await look('second', site, position)).status).toBe(200)
    expect((await service.api('GET', '/v1/leads/second?site=north')).status).toBe(404)
    expect((await service.api('GET', '/v1/status?site=east')).body.position).not.toBe(
      (await service.api('GET', '/v1/status?site=north')).body.position,
    )
    process.kill(pid, 'SIGKILL')
    await waitUntil(
      async () =>
        (await service.api('GET', '/readyz')).body.problems.includes('Matching process 3 of 3 is not running'),
      WAIT_MS,
      () => 'Nobody says that one is away',
    )
    await expectEverywhere('second', position)
    await runningAre(3)
    expect(await service.matchers()).not.toContain(pid)
  })

  test('make the history anew together, each of its sites', async () => {
    expect(await rebuild('--check')).toMatchObject({
      code: 0,
      report: { rows: facts, differences: [], swapped: false },
    })
    await stray()
    const wrong = { table: 'sessions', wrong: 3, missing: 0 }
    expect(await rebuild('--check')).toMatchObject({ code: 1, report: { rows: facts, differences: [wrong] } })
    const one = { rows: facts / 3, differences: [{ ...wrong, wrong: 1 }] }
    expect(await rebuild('--site', 'four', '--check')).toMatchObject({ code: 1, report: { ...one, swapped: false } })
    expect(await rebuild('--site', 'four')).toMatchObject({ code: 0, report: { ...one, swapped: true } })
    expect(await strays()).toEqual(['east', 'north'])
    await expectEverywhere('third', await chat('third'))
    expect(await rebuild()).toMatchObject({ code: 0, report: { rows: facts, swapped: true } })
    expect(await strays()).toEqual([])
    await expectEverywhere('fourth', await chat('fourth'))
    expect(await rebuild('--check')).toMatchObject({ code: 0, report: { rows: facts, differences: [] } })
  })

  test('leave the history as it is when one of them is killed in the middle of a rebuild', async () => {
    await stray()
    const pid = (await holders()).get('matching 2 of 3') as number
    process.kill(pid, 'SIGSTOP')
    const rebuilding = rebuild()
    await waitUntil(
      async () => (await store.query("SELECT 1 FROM system.tables WHERE name = 'sessions_rebuild'")).length > 0,
      WAIT_MS,
      () => 'No rebuild was begun',
    )
    await chat('fifth')
    process.kill(pid, 'SIGKILL')
    expect((await rebuilding).code).toBe(1)
    expect(await strays()).toEqual(['east', 'four', 'north'])
    expect(await store.query("SELECT name FROM system.tables WHERE name LIKE '%_rebuild'")).toEqual([])
    await runningAre(3)
    await expectEverywhere('sixth', await chat('sixth'))
    expect(await rebuild()).toMatchObject({ code: 0, report: { rows: facts, swapped: true } })
    expect(await strays()).toEqual([])
  })

  test('leave no tables behind when the one that has the site is killed in the middle of its rebuild', async () => {
    const held = await holders()
    const [owner, other] = [held.get('matching 2 of 3') as number, held.get('matching 3 of 3') as number]
    process.kill(other, 'SIGSTOP')
    const rebuilding = rebuild('--site', 'four')
    await waitUntil(
      async () => (await store.query("SELECT 1 FROM system.tables WHERE name = 'touchpoints_rebuild'")).length > 0,
      WAIT_MS,
      () => 'No rebuild was begun',
    )
    for (const pid of [owner, other]) process.kill(pid, 'SIGKILL')
    expect((await rebuilding).code).toBe(1)
    await runningAre(3)
    // They hold what everybody had sent, whoever is erased meanwhile.
    expect(await store.query("SELECT name FROM system.tables WHERE name LIKE '%_rebuild'")).toEqual([])
    await expectEverywhere('seventh', await chat('seventh'))
    expect(await rebuild('--site', 'four')).toMatchObject({ code: 0, report: { rows: facts / 3, swapped: true } })
  })

  test('may be of another number at any start, and see to what is due to all sites', async () => {
    for (const matchers of [1, 2]) {
      await stray()
      // As if the history was made by the rules of an earlier version.
      await store.command('TRUNCATE TABLE matching_rules')
      await stop()
      await start(matchers)
      await waitUntil(
        async () => (await strays()).length === 0,
        WAIT_MS,
        () => `The history was not made anew by ${matchers}:\n${service.output()}`,
      )
      await expectEverywhere(`by-${matchers}`, await chat(`by-${matchers}`))
      await waitUntil(
        async () => (await rebuild('--check')).code === 0,
        WAIT_MS,
        () => 'The rebuild is not over, or there is a difference',
      )
      expect(await rebuild('--check')).toMatchObject({ code: 0, report: { rows: facts, differences: [] } })
    }
  })

  test('run beside a service that has none of them', async () => {
    await stop()
    service = await runService({ dir, args: ['--only', 'ingest,reports-api'] })
    store = openStore((await service.control()).clickhouse)
    const matching = runCommand([process.execPath, `${root}/bin/throughline.mjs`, 'start', '--only', 'matching'], {
      DATA_DIR: dir,
      MATCHERS: '3',
    })
    try {
      await expectEverywhere('beside', await chat('beside'))
      expect([...(await holders()).keys()].toSorted()).toEqual([
        'matching 1 of 3',
        'matching 2 of 3',
        'matching 3 of 3',
      ])
    } finally {
      process.kill(matching.pid, 'SIGTERM')
      expect(await matching.ended).toEqual({ code: 0, signal: null })
    }
  })
})
