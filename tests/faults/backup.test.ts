import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStore } from '#storage/client.ts'
import { startEngine } from '#storage/engine/start-engine.ts'
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
import { expectEachOnce, expectNumbersKept, startStream } from './stream.ts'

const folders: string[] = []
let service: RunningService | undefined

afterEach(async () => {
  await service?.stop()
  service = undefined
  for (const dir of folders.splice(0)) await removeDataFolder(dir)
})

async function newFolder(): Promise<string> {
  const dir = await newDataFolder()
  folders.push(dir)
  return dir
}

test('what was accepted before a backup was begun is there once after it is restored elsewhere', async () => {
  const dir = await newFolder()
  service = await runService({ dir, env: { WORKERS: '2' } })
  const numbers = Array.from({ length: 100 }, (_, index) => `+7495700${String(1000 + index)}`)
  const pool = { id: 'wide', site: 'demo', kind: 'dynamic', numbers, leases_per_address_max: 100 }
  expect((await service.api('PUT', '/v1/pools/wide', { ...pool, replaces: ['+74951234567'] })).status).toBe(200)
  await service.control()
  const token = (await service.api('PUT', '/v1/tokens/reader', { name: 'Reader', scopes: ['reports'] })).body.secret
  const deal = {
    id: 'd1',
    site: 'demo',
    at: new Date().toISOString(),
    status: 'open',
    contact: { phones: ['+79161234567'] },
  }
  expect((await service.api('POST', '/v1/deals', deal)).status).toBe(202)

  const stream = startStream(service.url)
  await waitUntil(
    async () => stream.accepted.length > 400 && stream.numbers.size > 20,
    30_000,
    () => 'The stream did not get going',
  )
  const backup = join(await newFolder(), 'backup')
  const before = stream.accepted.length
  const shown = new Map(stream.numbers)
  await mkdir(join(dir, 'clickhouse', 'backups', 'killed'), { recursive: true })
  const merging = startMerging((await service.control()).clickhouse)
  const made = runCommand([process.execPath, 'bin/throughline.mjs', 'backup', backup], { DATA_DIR: dir })
  expect(await made.ended, made.output()).toMatchObject({ code: 0 })
  expect(await merging.stop()).toBeGreaterThan(0)
  const accepted = stream.accepted.slice(0, before)
  // Facts went on coming all the while.
  expect(stream.accepted.length).toBeGreaterThan(before)
  await service.killAll()
  await stream.stop()
  // Nothing is left of it beside the data, and nothing of one that was killed.
  expect(await readdir(join(dir, 'clickhouse', 'backups'))).toEqual(['lock'])

  const elsewhere = join(await newFolder(), 'data')
  folders.push(elsewhere)
  const restored = await throughline({ DATA_DIR: elsewhere }, 'restore', backup)
  expect(restored, restored.text).toMatchObject({ code: 0 })
  service = await runService({ dir: elsewhere })
  await expectEachOnce(service, accepted)
  // Nor is anything there twice that came while it was made.
  const restoredStore = openStore((await service.control()).clickhouse)
  expect(await restoredStore.query('SELECT id FROM events GROUP BY site, id HAVING count() > 1')).toEqual([])
  await restoredStore.close()
  const again = await service.api('GET', '/v1/status?site=demo')
  await waitUntil(
    async () => (await service?.api('GET', '/v1/status?site=demo'))?.body.lag_ms === 0,
    30_000,
    () => `History did not catch up: ${JSON.stringify(again.body)}`,
  )
  const check = await service.api('POST', '/control/rebuild', { check: true })
  expect(check.body).toMatchObject({ differences: [] })
  expect(check.body.rows).toBeGreaterThanOrEqual(before)

  const reader = { headers: { authorization: `Bearer ${token}` } }
  expect((await fetch(`${service.url}/v1/status?site=demo`, reader)).status).toBe(200)
  expect((await service.api('GET', '/v1/pools/wide')).body.numbers).toEqual(numbers)
  expect((await service.api('GET', '/v1/deals/d1?site=demo')).status).toBe(200)
  await expectNumbersKept(service, shown)
})

