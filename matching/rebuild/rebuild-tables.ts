import type { Share } from '#domain/site-share.ts'
import type { Store } from '#storage/client.ts'
import { distributeTable, undistributeTable } from '#storage/cluster/distributed-table.ts'
import { type SiteFilter, siteFilter } from '../facts/site-filter.ts'
import { type HistoryTable, historyTableNames, historyTables } from '../history/history-tables.ts'

/** What a rebuild's own tables are called beside those in use. */
export const REBUILD_SUFFIX = '_rebuild'

/** Differing rows shown of each table. */
const EXAMPLES_MAX = 5

export interface TableDifference {
  table: HistoryTable
  /** Rows in use that the facts do not bear out. */
  wrong: number
  /** Rows the facts ask for that are not there. */
  missing: number
  /** Sort keys of some of them. */
  examples: string[]
}

/** Empty tables of the same structure on every shard; what an interrupted rebuild left is thrown away. */
export async function createRebuildTables(store: Store): Promise<void> {
  for (const name of historyTableNames) {
    for (const shard of store.shards) {
      await shard.command(`DROP TABLE IF EXISTS ${name}${REBUILD_SUFFIX} SYNC`)
      await shard.command(`CREATE TABLE ${name}${REBUILD_SUFFIX} AS ${name}`)
    }
    await distributeTable(store, `${name}${REBUILD_SUFFIX}`, name)
  }
}

export async function dropRebuildTables(store: Store): Promise<void> {
  for (const name of historyTableNames) {
    await undistributeTable(store, `${name}${REBUILD_SUFFIX}`)
    for (const shard of store.shards) await shard.command(`DROP TABLE IF EXISTS ${name}${REBUILD_SUFFIX} SYNC`)
  }
}

/** Puts the rebuilt tables in place of those in use. Of a rebuild of one site the others keep their rows. */
export async function swapTables(store: Store, site: string | undefined): Promise<void> {
  if (site !== undefined) for (const name of historyTableNames) await keepOtherSites(store, name, site)
  // All tables of a shard in one statement, which goes on when its sender is gone: `edges` of one history beside `identities`
  // of another would be no history. Broken off between shards it leaves some rows as they were, and the next rebuild swaps all.
  const pairs = historyTableNames.map((name) => `${name} AND ${name}${REBUILD_SUFFIX}`)
  for (const shard of store.shards) {
    const statements = (await takesManyAtOnce(shard)) ? [pairs.join(', ')] : pairs
    for (const some of statements) await shard.command(`EXCHANGE TABLES ${some}`)
  }
}

/** A database that is replicated itself (`Replicated`, ClickHouse Cloud) refuses more than one pair in a statement. */
async function takesManyAtOnce(shard: Store): Promise<boolean> {
  const [database] = await shard.query<{ engine: string }>(
    'SELECT engine FROM system.databases WHERE name = currentDatabase()',
  )
  return database?.engine === 'Atomic'
}

async function keepOtherSites(store: Store, name: HistoryTable, site: string): Promise<void> {
  const columns = [...Object.keys(historyTables[name].columns), 'version', 'is_deleted']
    .map((column) => `\`${column}\``)
    .join(', ')
  for (const shard of store.shards) {
    await shard.command(
      `INSERT INTO ${name}${REBUILD_SUFFIX} (${columns}) SELECT ${columns} FROM ${name} FINAL WHERE site != {site:String}`,
      { site },
    )
  }
}

/** Where the tables in use and the rebuilt ones differ, whatever their versions: of one site, or of a process's share. */
export async function compareTables(store: Store, site: string | undefined, share?: Share): Promise<TableDifference[]> {
  const filter = siteFilter({ site, share })
  const differences: TableDifference[] = []
  for (const table of historyTableNames) {
    const rebuilt = `${table}${REBUILD_SUFFIX}`
    const [wrong, missing] = [
      await onlyIn(store, table, { there: table, here: rebuilt }, filter),
      await onlyIn(store, table, { there: rebuilt, here: table }, filter),
    ]
    if (wrong.count + missing.count === 0) continue
    const examples = [...new Set([...wrong.examples, ...missing.examples])].slice(0, EXAMPLES_MAX)
    differences.push({ table, wrong: wrong.count, missing: missing.count, examples })
  }
  return differences
}

async function onlyIn(
  store: Store,
  table: HistoryTable,
  { there, here }: { there: string; here: string },
  filter: SiteFilter,
): Promise<{ count: number; examples: string[] }> {
  const { key, columns } = historyTables[table]
  const all = Object.keys(columns).map((column) => `\`${column}\``)
  const own = `WHERE 1 ${filter.and('site')}`
  const rows = await store.query<{ count: number; examples: string[] }>(
    `SELECT toFloat64(count()) AS count, groupArray(${EXAMPLES_MAX})(arrayStringConcat([${key
      .map((column) => `toString(\`${column}\`)`)
      .join(', ')}], '/')) AS examples
     FROM (SELECT ${all.join(', ')} FROM ${there} FINAL ${own} EXCEPT SELECT ${all.join(', ')} FROM ${here} FINAL ${own})`,
    filter.params,
  )
  return rows[0] ?? { count: 0, examples: [] }
}
