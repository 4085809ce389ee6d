import type { Store } from '../client.ts'
import { distributedEngine, distributeStatement } from './distributed-table.ts'
import { keyColumns } from './sharding-keys.ts'

interface Table {
  name: string
  engine: string
  engine_full: string
  /** Of a view, without the name of who made it. */
  definition: string
  columns: string[]
}

/**
 * Gives the server of one shard a Distributed table for each of its tables, and each of its views over those; only what
 * is missing or has changed. Returns the names. `shard` is open on the database of the local tables.
 */
export async function distributeTables(shard: Store, database: string, cluster: string): Promise<string[]> {
  const local = await readTables(shard, shard.database)
  const there = new Map((await readTables(shard, database)).map((table) => [table.name, table]))
  const done: string[] = []
  for (const table of local.filter(isLasting)) {
    const now = there.get(table.name)
    const names = { cluster, database, table: table.name, like: table.name }
    if (now && !isDistributed(now)) throw new Error(ownTables(database, shard.database))
    if (now && sameText(now.engine_full, distributedEngine(names)) && sameColumns(now, table)) continue
    await shard.command(distributeStatement(names))
    done.push(table.name)
  }
  for (const view of local.filter(isView)) {
    const wanted = view.definition.replaceAll(`${shard.database}.`, `${database}.`)
    if (sameText(there.get(view.name)?.definition ?? '', wanted)) continue
    await shard.command(
      wanted.replace(/^CREATE VIEW (\S+ \(.*?\)) SQL/s, 'CREATE OR REPLACE VIEW $1 DEFINER = CURRENT_USER SQL'),
    )
    done.push(view.name)
  }
  return done
}

async function readTables(shard: Store, database: string): Promise<Table[]> {
  return shard.query<Table>(
    `SELECT t.name AS name, t.engine AS engine, t.engine_full AS engine_full, c.columns AS columns,
       replaceRegexpOne(t.create_table_query, ' DEFINER = \\\\S+', '') AS definition
     FROM system.tables AS t
     LEFT JOIN (
       SELECT table, groupArray(concat(name, ' ', type)) AS columns
       FROM (SELECT table, name, type FROM system.columns WHERE database = {database:String} ORDER BY table, position)
       GROUP BY table
     ) AS c ON c.table = t.name
     WHERE t.database = {database:String}
     ORDER BY name`,
    { database },
  )
}

/** A rebuild makes tables of its own, and one that was broken off leaves them behind. */
function isLasting({ name, engine }: Table): boolean {
  return engine.endsWith('MergeTree') && !name.endsWith('_rebuild') && keyColumns(name) !== undefined
}

function isView({ engine }: Table): boolean {
  return engine === 'View'
}

function isDistributed({ engine }: Table): boolean {
  return engine === 'Distributed'
}

function sameColumns(a: Table, b: Table): boolean {
  return a.columns.join('\n') === b.columns.join('\n')
}

/** ClickHouse writes names without the quotes they were given with. */
function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll(/[`\s]+/g, '')
  return plain(a) === plain(b)
}

function ownTables(database: string, local: string): string {
  return `The database ${database} holds tables of a single server. Move them with «RENAME DATABASE ${database} TO ${local}» on the first shard, or set CLICKHOUSE_DATABASE to another name.`
}