test('a backup is made of a stopped service too, refuses to be restored when it is spoilt, and onto what is there', async () => {
  const dir = await newFolder()
  service = await runService({ dir })
  expect((await service.api('POST', '/v1/leads', lead('l1'))).status).toBe(202)
  await service.control()
  await service.stop()
  service = undefined
  const home = await newFolder()
  const backup = join(home, 'backup')
  expect((await throughline({ DATA_DIR: dir }, 'backup', join(dir, 'inside'))).code).toBe(2)
  const made = await throughline({ DATA_DIR: dir }, 'backup', backup, '--json')
  expect(made, made.text).toMatchObject({ code: 0 })
  expect(JSON.parse(made.text)).toMatchObject({ dir: backup, steps: ['positions', 'edges', 'derived', 'facts'] })
  expect((await throughline({ DATA_DIR: dir }, 'backup', backup)).text).toContain('is not empty')
  expect((await throughline({ DATA_DIR: dir }, 'restore', backup)).text).toContain('DATA_DIR is not empty')

  const settings = join(backup, 'data', 'settings.json')
  const whole = await readFile(settings)
  await writeFile(settings, whole.subarray(0, -1))
  const elsewhere = join(home, 'data')
  expect((await throughline({ DATA_DIR: elsewhere }, 'restore', backup)).text).toContain('The backup is spoilt')
  expect(await readdir(elsewhere)).toEqual([])
  await writeFile(settings, whole)
  expect(await throughline({ DATA_DIR: elsewhere }, 'restore', backup)).toMatchObject({ code: 0 })
  service = await runService({ dir: elsewhere })
  await waitUntil(
    async () => (await service?.api('GET', '/v1/leads/l1?site=demo'))?.status === 200,
    30_000,
    () => 'The lead is not there',
  )
  expect(
    (await throughline({ DATA_DIR: join(tmpdir(), 'throughline-no-such') }, 'restore', join(home, 'none'))).text,
  ).toContain('is no whole backup')
})

test('with a ClickHouse server of its own, the server keeps its part and gives it back to an empty database', async () => {
  const home = await newFolder()
  const engine = await startEngine({ dir: join(home, 'server'), childScript: join(root, 'storage/engine/child.mjs') })
  const address = new URL(engine.url)
  address.username = engine.user
  address.password = engine.password
  const env = { CLICKHOUSE_URL: address.href }
  try {
    const [dir, elsewhere, backup] = [join(home, 'data'), join(home, 'restored'), join(home, 'backup')]
    service = await runService({ dir, env })
    expect((await service.api('POST', '/v1/leads', lead('s1'))).status).toBe(202)
    await service.control()
    const made = await throughline({ ...env, DATA_DIR: dir }, 'backup', backup)
    expect(made.text).toContain('ClickHouse keeps its part itself')
    expect(made.code).toBe(0)
    await service.stop()
    service = undefined
    const again = { ...env, DATA_DIR: elsewhere }
    expect((await throughline(again, 'restore', backup)).text).toContain('The database throughline is not empty')
    const store = openStore({ ...engine, database: 'default' })
    await store.command('DROP DATABASE throughline SYNC')
    await store.close()
    const restored = await throughline(again, 'restore', backup)
    expect(restored, restored.text).toMatchObject({ code: 0 })
    service = await runService({ dir: elsewhere, env })
    await waitUntil(
      async () => (await service?.api('GET', '/v1/leads/s1?site=demo'))?.status === 200,
      30_000,
      () => 'The lead is not there',
    )
    await service.stop()
    service = undefined
  } finally {
    await engine.stop()
  }
})

/** Makes one part of all parts of a table that facts come into, again and again. `stop` tells how often. */
function startMerging(clickhouse: Parameters<typeof openStore>[0]): { stop(): Promise<number> } {
  const store = openStore(clickhouse)
  let [isOn, merges] = [true, 0]
  const running = (async () => {
    for (; isOn; merges++) await store.command('OPTIMIZE TABLE events FINAL')
  })()
  return {
    async stop() {
      isOn = false
      await running
      await store.close()
      return merges
    },
  }
}

const lead = (id: string) => ({ id, site: 'demo', at: new Date().toISOString(), kind: 'chat', phone: '+79160000001' })
