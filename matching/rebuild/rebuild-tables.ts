import type { Store } from '#storage/client.ts'
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

/** Empty tables of the same structure; what an interrupted rebuild left is thrown away. */
export async function createRebuildTables(store: Store): Promise<void> {
  for (const name of historyTableNames) {
    await store.command(`DROP TABLE IF EXISTS ${name}${REBUILD_SUFFIX} SYNC`)
    await store.command(`CREATE TABLE ${name}${REBUILD_SUFFIX} AS ${name}`)
  }
}

export async function dropRebuildTables(store: Store): Promise<void> {
  for (const name of historyTableNames) await store.command(`DROP TABLE IF EXISTS ${name}${REBUILD_SUFFIX} SYNC`)
}

/** Puts the rebuilt tables in place of those in use. Of a rebuild of one site the others keep their rows. */
export async function swapTables(store: Store, site: string | undefined): Promise<void> {
  for (const name of historyTableNames) {
    if (site !== undefined) {
      const columns = [...Object.keys(historyTables[name].columns), 'version', 'is_deleted'].map(
        (column) => `\`${column}\``,
      )
      await store.command(
        `INSERT INTO ${name}${REBUILD_SUFFIX} (${columns.join(', ')})
         SELECT ${columns.join(', ')} FROM ${name} FINAL WHERE site != {site:String}`,
        { site },
      )
    }
  }
  for (const name of historyTableNames) await store.command(`EXCHANGE TABLES ${name} AND ${name}${REBUILD_SUFFIX}`)
}

/** Where the tables in use and the rebuilt ones differ, whatever their versions. */
export async function compareTables(store: Store, site: string | undefined): Promise<TableDifference[]> {
  const differences: TableDifference[] = []
  for (const table of historyTableNames) {
    const rebuilt = `${table}${REBUILD_SUFFIX}`
    const [wrong, missing] = [
      await onlyIn(store, table, table, rebuilt, site),
      await onlyIn(store, table, rebuilt, table, site),
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
  there: string,
  here: string,
  site: string | undefined,
): Promise<{ count: number; examples: string[] }> {
  const { key, columns } = historyTables[table]
  const all = Object.keys(columns).map((column) => `\`${column}\``)
  const filter = site === undefined ? '' : 'WHERE site = {site:String}'
  const rows = await store.query<{ count: number; examples: string[] }>(
    `SELECT toFloat64(count()) AS count, groupArray(${EXAMPLES_MAX})(arrayStringConcat([${key
      .map((column) => `toString(\`${column}\`)`)
      .join(', ')}], '/')) AS examples
     FROM (SELECT ${all.join(', ')} FROM ${there} FINAL ${filter} EXCEPT SELECT ${all.join(', ')} FROM ${here} FINAL ${filter})`,
    site === undefined ? {} : { site },
  )
  return rows[0] ?? { count: 0, examples: [] }
}
