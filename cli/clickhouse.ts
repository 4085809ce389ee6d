import { join } from 'node:path'
import { openStore, type Store } from '#storage/client.ts'
import { checkShard } from '#storage/cluster/check-cluster.ts'
import { type Engine, type EngineOptions, startEngine } from '#storage/engine/start-engine.ts'
import { migrateShard } from '#storage/migrations/migrate.ts'
import { assets } from './assets.ts'
import { type Config, splitUrls } from './config.ts'
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
  watch: Pick<
    EngineOptions,
    'signal' | 'onState' | 'onExit' | 'onHung' | 'onSpoilt' | 'hung_after_ms' | 'backups'
  > = {},
): Promise<ClickHouse> {
  const database = config.CLICKHOUSE_DATABASE
  const own = ownConnection(config)
  if (own) return { connection: own }
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

/** The user's own server or cluster; nothing when the embedded engine is meant. */
export function ownConnection(config: Config): Connection | undefined {
  const { CLICKHOUSE_URL, CLICKHOUSE_CLUSTER: name, CLICKHOUSE_DATABASE: database } = config
  if (CLICKHOUSE_URL === undefined) return undefined
  const urls = splitUrls(CLICKHOUSE_URL)
  // All reads and matching go through the first shard.
  const url = urls[0] as string // A list that splits has a first part.
  return { url, database, ...(name !== undefined && { cluster: { name, urls } }) }
}

/** How many servers hold rows. */
export function shardCount(config: Config): number {
  return ownConnection(config)?.cluster?.urls.length ?? 1
}

/** Makes the databases and brings the tables up to date. Returns the store, and the names of the migrations that ran. */
export async function prepareStore(connection: Connection): Promise<{ store: Store; migrated: string[] }> {
  const store = openStore(connection)
  try {
    const migrated = new Set<string>()
    for (const index of store.shards.keys()) {
      for (const name of await prepareShard(connection, store, index)) migrated.add(name)
    }
    return { store, migrated: [...migrated].toSorted() }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The part of one shard, of which there is one without a cluster; needs no other shard. */
export async function prepareShard(connection: Connection, store: Store, index: number): Promise<string[]> {
  const { database, cluster } = connection
  const shard = store.shards[index] as Store // Asked for one of them.
  const first = openStore({ ...connection, ...shardUrl(connection, index), database: 'default', cluster: undefined })
  try {
    if (cluster) await checkShard(first, { cluster: cluster.name, number: index + 1, count: cluster.urls.length })
    const names = cluster ? [shard.database, database] : [database]
    for (const name of names) await first.command(`CREATE DATABASE IF NOT EXISTS ${name}`)
  } finally {
    await first.close()
  }
  return migrateShard(store, shard, { folder: assets.migrations })
}

function shardUrl({ url, cluster }: Connection, index: number): { url: string } {
  return { url: cluster?.urls[index] ?? url }
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
