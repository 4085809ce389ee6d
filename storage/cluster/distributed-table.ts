import type { Store } from '../client.ts'
import { shardingKeySql } from './sharding-keys.ts'

/** The database of the tables that hold the rows; the one of the same name without the ending has Distributed ones. */
export function localDatabase(database: string): string {
  return `${database}_local`
}

/**
 * Makes a table that every shard has readable and writable through the store, sharded as `like` is. To be asked again
 * when its columns change. Without a cluster the table is the store's own.
 */
export async function distributeTable(store: Store, table: string, like: string = table): Promise<void> {
  if (store.cluster === undefined) return
  await store.command(distributeStatement({ cluster: store.cluster, database: store.database, table, like }))
}

/** Takes the name away from the store; the tables of the shards stay. */
export async function undistributeTable(store: Store, table: string): Promise<void> {
  if (store.cluster !== undefined) await store.command(`DROP TABLE IF EXISTS ${table} SYNC`)
}

export function distributeStatement(names: { cluster: string; database: string; table: string; like: string }): string {
  const { database, table } = names
  return `CREATE OR REPLACE TABLE ${database}.${table} AS ${localDatabase(database)}.${table}
    ENGINE = ${distributedEngine(names)}`
}

export function distributedEngine(names: { cluster: string; database: string; table: string; like: string }): string {
  const { cluster, database, table, like } = names
  return `Distributed('${cluster}', '${localDatabase(database)}', '${table}', ${shardingKeySql(like)})`
}
