import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EngineCluster, startCluster } from '#tests/support/engine-cluster.ts'
import { makeStore, migrationsFolder, truncate } from '#tests/support/fresh-store.ts'
import { openStore, type Store } from '../client.ts'
import { migrate, migrateShard, readMigrations } from '../migrations/migrate.ts'
import { checkShard } from './check-cluster.ts'

let cluster: EngineCluster
let store: Awaited<ReturnType<typeof makeStore>>

beforeAll(async () => {
  cluster = await startCluster(2)
  store = await makeStore(options('shop'))
})
afterAll(async () => {
  await store?.close()
  await cluster?.stop()
})
afterEach(() => Promise.all(['sessions', 'events'].map((table) => truncate(store, table))))

const options = (database: string) => {
  const { user, password, name, urls } = cluster
  return { url: urls[0] as string, user, password, database, cluster: { name, urls } }
}

const [first, second] = [0, 1].map((index) => () => store.shards[index] as Store) as [() => Store, () => Store]

/** All tables and views of both databases on both servers, with the moment of their last change. */
async function everything(): Promise<object[]> {
  const found = store.shards.map((shard) =>
    shard.query(
      `SELECT database, name, create_table_query, metadata_modification_time, uuid FROM system.tables
       WHERE database IN ({a:String}, {b:String}) ORDER BY database, name`,
      { a: store.database, b: shard.database },
    ),
  )
  return (await Promise.all(found)).flat() as object[]
}

const session = (id: string, more: object = {}) => ({ site: 'shop', id, version: 1, ...more })

describe('a table of a cluster', () => {
  test('takes rows to the shards they belong to and gives them back at once, each version once', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `s${index}`)
    await store.insert(
      'sessions',
      ids.map((id) => session(id)),
    )
    await store.insert(
      'sessions',
      ids.map((id) => session(id, { version: 2, pages: 7 })),
    )
    const rows = await store.query<{ id: string; pages: number }>('SELECT id, pages FROM sessions FINAL')
    expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    expect(new Set(rows.map(({ pages }) => pages))).toEqual(new Set([7]))
    const counts = await Promise.all(
      store.shards.map((shard) => shard.query<{ rows: string }>('SELECT count() AS rows FROM sessions FINAL')),
    )
    const [one, two] = counts.map(([row]) => Number(row?.rows)) as [number, number]
    expect(one).toBeGreaterThan(10)
    expect(two).toBeGreaterThan(10)
    expect(one + two).toBe(50)
  })

  test('is asked in subqueries on every shard as well', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `s${index}`)
    await store.insert(
      'sessions',
      ids.map((id) => session(id, { visitor: `v${id}` })),
    )
    await store.insert(
      'events',
      ids.map((id) => ({ site: 'shop', id, visitor: `v${id}`, session: id })),
    )
    const [found] = await store.query<{ inside: string; joined: string }>(
      `SELECT (SELECT count() FROM events WHERE session IN (SELECT id FROM sessions FINAL)) AS inside,
         (SELECT count() FROM events AS e INNER JOIN sessions AS s ON s.id = e.session) AS joined`,
    )
    expect(found).toEqual({ inside: '20', joined: '20' })
  })

  test('says so when a shard is away, instead of leaving its rows out', async () => {
    await store.insert('sessions', [session('a'), session('b'), session('c'), session('d')])
    await cluster.killShard(1)
    try {
      await expect(store.query('SELECT count() FROM sessions')).rejects.toMatchObject({ name: 'StoreError' })
      await expect(first().query('SELECT count() FROM sessions')).resolves.toHaveLength(1)
    } finally {
      await cluster.startShard(1)
    }
    expect(await store.query('SELECT count() AS rows FROM sessions')).toEqual([{ rows: '4' }])
  })

  test('shows a view of the same name rows of all shards', async () => {
    await store.insert(
      'sessions',
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => session(id)),
    )
    expect(await store.query('SELECT count() AS rows FROM bi_sessions')).toEqual([{ rows: '6' }])
  })
})

