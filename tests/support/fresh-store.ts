import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inject } from 'vitest'
import { openStore, type Store } from '#storage/client.ts'
import { migrate } from '#storage/migrations/migrate.ts'

export const migrationsFolder = join(import.meta.dirname, '../../storage/migrations')

/** An empty database with all tables, on the run's own ClickHouse. `drop` when done. */
export async function freshStore(): Promise<Store & { drop(): Promise<void> }> {
  const engine = inject('engine')
  const database = `test_${randomBytes(6).toString('hex')}`
  const first = openStore({ ...engine, database: 'default' })
  await first.command(`CREATE DATABASE ${database} ENGINE = Atomic`)
  const store = openStore({ ...engine, database })
  await migrate(store, { folder: migrationsFolder })
  return {
    ...store,
    async drop() {
      await store.close()
      await first.command(`DROP DATABASE ${database} SYNC`)
      await first.close()
    },
  }
}
