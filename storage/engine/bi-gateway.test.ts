import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#storage/client.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { migrationsFolder } from '#tests/support/fresh-store.ts'
import { biLimits } from './bi-user.ts'
import { type Engine, startEngine } from './start-engine.ts'

const password = 'a-password-for-bi'
const database = 'throughline'
const at = Date.parse('2026-11-21T10:00:00Z')

let home: string
let engine: Engine
let store: Store

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'throughline-bi-'))
  const childScript = join(import.meta.dirname, 'child.mjs')
  engine = await startEngine({ dir: join(home, 'clickhouse'), childScript, bi: { password, database } })
  const first = openStore({ ...engine, database: 'default' })
  await first.command(`CREATE DATABASE ${database}`)
  await first.close()
  store = openStore({ ...engine, database })
  await migrate(store, { folder: migrationsFolder })
  await fill()
})

afterAll(async () => {
  await store.close()
  await engine.stop()
  await rm(home, { recursive: true })
})

async function fill(): Promise<void> {
  const session = { site: 'shop', visitor: 'v', person: 'p', started_at: at, ended_at: at, channel: 'paid_search' }
  await store.insert('sessions', [
    { ...session, id: 's1', pages: 1, landing_url: 'https://shop.example/?email=anna@example.com', version: 1 },
    { ...session, id: 's1', pages: 5, landing_path: '/flats', version: 2 },
    { ...session, id: 'bot', bot: 1, version: 1 },
    { ...session, id: 'gone', version: 1 },
    { ...session, id: 'gone', version: 2, is_deleted: 1 },
  ])
  await store.insert('call_matches', [
    { site: 'shop', id: 'c1', at, from: '+79160000001', to: '+74951234567', version: 1 },
  ])
  await store.insert('conversions', [
    { site: 'shop', kind: 'lead', fact: 'call', id: 'c1', at, version: 1 },
    { site: 'shop', kind: 'deal', fact: 'deal', id: 'd1', at, value: '100.50', currency: 'RUB', version: 1 },
  ])
  await store.insert('touchpoints', [
    {
      site: 'shop',
      conversion_kind: 'lead',
      conversion_fact: 'call',
      conversion: 'c1',
      position: 1,
      length: 1,
      at,
      version: 1,
    },
  ])
  await store.insert('identities', [
    { site: 'shop', kind: 'phone', value: '+79160000001', person: 'p', since: at, version: 1 },
  ])
  const cost = {
    site: 'shop',
    date: '2026-11-20',
    source: 'yandex',
    medium: 'cpc',
    currency: 'RUB',
    node: 'n',
    segment: 1,
  }
  await store.insert('costs', [
    { ...cost, row: 0, received_at: at, cost: '10' },
    { ...cost, row: 1, received_at: at + 1, cost: '12' },
  ])
}

interface Answer {
  status: number
  text: string
}

async function ask(
  sql: string,
  parameters: Record<string, string> = {},
  headers?: Record<string, string>,
  signal?: AbortSignal,
): Promise<Answer> {
  const address = new URLSearchParams({ database, ...parameters })
  const response = await fetch(`http://127.0.0.1:${engine.bi_port}/?${address}`, {
    method: 'POST',
    headers: headers ?? { 'x-clickhouse-user': 'bi', 'x-clickhouse-key': password },
    body: sql,
    ...(signal && { signal }),
  })
  return { status: response.status, text: await response.text() }
}

async function rows(sql: string): Promise<unknown[]> {
  const { status, text } = await ask(`${sql} FORMAT JSONEachRow`)
  expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown)
}

