import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import { wholeShare } from '#domain/site-share.ts'
import { freshFolder, openTestLog } from '#ingest/log/open-test-log.ts'
import { sampleLine } from '#ingest/log/sample-event.ts'
import { openProjection } from '#matching/projection.ts'
import { makeTestApp } from '#reports-api/http/test-app.ts'
import { nameUnnamedSegments } from '#storage/backup/name-segments.ts'
import { openStore, type Store } from '#storage/client.ts'
import { freshStore, migrationsFolder } from '#tests/support/fresh-store.ts'
import {
  call,
  fact,
  fixedSettings,
  form,
  landFacts,
  lease,
  logFacts,
  MINUTE,
  SECOND,
  shop,
  START_MS as T,
  visit,
} from '#tests/support/matching-world.ts'
import { migrate } from './migrate.ts'

const migrations = (await readdir(migrationsFolder)).filter((name) => name.endsWith('.sql')).sort()
/** Each schema there ever was but the newest, by the number of its last migration. */
const earlier = migrations.slice(0, -1).map((name, index) => [index + 1, name] as const)

let fresh: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  fresh = await freshStore()
})
afterAll(() => fresh.drop())

/** A database as a version of Throughline left it that knew the first `count` migrations. */
async function schemaOf(count: number): Promise<Store & { drop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'throughline-upgrade-'))
  for (const name of migrations.slice(0, count)) await copyFile(join(migrationsFolder, name), join(folder, name))
  const engine = inject('engine')
  const database = `upgrade_${randomBytes(6).toString('hex')}`
  const first = openStore({ ...engine, database: 'default' })
  await first.command(`CREATE DATABASE ${database}`)
  const store = openStore({ ...engine, database })
  await migrate(store, { folder })
  await rm(folder, { recursive: true })
  return {
    ...store,
    async drop() {
      await store.close()
      await first.command(`DROP DATABASE ${database} SYNC`)
      await first.close()
    },
  }
}

interface Column {
  table: string
  name: string
  type: string
}

const columnsOf = (store: Store): Promise<Column[]> =>
  store.query(
    `SELECT table, name, type FROM system.columns
     WHERE database = currentDatabase() AND table IN (SELECT name FROM system.tables
       WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'migrations')
     ORDER BY table, position`,
  )

function byTable(columns: readonly Column[]): Map<string, Column[]> {
  const tables = new Map<string, Column[]>()
  for (const column of columns) tables.set(column.table, [...(tables.get(column.table) ?? []), column])
  return tables
}

const named = (columns: readonly Column[]) => columns.map(({ name }) => `\`${name}\``).join(', ')

/** Rows with some value of its type in every column there then was; of a site that no history is made of. */
async function fill(store: Store): Promise<void> {
  for (const [table, columns] of byTable(await columnsOf(store))) {
    const structure = columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ')
    const values = columns.map(({ name }) => {
      if (name === 'is_deleted') return '0'
      if (name === 'version' && table !== 'settings') return 'toUInt64(1)'
      // One each: a row of a table may stand for its site.
      return name === 'site' ? "concat('elsewhere', toString(rowNumberInAllBlocks()))" : `\`${name}\``
    })
    await store.command(
      `INSERT INTO ${table} (${named(columns)}) SELECT ${values.join(', ')}
       FROM generateRandom({structure:String}, 7, 12, 3) LIMIT 5 SETTINGS max_partitions_per_insert_block = 0`,
      { structure },
    )
  }
}

/** What the columns there then were say now. */
async function contents(store: Store, columns: readonly Column[]): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const [table, own] of byTable(columns)) {
    found[table] = await store.query(`SELECT ${named(own)} FROM ${table} ORDER BY ${named(own)}`)
  }
  return found
}

async function schema(store: Store): Promise<unknown[]> {
  const tables = await store.query<{ name: string; sql: string }>(
    `SELECT name, replaceAll(create_table_query, currentDatabase(), 'db') AS sql FROM system.tables
     WHERE database = currentDatabase() ORDER BY name`,
  )
  const columns = await store.query(
    `SELECT table, name, type, position, default_kind, default_expression, compression_codec, is_in_sorting_key
     FROM system.columns WHERE database = currentDatabase() ORDER BY table, position`,
  )
  return [...tables, ...columns]
}

const customer = [
  visit('s1', T, { source: 'yandex', medium: 'cpc', channel: 'paid_search', url: 'https://shop.example/?yclid=1' }),
  lease('s1', T, T + MINUTE),
  call('c1', T + 30 * SECOND),
  form('f1', 's1', T + MINUTE, { phone: '+79261112233' }),
  fact('deals', { id: 'd1', at: T + 2 * MINUTE, status: 'won', phones: ['+79264445566'], created_at: T + 2 * MINUTE }),
]

