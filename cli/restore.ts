import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { nanoid } from 'nanoid'
import { type BackupPlace, restoreDatabase, tablesOf } from '#storage/backup/backup-database.ts'
import { nameUnnamedSegments } from '#storage/backup/name-segments.ts'
import { openStore, type Store } from '#storage/client.ts'
import { readMigrations } from '#storage/migrations/migrate.ts'
import { assets } from './assets.ts'
import { copyBackedUp } from './backup/copy-files.ts'
import { type Manifest, readManifest } from './backup/manifest.ts'
import { settleLog } from './backup/settle-log.ts'
import { refuseCluster } from './backup.ts'
import { type Connection, startClickHouse } from './clickhouse.ts'
import type { Config } from './config.ts'
import { ownFolder } from './control.ts'

/** `throughline restore DIR`: makes an empty DATA_DIR (and an empty database) what it was. `start` then goes on from it. */
export async function runRestore(config: Config, dir: string, options: { json?: boolean }): Promise<void> {
  const from = resolve(dir)
  refuseCluster(config)
  const manifest = await readManifest(from)
  await refuseWrong(config, manifest)
  await refuseFilled(config.DATA_DIR)
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 })
  const owned = await ownFolder(config.DATA_DIR)
  try {
    const done = await restore(config, from, manifest)
    say(options, manifest, done)
  } catch (error) {
    // The folder was empty: what is in it is half of a backup, and must not be started on.
    for (const name of await readdir(config.DATA_DIR)) {
      await rm(join(config.DATA_DIR, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    }
    throw error
  } finally {
    await owned.release()
  }
}

interface Done {
  /** Segments that go to ClickHouse after the start. */
  segments_in_log: number
  /** Segments that landed while the backup was made. */
  segments_named: number
}

async function restore(config: Config, from: string, manifest: Manifest): Promise<Done> {
  // Checked against what was written before anything is started.
  await copyBackedUp(join(from, 'data'), config.DATA_DIR, manifest.files)
  const { connection, engine } = await startClickHouse(config, { backups: join(from, 'clickhouse') })
  try {
    const store = await openEmpty(connection)
    try {
      const { steps, server } = manifest.clickhouse
      await restoreDatabase(store, placeOf(from, server), { steps, newId: nanoid })
      const { kept } = await settleLog(config.DATA_DIR, store)
      return { segments_in_log: kept.length, segments_named: await nameUnnamedSegments(store, kept) }
    } finally {
      await store.close()
    }
  } finally {
    await engine?.stop()
  }
}

function placeOf(from: string, server: Manifest['clickhouse']['server']): BackupPlace {
  if (!server) return { path: join(from, 'clickhouse') }
  const { disk, path } = server
  return disk === undefined ? { path } : { disk, path }
}

/** The database, made if it is not there; it must not hold anything. */
async function openEmpty(connection: Connection): Promise<Store> {
  const first = openStore({ ...connection, database: 'default' })
  await first.command(`CREATE DATABASE IF NOT EXISTS ${connection.database}`).finally(() => first.close())
  const store = openStore(connection)
  const tables = await tablesOf(store)
  if (tables.length === 0) return store
  await store.close()
  throw new Error(`The database ${connection.database} is not empty. Restore into another (CLICKHOUSE_DATABASE).`)
}

async function refuseWrong(config: Config, manifest: Manifest): Promise<void> {
  const known = (await readMigrations(assets.migrations)).at(-1)?.number ?? 0
  if (manifest.migration > known) {
    throw new Error(`The backup is of Throughline ${manifest.throughline}, which is newer than this one.`)
  }
  if (manifest.database !== config.CLICKHOUSE_DATABASE) {
    throw new Error(`The backup is of the database ${manifest.database}: set CLICKHOUSE_DATABASE to it.`)
  }
  if ((manifest.clickhouse.server === undefined) !== (config.CLICKHOUSE_URL === undefined)) {
    throw new Error(
      manifest.clickhouse.server
        ? 'The backup is of a ClickHouse server: set CLICKHOUSE_URL to one that can read it.'
        : 'The backup is of the embedded ClickHouse: take CLICKHOUSE_URL away. docs/operation.md tells how to move to a server.',
    )
  }
}

async function refuseFilled(dir: string): Promise<void> {
  const found = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  // Left by whoever looked whether a service runs there.
  if (found.some((name) => name !== 'lock')) {
    throw new Error(
      `DATA_DIR is not empty: ${resolve(dir)}. Restore into a new folder, and keep this one until it works.`,
    )
  }
}

function say(options: { json?: boolean }, { made_at }: Manifest, done: Done): void {
  if (options.json) return void process.stdout.write(`${JSON.stringify({ made_at, ...done })}\n`)
  process.stdout.write(
    `Restored: everything accepted before ${made_at}. ${done.segments_in_log} segments wait in the log and land after the start.
Start the service, then compare with \`throughline rebuild --check\`; \`throughline rebuild\` puts right what differs.
`,
  )
}
