import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../client.ts'
import { distributeTables } from '../cluster/distribute-tables.ts'
import { storeError } from '../store-error.ts'

export interface Migration {
  number: number
  name: string
  statements: string[]
}

export interface MigrateOptions {
  folder: string
  /** Only names what would run. */
  dry?: boolean
}

/** Brings the tables up to date, on every shard. Returns the names of the files that ran. */
export async function migrate(store: Store, options: MigrateOptions): Promise<string[]> {
  const ran = new Set<string>()
  for (const shard of store.shards) for (const name of await migrateShard(store, shard, options)) ran.add(name)
  return [...ran].toSorted()
}

/**
 * Brings the tables of one of the store's shards up to date; each numbered file runs once, in order. Every shard knows for
 * itself what has run, so that one which is new, or was away, catches up. In a cluster its Distributed tables follow.
 */
export async function migrateShard(store: Store, shard: Store, options: MigrateOptions): Promise<string[]> {
  const ran = await migrateTables(shard, options)
  if (store.cluster !== undefined && !options.dry) await distributeTables(shard, store.database, store.cluster)
  return ran
}

/**
 * Two services may start at the same moment: a statement has a query id, and ClickHouse runs only one of them at a time;
 * since every file is safe to run twice, the second one changes nothing.
 */
async function migrateTables(store: Store, { folder, dry = false }: MigrateOptions): Promise<string[]> {
  const files = await readMigrations(folder)
  const done = await readDone(store)
  const wanted = files.filter(({ number }) => !done.has(number))
  if (dry || wanted.length === 0) return wanted.map(({ name }) => name)
  await store.command(`CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String, ran_at DateTime64(3, 'UTC'))
    ENGINE = ReplacingMergeTree ORDER BY number`)
  for (const migration of wanted) await run(store, migration)
  return wanted.map(({ name }) => name)
}

export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort()
  if (files.length === 0) throw new Error(`There are no migrations in ${folder}.`)
  return Promise.all(
    files.map(async (file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(0, -4),
      statements: split(await readFile(join(folder, file), 'utf8')),
    })),
  )
}

async function readDone(store: Store): Promise<Set<number>> {
  if (!(await isThere(store))) return new Set()
  const rows = await store.query<{ number: number }>('SELECT number FROM migrations FINAL')
  return new Set(rows.map(({ number }) => number))
}

const UNKNOWN_DATABASE = 81

/** Not there either while the database itself is not: then all of them would run. */
async function isThere(store: Store): Promise<boolean> {
  try {
    const [found] = await store.query<{ there: number }>('EXISTS TABLE migrations', {})
    return Object.values(found ?? {}).some(Boolean)
  } catch (error) {
    if (storeError(error)?.code === UNKNOWN_DATABASE) return false
    throw error
  }
}

async function run(store: Store, { number, name, statements }: Migration): Promise<void> {
  for (const [index, statement] of statements.entries()) {
    try {
      await runAlone(store, statement, `migrate-${store.database}-${number}-${index}`)
    } catch (error) {
      throw new Error(`Migration ${name} failed in its statement ${index + 1} of ${statements.length}.`, {
        cause: error,
      })
    }
  }
  await store.insert('migrations', [{ number, name, ran_at: Date.now() }])
}

const RUNNING_ALREADY = 216
const ALONE_POLL_MS = 100
const ALONE_WAIT_MS = 3_600_000

/** Waits while another process runs the same statement. */
async function runAlone(store: Store, statement: string, query_id: string): Promise<void> {
  for (let left = ALONE_WAIT_MS / ALONE_POLL_MS; ; left--) {
    try {
      return await store.command(statement, {}, { query_id })
    } catch (error) {
      if (left <= 0 || storeError(error)?.code !== RUNNING_ALREADY) throw error
      await sleep(ALONE_POLL_MS)
    }
  }
}

/** Statements end with a semicolon at the end of a line; comment lines are left out. */
function split(sql: string): string[] {
  return sql
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