describe('an upgrade', () => {
  test.each(earlier)(
    'from migration %i, %s, keeps every row and ends with the schema of a new installation',
    async (count) => {
      const store = await schemaOf(count)
      try {
        await fill(store)
        const columns = await columnsOf(store)
        const before = await contents(store, columns)
        expect(Object.values(before).every((rows) => (rows as unknown[]).length === 5)).toBe(true)
        expect(Object.keys(before).length).toBeGreaterThan(5)
        expect(await migrate(store, { folder: migrationsFolder })).toHaveLength(migrations.length - count)
        expect(await contents(store, columns)).toEqual(before)
        const schemas = [await schema(store), await schema(fresh)]
        expect(schemas[0]).toEqual(schemas[1])
        expect(schemas[0]?.length).toBeGreaterThan(200)
      } finally {
        await store.drop()
      }
    },
  )

  // Before the second there was no log, and so no fact that anybody had accepted.
  test.each(earlier.slice(1))('from migration %i, %s, has its facts in history and in reports', async (count) => {
    const store = await schemaOf(count)
    const http = await makeTestApp(() => store, { now: () => T })
    try {
      await landFacts(store, logFacts(customer))
      await migrate(store, { folder: migrationsFolder })
      const projection = await openProjection({ store, settings: fixedSettings(shop), now: () => T })
      while (await projection.step());
      const person = await http.get('/v1/persons?site=shop&phone=%2B79264445566')
      expect(person.body).toMatchObject({ deals: [{ id: 'd1' }] })
      expect((await http.get('/v1/calls/c1?site=shop')).body).toMatchObject({ match: { session: 's1' } })
      expect((await http.get('/v1/sessions/s1?site=shop')).body).toMatchObject({ source: 'yandex' })
      expect((await http.get('/v1/facts/calls/c1?site=shop')).body.versions).toHaveLength(1)
      const asked = { site: 'shop', from: '2026-11-01', to: '2026-11-02', metrics: ['visits', 'leads', 'deals_won'] }
      const report = await http.send('POST', '/v1/reports/query', asked, { token: 'reports' })
      expect(report.body.totals).toEqual({ visits: 1, leads: 2, deals_won: 1 })
      expect((await http.get('/v1/status?site=shop')).body).toMatchObject({ lag_ms: 0 })
    } finally {
      await http.app.close()
      await store.drop()
    }
  })

  test.each(earlier.slice(1))(
    'from migration %i, %s, may follow a restore, which names its segments',
    async (count) => {
      const store = await schemaOf(count)
      try {
        await landFacts(store, logFacts(customer))
        const named = await store.query('SELECT s.node, s.table, s.segment FROM segments AS s FINAL ORDER BY ALL')
        await store.command('TRUNCATE TABLE segments')
        expect(await nameUnnamedSegments(store, [])).toBe(named.length)
        await migrate(store, { folder: migrationsFolder })
        expect(await store.query('SELECT s.node, s.table, s.segment FROM segments AS s FINAL ORDER BY ALL')).toEqual(
          named,
        )
      } finally {
        await store.drop()
      }
    },
  )

  test('leaves matching where it was, for one process and for each of several', async () => {
    const store = await schemaOf(13)
    try {
      const before = { node: 'n1', table: 'events', version: 3, read_at: 0 }
      await store.insert('matching_positions', [{ ...before, segment: 7 }])
      await migrate(store, { folder: migrationsFolder })
      for (const share of [wholeShare, { index: 0, of: 3 }, { index: 15, of: 16 }]) {
        const projection = await openProjection({ store, settings: fixedSettings(shop), now: () => T, share })
        expect(projection.positions.all()).toEqual([{ node: 'n1', table: 'events', segment: 7 }])
      }
      // What an earlier process writes down under the old key replaces what it had said.
      await store.insert('matching_positions', [{ ...before, segment: 8, version: 4 }])
      expect(await store.query('SELECT shares, share, segment FROM matching_positions FINAL')).toEqual([
        { shares: 0, share: 0, segment: 8 },
      ])
    } finally {
      await store.drop()
    }
  })

  test('lands what an earlier version left in its log, before the table got its last column', async () => {
    const { dir, remove } = await freshFolder()
    const log = await openTestLog({ dir, store: () => fresh })
    try {
      const line = toByteText(sampleLine({ id: 'short', ga_session: 'cut' }).replace(/,"cut"\]$/, ']'))
      expect(line).not.toContain('cut')
      await log.append([{ table: 'events', rows: [line] }])
      await log.landed(1)
      expect(await fresh.query("SELECT id, ga_session FROM events WHERE id = 'short'")).toEqual([
        { id: 'short', ga_session: '' },
      ])
      expect(await fresh.query('SELECT row FROM quarantine FINAL')).toEqual([])
    } finally {
      await log.close()
      await remove()
    }
  })
})
