import { openStore } from '#storage/client.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { assets } from './assets.ts'
import { prepareStore, withClickHouse } from './clickhouse.ts'
import type { Config } from './config.ts'

/** `throughline migrate`: the migrations that `start` runs, alone. */
export async function runMigrate(config: Config, options: { dryRun?: boolean; json?: boolean }): Promise<void> {
  const names = await withClickHouse(config, async (connection) => {
    if (!options.dryRun) {
      const { store, migrated } = await prepareStore(connection)
      await store.close()
      return migrated
    }
    const store = openStore(connection)
    try {
      return await migrate(store, { folder: assets.migrations, dry: true })
    } finally {
      await store.close()
    }
  })
  if (options.json) return void process.stdout.write(`${JSON.stringify({ migrations: names, ran: !options.dryRun })}\n`)
  const what = options.dryRun ? 'Would run' : 'Ran'
  process.stdout.write(names.length === 0 ? 'The tables are up to date.\n' : `${what}: ${names.join(', ')}\n`)
}