describe('migrations of a cluster', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'throughline-cluster-migrations-'))
    for (const { name } of await readMigrations(migrationsFolder)) {
      await writeFile(join(folder, `${name}.sql`), await readFile(join(migrationsFolder, `${name}.sql`)))
    }
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('run twice change nothing', async () => {
    const before = await everything()
    expect(await migrate(store, { folder })).toEqual([])
    expect(await everything()).toEqual(before)
    // On each of two servers: tables, views, and the same over all shards.
    expect(before.length).toBeGreaterThan(2 * 2 * 20)
  })

  test('bring a new column into the tables over the shards, and only into those', async () => {
    const before = await everything()
    await writeFile(join(folder, '9001_column.sql'), 'ALTER TABLE sessions ADD COLUMN IF NOT EXISTS mood String;\n')
    expect(await migrate(store, { folder, dry: true })).toEqual(['9001_column'])
    expect(await everything()).toEqual(before)
    expect(await migrate(store, { folder })).toEqual(['9001_column'])
    await store.insert('sessions', [session('a', { mood: 'good' })])
    expect(await store.query('SELECT mood FROM sessions FINAL')).toEqual([{ mood: 'good' }])
    const changed = (await everything()).filter(
      (table) => !before.some((old) => JSON.stringify(old) === JSON.stringify(table)),
    )
    expect(new Set(changed.map((table) => (table as { name: string }).name))).toEqual(new Set(['sessions']))
  })

  test('bring a shard that was away up to date by itself', async () => {
    await writeFile(join(folder, '9002_column.sql'), 'ALTER TABLE sessions ADD COLUMN IF NOT EXISTS humour String;\n')
    expect(await migrateShard(store, first(), { folder })).toEqual(['9002_column'])
    expect(await migrateShard(store, second(), { folder })).toEqual(['9002_column'])
    expect(await migrate(store, { folder })).toEqual([])
  })

  test('name a table without a sharding key, and leave the others as they are', async () => {
    await writeFile(
      join(folder, '9003_new.sql'),
      'CREATE TABLE IF NOT EXISTS novelties (a UInt8) ENGINE = MergeTree ORDER BY a;\n',
    )
    await expect(migrate(store, { folder })).rejects.toThrow('The table novelties has no sharding key')
    for (const shard of store.shards) await shard.command('DROP TABLE IF EXISTS novelties SYNC')
    expect(await store.query('SELECT count() AS rows FROM sessions')).toEqual([{ rows: '0' }])
  })

  test('do not touch the tables of a single server, and say how to move them', async () => {
    const alone = await makeStore({ ...options('alone'), cluster: undefined })
    await alone.insert('sessions', [session('kept')])
    const over = openStore(options(alone.database))
    const server = openStore({ ...options('default'), cluster: undefined })
    await server.command(`CREATE DATABASE ${alone.database}_local ENGINE = Atomic`)
    await expect(migrateShard(over, over.shards[0] as Store, { folder })).rejects.toThrow(
      `RENAME DATABASE ${alone.database} TO ${alone.database}_local`,
    )
    expect(await alone.query('SELECT id FROM sessions')).toEqual([{ id: 'kept' }])
    await server.command(`DROP DATABASE ${alone.database}_local SYNC`)
    await Promise.all([over.close(), server.close()])
    await alone.drop()
  })
})

test.each([
  [{ number: 1, count: 2 }, 0, undefined],
  [{ number: 2, count: 2 }, 1, undefined],
  [{ number: 1, count: 3 }, 0, 'it lists 3 server(s), and the cluster "grid" has 2 shard(s)'],
  [{ number: 2, count: 2 }, 0, 'is shard 1 of the cluster "grid"'],
  [{ cluster: 'other', number: 1, count: 2 }, 0, 'knows no cluster "other"'],
] as const)('a server taken for %j', async (place, index, trouble) => {
  const checked = checkShard(store.shards[index] as Store, { cluster: cluster.name, ...place })
  if (trouble === undefined) await expect(checked).resolves.toBeUndefined()
  else await expect(checked).rejects.toThrow(trouble)
})