describe('a BI tool', () => {
  test('reads every session once, in its newest version, without bots and removed ones', async () => {
    expect(await rows('SELECT id, pages, landing_path, channel FROM bi_sessions')).toEqual([
      { id: 's1', pages: 5, landing_path: '/flats', channel: 'paid_search' },
    ])
  })

  test('reads calls, leads, deals, touchpoints and costs', async () => {
    expect(await rows('SELECT id, number FROM bi_calls')).toEqual([{ id: 'c1', number: '+74951234567' }])
    expect(await rows('SELECT id, fact FROM bi_leads')).toEqual([{ id: 'c1', fact: 'call' }])
    expect(await rows('SELECT id, value FROM bi_deals')).toEqual([{ id: 'd1', value: 100.5 }])
    expect(await rows('SELECT conversion, position FROM bi_touchpoints')).toEqual([{ conversion: 'c1', position: 1 }])
    expect(await rows('SELECT cost, currency FROM bi_costs')).toEqual([{ cost: 12, currency: 'RUB' }])
  })

  test.each([
    'SELECT channel, count() AS visits, sum(pages) FROM bi_sessions GROUP BY channel WITH TOTALS ORDER BY visits DESC LIMIT 10',
    `WITH paid AS (SELECT person FROM bi_sessions WHERE channel = 'paid_search')
     SELECT count(), uniq(person) FROM bi_deals WHERE person IN (SELECT person FROM paid)`,
    `SELECT toStartOfMonth(l.at) AS month, l.target = 1, sum(d.value) OVER (PARTITION BY month ORDER BY l.at)
     FROM bi_leads AS l LEFT JOIN bi_deals AS d ON l.person = d.person WHERE l.at > now() - INTERVAL 10 YEAR`,
    `SELECT CASE WHEN pages > 1 THEN 'many' ELSE 'one' END AS depth, count() FROM bi_sessions GROUP BY depth
     UNION ALL SELECT arrayJoin(['a', 'b']), toUInt64(number) FROM numbers(2)`,
    'SELECT * FROM bi_sessions',
    'SELECT name, type FROM system.columns WHERE database = currentDatabase()',
    'SHOW TABLES',
    'DESCRIBE TABLE bi_calls',
  ])('may ask: %s', async (sql) => {
    const { status, text } = await ask(sql)
    expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  })

  test('is answered however many blanks a query holds', async () => {
    const blanks = ' '.repeat(100_000)
    expect((await ask(`SELECT 1${blanks}+ 1${blanks};`)).text.trim()).toBe('2')
  })

  test('sees the views and nothing else', async () => {
    const names = (await ask('SHOW TABLES')).text.trim().split('\n')
    expect(names).toEqual(['bi_calls', 'bi_costs', 'bi_deals', 'bi_leads', 'bi_sessions', 'bi_touchpoints'])
    const [{ tables }] = (await rows('SELECT groupUniqArray(database) AS tables FROM system.tables')) as [
      { tables: string[] },
    ]
    expect(tables.filter((name) => !['system', 'information_schema', 'INFORMATION_SCHEMA'].includes(name))).toEqual([
      database,
    ])
  })

  test('finds each view in the README, and no other', async () => {
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8')
    const described = [...readme.matchAll(/^\| `(bi_\w+)`\s+\|/gm)].map(([, name]) => name)
    expect(described.sort()).toEqual((await ask('SHOW TABLES')).text.trim().split('\n'))
  })

  test('finds no phone, e-mail or full address in any view', async () => {
    let seen = 0
    for (const name of (await ask('SHOW TABLES')).text.trim().split('\n')) {
      const { status, text } = await ask(`SELECT * FROM ${name}`)
      expect(status).toBe(200)
      expect(text).not.toMatch(/7916|anna|https:/)
      seen += text.length
    }
    expect(seen).toBeGreaterThan(100)
  })

  test('may be the usual client, with its parameters and settings', async () => {
    const client = createClient({
      url: `http://127.0.0.1:${engine.bi_port}`,
      username: 'bi',
      password,
      database,
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    })
    const answer = await client.query({
      query: 'SELECT id, {text:String} AS text FROM bi_sessions WHERE id = {id:String}',
      query_params: { id: 's1', text: "Ёж's" },
      format: 'JSONEachRow',
    })
    expect(await answer.json()).toEqual([{ id: 's1', text: "Ёж's" }])
    expect((await client.ping()).success).toBe(true)
    await client.close()
  })

  test('may sign in with the address, as some tools do', async () => {
    expect(await ask('SELECT count() FROM bi_deals', { user: 'bi', password }, {})).toEqual({
      status: 200,
      text: '1\n',
    })
  })
})

