import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type OutgoingHttpHeaders, request } from 'node:http'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#storage/client.ts'
import { type Engine, type EngineExit, type EngineState, startEngine } from './start-engine.ts'

const childScript = join(import.meta.dirname, 'child.mjs')
const root = join(import.meta.dirname, '../..')

let home: string
let dir: string
let engine: Engine
let store: Store
const states: EngineState[] = []
const exits: EngineExit[] = []

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'throughline-start-'))
  dir = join(home, 'clickhouse')
  engine = await startEngine({
    dir,
    childScript,
    memory_bytes: 2 * 1024 ** 3,
    onState: (state) => states.push(state),
    onExit: (exit) => exits.push(exit),
  })
  store = openStore({ ...engine, database: 'default' })
  await store.command('CREATE TABLE kept (id UInt32, phone String) ENGINE = MergeTree ORDER BY id')
  await store.insert('kept', [{ id: 1, phone: '+79160000001' }])
})

afterAll(async () => {
  await store.close()
  await engine.stop()
  await rm(home, { recursive: true })
})

describe('without the password', () => {
  const basic = (name: string, key: string) => `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}`
  const sql = `query=${encodeURIComponent("SELECT file('/etc/passwd')")}`

  test.each<[string, string, OutgoingHttpHeaders]>([
    ['nobody in particular', '', {}],
    ['default by header', '', { 'x-clickhouse-user': 'default' }],
    ['default by Basic credentials', '', { authorization: basic('default', '') }],
    ['default by the address', '&user=default&password=', {}],
    ['our user with no password', '', { 'x-clickhouse-user': 'throughline' }],
    ['our user with another password', '', { 'x-clickhouse-user': 'throughline', 'x-clickhouse-key': 'x' }],
    ['our user in the header and default in the address', '&user=default', { 'x-clickhouse-user': 'throughline' }],
    [
      'our user in the header and default in Basic credentials',
      '',
      { 'x-clickhouse-user': 'throughline', authorization: basic('default', '') },
    ],
    [
      'our user in Basic credentials and default in the address',
      '&user=default',
      { authorization: basic('throughline', 'x') },
    ],
    ['two headers', '', { 'x-clickhouse-user': ['throughline', 'default'] }],
    ['a session of default', '&session_id=1&user=default', {}],
  ])('%s gets nothing', async (_, address, headers) => {
    const { status, text } = await ask(`/?${sql}${address}`, headers)
    expect([403, 404]).toContain(status)
    expect(text).not.toContain('root:')
  })

  test.each(['/play', '/dashboard', '/replicas_status', '/metrics'])('there is no %s', async (path) => {
    expect((await ask(path, {})).status).toBe(404)
  })
})

test('it leaves the cores to the service when there are not enough', async () => {
  expect(getPriority(engine.pid)).toBeGreaterThanOrEqual(5)
  // Empty, or not there, where the system does not share the cores out by session.
  const group = await readFile(`/proc/${engine.pid}/autogroup`, 'utf8').catch(() => '')
  expect(group).toMatch(/^$|nice 5$/m)
})

test('the right password opens it', async () => {
  const { status, text } = await ask('/?query=SELECT+currentUser()', {
    'x-clickhouse-user': engine.user,
    'x-clickhouse-key': engine.password,
  })
  expect([status, text]).toEqual([200, 'throughline\n'])
})

