import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inject } from 'vitest'
import { openStore, type Store, type StoreOptions } from '#storage/client.ts'
import { localDatabase } from '#storage/cluster/distributed-table.ts'
import { migrate } from '#storage/migrations/migrate.ts'

export const migrationsFolder = join(import.meta.dirname, '../../storage/migrations')

/** An empty database with all tables, on the run's own ClickHouse. `drop` when done. */
export async function freshStore(): Promise<Store & { drop(): Promise<void> }> {
  return makeStore({ ...inject('engine'), database: `test_${randomBytes(6).toString('hex')}` })
}

/** The databases of a store, on every shard when there are several, with all tables. */
export async function makeStore(options: StoreOptions): Promise<Store & { drop(): Promise<void> }> {
  const { database } = options
  const databases = options.cluster ? [database, localDatabase(database)] : [database]
  const servers = (options.cluster?.urls ?? [options.url]).map((url) =>
    openStore({ ...options, url, cluster: undefined, database: 'default' }),
  )
  for (const server of servers) {
    for (const name of databases) await server.command(`CREATE DATABASE ${name} ENGINE = Atomic`)
  }
  const store = openStore(options)
  await migrate(store, { folder: migrationsFolder })
  return {
    ...store,
    async drop() {
      await store.close()
      for (const server of servers) {
        for (const name of databases) await server.command(`DROP DATABASE ${name} SYNC`)
        await server.close()
      }
    },
  }
}

/** Empties a table. A Distributed one has no rows of its own: its shards have them. */
export async function truncate(store: Store, table: string): Promise<void> {
  for (const shard of store.shards) await shard.command(`TRUNCATE TABLE ${table}`)
}
