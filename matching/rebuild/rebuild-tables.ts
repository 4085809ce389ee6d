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

/**
 * Empty tables of the same structure on every shard; what an interrupted rebuild left is thrown away. All bear the number of
 * the history that they will be, which goes with them when they are swapped: that is how a half swapped set is known.
 */
export async function createRebuildTables(store: Store): Promise<void> {
  const number = Math.max(...(await readPairs(store)).map(({ inUse }) => inUse)) + 1
  for (const name of historyTableNames) {
    for (const shard of store.shards) {
      await shard.command(`DROP TABLE IF EXISTS ${name}${REBUILD_SUFFIX} SYNC`)
      await shard.command(`CREATE TABLE ${name}${REBUILD_SUFFIX} AS ${name} COMMENT '${MARK}${number}'`)
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
  // of another would be no history. What is left undone when a server is killed meanwhile, `endSwap` does.
  const pairs = historyTableNames.map((name) => `${name} AND ${name}${REBUILD_SUFFIX}`)
  for (const shard of store.shards) {
    const statements = (await takesManyAtOnce(shard)) ? [pairs.join(', ')] : pairs
    for (const some of statements) await shard.command(`EXCHANGE TABLES ${some}`)
  }
}

/**
 * Tables of one history beside tables of another, where ClickHouse was killed in the midst of a swap: a set of renames is not
 * one step for it, nor are several shards. Some of the new tables are in use, so all were ready to be: the others follow.
 */
export async function isHalfSwapped(store: Store): Promise<boolean> {
  return (await pairsLeft(store)).length > 0
}

/** Ends a swap that was broken off. For one process, and when nothing of the swap is still under way. */
export async function endSwap(store: Store): Promise<boolean> {
  const left = await pairsLeft(store)
  for (const { shard, name } of left) await shard.command(`EXCHANGE TABLES ${name} AND ${name}${REBUILD_SUFFIX}`)
  return left.length > 0
}

const MARK = 'history '

/** A table of a shard and the one beside it, by the numbers of their histories: 0 before the first rebuild, or without one. */
interface Pair {
  shard: Store
  name: HistoryTable
  inUse: number
  beside: number
}

async function pairsLeft(store: Store): Promise<Pair[]> {
  const pairs = await readPairs(store)
  const newest = Math.max(...pairs.map(({ inUse }) => inUse))
  return pairs.filter(({ inUse, beside }) => beside === newest && beside > inUse)
}

async function readPairs(store: Store): Promise<Pair[]> {
  const ofShards = store.shards.map(async (shard) => {
    const rows = await shard.query<{ name: string; comment: string }>(
      `SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND startsWith(comment, '${MARK}')`,
    )
    const numbers = new Map(rows.map(({ name, comment }) => [name, Number(comment.slice(MARK.length))]))
    const numberOf = (name: string) => numbers.get(name) ?? 0
    return historyTableNames.map((name) => {
      return { shard, name, inUse: numberOf(name), beside: numberOf(`${name}${REBUILD_SUFFIX}`) }
    })
  })
  return (await Promise.all(ofShards)).flat()
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