describe('the engine', () => {
  test('shows neither password nor environment to other processes', async () => {
    const args = await readFile(`/proc/${engine.pid}/cmdline`, 'utf8')
    const env = await readFile(`/proc/${engine.pid}/environ`, 'utf8')
    expect(args).toContain('clickhouse-local')
    expect(args + env).not.toContain(engine.password)
    expect(env).toBe('')
  })

  test('keeps its folder for the owner alone, and no password in it', async () => {
    let seen = 0
    for (const name of ['.', ...(await readdir(dir, { recursive: true }))]) {
      const found = await lstat(join(dir, name)).catch(() => undefined)
      if (!found || found.isSymbolicLink()) continue
      expect([name, found.mode & 0o077]).toEqual([name, 0])
      seen++
    }
    expect(seen).toBeGreaterThan(10)
    expect(await readdir(dir)).not.toContainEqual(expect.stringMatching(/users|config|start-/))
  })

  test('syncs what it writes and what it merges', async () => {
    const rows = await store.query<{ name: string; value: string }>(
      'SELECT name, value FROM system.merge_tree_settings WHERE changed',
    )
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toMatchObject({
      fsync_after_insert: '1',
      fsync_part_directory: '1',
      min_rows_to_fsync_after_merge: '1',
      min_compressed_bytes_to_fsync_after_merge: '1',
      old_parts_lifetime: '480',
    })
  })

  test('stays within its memory, and refuses the query that would not', async () => {
    const [limit] = await store.query("SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'")
    expect(limit).toEqual({ value: String(1024 ** 3) })
    const greedy = 'SELECT length(groupArray(toString(number))) AS n FROM numbers(1000000000)'
    await expect(store.query(greedy)).rejects.toMatchObject({ code: '241' })
    expect(await store.query('SELECT count() AS n FROM kept')).toEqual([{ n: '1' }])
  })

  test('has no logs in its tables, and in its file neither chatter nor rows', async () => {
    await expect(store.query('SELECT 1 FROM system.query_log')).rejects.toMatchObject({ code: '60' })
    await expect(store.insert('kept', [{ id: 'x+79160000002', phone: '+79160000003' }])).rejects.toThrow()
    await expect(store.query("SELECT toDate('+79160000004')")).rejects.toThrow()
    const log = await readFile(join(dir, 'engine.log'), 'utf8')
    expect(log).not.toMatch(/<(Trace|Debug|Information)>/)
    expect(log).not.toContain('7916')
  })

  test('counts its days in UTC', async () => {
    expect(await store.query('SELECT toString(toDateTime(0)) AS at')).toEqual([{ at: '1970-01-01 00:00:00' }])
  })

  test('is started again when it is killed, at the same address and with its data', async () => {
    const { pid, url } = engine
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => states.at(-1), { timeout: 15_000 }).toBe('down')
    await expect.poll(() => states.at(-1), { timeout: 15_000 }).toBe('up')
    expect(exits).toMatchObject([{ signal: 'SIGKILL' }])
    expect(engine.pid).not.toBe(pid)
    expect(engine.url).toBe(url)
    expect(await store.query('SELECT phone FROM kept')).toEqual([{ phone: '+79160000001' }])
  })

  test('tells a second owner whose the folder is and what to do, and goes on', async () => {
    const second = startEngine({ dir, childScript, lock_wait_ms: 0 })
    await expect(second).rejects.toThrow(`process ${process.pid}`)
    await expect(second).rejects.toThrow(/Stop that service, or give this one another DATA_DIR/)
    expect(await store.query('SELECT count() AS n FROM kept')).toEqual([{ n: '1' }])
    process.kill(engine.pid, 'SIGKILL')
    await expect.poll(() => states.at(-1), { timeout: 15_000 }).toBe('down')
    await expect.poll(() => states.at(-1), { timeout: 15_000 }).toBe('up')
    expect(await store.query('SELECT count() AS n FROM kept')).toEqual([{ n: '1' }])
  })

  test('says why it cannot start', async () => {
    const { port } = new URL(engine.url)
    const other = startEngine({ dir: join(home, 'other'), childScript, port: Number(port) })
    await expect(other).rejects.toThrow(/ended at start: .*(NETWORK_ERROR|Address already in use)/)
  })
})

describe('an engine that starts and never answers', () => {
  const mute = () => join(home, 'mute.mjs')
  beforeAll(() => writeFile(mute(), "process.stdin.resume().on('end', () => process.exit())"))

  test('is killed when it does nothing either', async () => {
    let silent_ms = 0
    const start = startEngine({
      ...{ dir: join(home, 'hung'), childScript: mute(), hung_after_ms: 500 },
      onHung(ms) {
        silent_ms = ms
      },
    })
    await expect(start).rejects.toThrow('ended at start')
    expect(silent_ms).toBeGreaterThanOrEqual(500)
  })

  test('holds up no stop', async () => {
    const stop = new AbortController()
    const start = startEngine({
      ...{ dir: join(home, 'unwanted'), childScript: mute(), signal: stop.signal },
      onState: () => setTimeout(() => stop.abort(), 300),
    })
    await expect(start).rejects.toThrow('Stopped while')
  })
})