describe('a BI tool is refused', () => {
  test.each([
    ['a table of facts', 'SELECT count() FROM events'],
    ['a derived table', 'SELECT * FROM sessions'],
    ['identities', 'SELECT value FROM identities'],
    ['settings and the secrets in them', 'SELECT body FROM settings'],
    ['a part of a table by its index', 'SELECT * FROM mergeTreeIndex(throughline, identities)'],
    ['tables by pattern', "SELECT * FROM merge('throughline', '^identities$')"],
    ['users', 'SELECT * FROM system.users'],
    ['queries of others', 'SELECT * FROM system.processes'],
    ['parts on the disk', 'SELECT * FROM system.parts'],
    ['a file', "SELECT file('/etc/passwd')"],
    ['a file through a higher function', "SELECT arrayMap(file, ['/etc/passwd'])"],
    ['a file through a lambda', "SELECT arrayMap(x -> file(x), ['/etc/passwd'])"],
    ['a file through a name of its own', "WITH file AS f SELECT arrayMap(f, ['/etc/passwd'])"],
    ['a file through every column', "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')"],
    ['a file spelled with escapes', "SELECT `f\\x69le`('/etc/passwd')"],
    ['a file in a subquery', "SELECT * FROM (SELECT file('/etc/passwd'))"],
    ['a file in a condition', "SELECT 1 FROM bi_sessions WHERE file('/etc/passwd') LIKE 'root%'"],
    [
      'a file where the tree is printed in one line',
      "SELECT file('/etc/passwd') FORMAT RawBLOB SETTINGS max_threads = 1",
    ],
    ['a file behind a comment', "SELECT file('/etc/passwd') FORMAT RawBLOB SETTINGS max_threads = 1 --"],
    ['a file after a bracket that closes nothing', "SELECT 1) UNION ALL (SELECT file('/etc/passwd')"],
    ['a file in a second statement', "SELECT 1; SELECT file('/etc/passwd')"],
    ['a file in a question for names', "SHOW TABLES WHERE file('/etc/passwd') LIKE 'root%'"],
    ['a file to be described', "DESCRIBE (SELECT file('/etc/passwd') AS a)"],
    ['a file to be explained', "EXPLAIN SELECT file('/etc/passwd')"],
    ['files', "SELECT * FROM file('/etc/passwd', 'LineAsString')"],
    ['an address', "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
    ['another server', "SELECT * FROM remote('127.0.0.1', throughline.identities)"],
    ['object storage', "SELECT * FROM s3('http://bucket.example.com/key/object', 'CSV', 'a String')"],
    ['another database', "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')"],
    ['a SQLite file', "SELECT * FROM sqlite('/etc/passwd', 't')"],
    ['a program', "SELECT * FROM executable('id', 'CSV', 'a String')"],
    ['a dictionary', "SELECT * FROM dictionary('d')"],
    ['writing', "INSERT INTO sessions (id) VALUES ('x')"],
    ['writing into a view', "INSERT INTO bi_sessions (id) VALUES ('x')"],
    ['a table of its own', 'CREATE TABLE mine (a UInt8) ENGINE = Memory'],
    ['a temporary table', 'CREATE TEMPORARY TABLE mine (a UInt8) ENGINE = Memory'],
    ['a file to write', "SELECT 1 INTO OUTFILE '/tmp/throughline-outfile'"],
    ['a backup', "BACKUP TABLE identities TO File('/tmp/x')"],
    ['dropping', 'DROP VIEW bi_sessions'],
    ['changing', 'ALTER TABLE sessions DELETE WHERE 1'],
    ['stopping others', 'KILL QUERY WHERE 1'],
    ['the system', 'SYSTEM SHUTDOWN'],
    ['rights', 'GRANT ALL ON *.* TO bi'],
    ['being another', 'EXECUTE AS throughline SELECT 1'],
    ['setting a setting', 'SET readonly = 0'],
    ['leaving read-only', 'SELECT 1 SETTINGS readonly = 0'],
    ['no limit of time', 'SELECT 1 SETTINGS max_execution_time = 0'],
    ['more time', `SELECT 1 SETTINGS max_execution_time = ${biLimits.execution_seconds_max + 1}`],
    ['no limit of rows', 'SELECT 1 SETTINGS max_result_rows = 0'],
    ['more memory', 'SELECT 1 SETTINGS max_memory_usage = 100000000000'],
    ['no limit of bytes', 'SELECT 1 SETTINGS max_result_bytes = 0'],
    ['more threads', `SELECT 1 SETTINGS max_threads = ${biLimits.threads_max + 1}`],
    [
      'a filter on columns a view does not show',
      "SELECT count() FROM bi_calls SETTINGS additional_table_filters = {'throughline.call_matches': '`from` = \\'+79160000001\\''}",
    ],
  ])('%s', async (_, sql) => {
    const { status, text } = await ask(sql)
    expect([status >= 400, text.slice(0, 200)]).toEqual([true, expect.stringContaining('DB::Exception')])
    expect(text).not.toMatch(/root:|7916/)
  })

  test.each<[string, Record<string, string>]>([
    ['a setting in the address', { readonly: '0' }],
    ['another limit in the address', { max_execution_time: '0' }],
    ['a role', { role: 'admin' }],
    ['a parameter that becomes a name', { param_name: 'file' }],
  ])('%s', async (_, parameters) => {
    const { status, text } = await ask("SELECT arrayMap({name:Identifier}, ['/etc/passwd'])", {
      param_name: 'pages',
      ...parameters,
    })
    expect([status >= 400, text]).toEqual([true, expect.stringContaining('DB::Exception')])
    expect(text).not.toContain('root:')
  })

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['without a password', {}, {}],
    ['with a wrong one', {}, { 'x-clickhouse-user': 'bi', 'x-clickhouse-key': 'x' }],
    ['as the engine’s own user', {}, { 'x-clickhouse-user': 'throughline', 'x-clickhouse-key': password }],
    ['as default', { user: 'default', password: '' }, {}],
    ['with two names', { user: 'default' }, { 'x-clickhouse-user': 'bi', 'x-clickhouse-key': password }],
  ])('signing in %s', async (_, parameters, headers) => {
    expect((await ask('SELECT 1', parameters, headers)).status).toBe(403)
  })

  test('more rows than the limit: the answer is broken off', async () => {
    await expect(ask(`SELECT * FROM numbers(${biLimits.result_rows_max + 1})`)).rejects.toThrow()
  })

  test('a query that nobody waits for any more: it stops', async () => {
    const endless = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(number)'
    const ending = new AbortController()
    const call = ask(endless, {}, undefined, ending.signal)
    call.catch(() => {})
    const running = () => store.query("SELECT 1 FROM system.processes WHERE user = 'bi'")
    await expect.poll(async () => (await running()).length, { timeout: 5_000 }).toBe(1)
    ending.abort()
    await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(0)
  })

  test('a query id, which could be one that the log needs', async () => {
    const running = ask('SELECT sleepEachRow(0.5) FROM numbers(2) SETTINGS max_threads = 1', {
      query_id: 'node-events-1',
    })
    const seen = store.query('SELECT query_id FROM system.processes WHERE query_id = {id:String}', {
      id: 'node-events-1',
    })
    expect(await seen).toEqual([])
    await running
  })

  test('the engine’s own port with the password for BI', async () => {
    const headers = { 'x-clickhouse-user': 'bi', 'x-clickhouse-key': password }
    expect((await fetch(`${engine.url}/?query=SELECT+1`, { headers })).status).toBe(403)
  })

  test('a query of a megabyte', async () => {
    expect((await ask(`SELECT '${'x'.repeat(1_000_000)}'`)).status).toBe(413)
  })
})
