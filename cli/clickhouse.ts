import { join } from 'node:path'
import { openStore, type Store } from '#storage/client.ts'
import { type Engine, type EngineOptions, startEngine } from '#storage/engine/start-engine.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { assets } from './assets.ts'
import type { Config } from './config.ts'
import { type Control, findService } from './control.ts'

/** Where ClickHouse answers, as openStore takes it. */
export type Connection = NonNullable<Control['clickhouse']>

export interface ClickHouse {
  connection: Connection
  /** Only for the embedded engine, and only in the process that owns it. */
  engine?: Engine
}

/** The ClickHouse of these settings: the user's server, or a freshly started embedded engine. */
export async function startClickHouse(
  config: Config,
  watch: Pick<EngineOptions, 'signal' | 'onState' | 'onExit' | 'backups'> = {},
): Promise<ClickHouse> {
  const database = config.CLICKHOUSE_DATABASE
  if (config.CLICKHOUSE_URL) return { connection: { url: config.CLICKHOUSE_URL, database } }
  const engine = await startEngine({
    dir: join(config.DATA_DIR, 'clickhouse'),
    childScript: assets.engineChild,
    ...watch,
    ...(config.BI_PASSWORD !== undefined && {
      bi: { port: config.BI_PORT, password: config.BI_PASSWORD, database },
    }),
  })
  const { url, user, password } = engine
  return { connection: { url, user, password, database }, engine }
}

/** Makes the database and brings its tables up to date. Returns the store, and the names of the migrations that ran. */
export async function prepareStore(connection: Connection): Promise<{ store: Store; migrated: string[] }> {
  const first = openStore({ ...connection, database: 'default' })
  try {
    await first.command(`CREATE DATABASE IF NOT EXISTS ${connection.database}`)
  } finally {
    await first.close()
  }
  const store = openStore(connection)
  try {
    return { store, migrated: await migrate(store, { folder: assets.migrations }) }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Runs a command on the data: through the running service's ClickHouse, or one started for the command alone. */
export async function withClickHouse<Result>(
  config: Config,
  act: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const service = await findService(config.DATA_DIR)
  if (service?.clickhouse) return act(service.clickhouse)
  const { connection, engine } = await startClickHouse(config)
  try {
    return await act(connection)
  } finally {
    await engine?.stop()
  }
}