test('an engine with a part whose files are empty, as a full disk leaves it, is started again without it', async () => {
  const spoilt = join(home, 'spoilt')
  let [told, restarts] = [0, 0]
  const one = await startEngine({
    ...{ dir: spoilt, childScript, memory_bytes: 2 * 1024 ** 3, hung_after_ms: 3_000 },
    onSpoilt: () => told++,
    onRestart: () => restarts++,
  })
  const facts = openStore({ ...one, database: 'default' })
  await facts.command('CREATE TABLE facts (id UInt32, INDEX by_id id TYPE minmax) ENGINE = MergeTree ORDER BY tuple()')
  for (const id of [1, 2]) await facts.insert('facts', [{ id }])
  const [part] = await facts.query<{ path: string }>(
    "SELECT path FROM system.parts WHERE table = 'facts' AND active ORDER BY name DESC LIMIT 1",
  )
  const path = part?.path as string
  for (const file of await readdir(path)) await writeFile(join(path, file), '')
  for (const cache of ['MARK', 'INDEX MARK', 'UNCOMPRESSED']) await facts.command(`SYSTEM DROP ${cache} CACHE`)
  // Somebody asks all the time, as the log and matching do.
  const ids = () => facts.query<{ id: number }>('SELECT id FROM facts WHERE id > 0').catch(() => [])
  expect(await ids()).toEqual([])
  await expect.poll(ids, { timeout: 60_000, interval: 100 }).toEqual([{ id: 1 }])
  await expect.poll(() => [told, restarts]).toEqual([1, 1])
  await facts.close()
  await one.stop()
})

describe('an engine whose service is killed', () => {
  test('goes with it, and the next start waits for it to be gone', async () => {
    const orphaned = join(home, 'orphaned')
    const parent = await startParent(orphaned)
    process.kill(parent.pid, 'SIGKILL')
    const waited: EngineState[] = []
    const next = await startEngine({ dir: orphaned, childScript, onState: (state) => waited.push(state) })
    expect(waited.at(-1)).toBe('up')
    await expect.poll(() => isAlive(parent.engine_pid), { timeout: 5_000 }).toBe(false)
    const own = openStore({ ...next, database: 'default' })
    expect(await own.query('SELECT id FROM left_behind')).toEqual([{ id: 7 }])
    await own.close()
    await next.stop()
    expect(await isAlive(next.pid)).toBe(false)
  })
})

/** A service in a process of its own, with an engine and a row in it. */
async function startParent(folder: string): Promise<{ pid: number; engine_pid: number }> {
  const code = `
    import { startEngine } from '#storage/engine/start-engine.ts'
    import { openStore } from '#storage/client.ts'
    const engine = await startEngine({ dir: process.argv[1], childScript: process.argv[2] })
    const store = openStore({ ...engine, database: 'default' })
    await store.command('CREATE TABLE left_behind (id UInt32) ENGINE = MergeTree ORDER BY id')
    await store.insert('left_behind', [{ id: 7 }])
    process.stdout.write(engine.pid + '\\n')`
  const parent = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', code, folder, childScript],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  return { pid: parent.pid as number, engine_pid: Number(line.toString()) }
}

/** A process that has ended and that nobody has asked for yet is not alive. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return status !== undefined && !/\) [ZX] /.test(status)
}

function ask(path: string, headers: OutgoingHttpHeaders): Promise<{ status: number | undefined; text: string }> {
  return new Promise((done, fail) => {
    const call = request(engine.url + path, { agent: false, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => done({ status: response.statusCode, text }))
    })
    call.once('error', fail)
    call.end()
  })
}
