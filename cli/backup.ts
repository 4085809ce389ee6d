import { chmod, cp, mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { nanoid } from 'nanoid'
import { replaceFile, syncFolder } from '#ingest/log/durable-file.ts'
import { lockFolder } from '#ingest/log/lock-folder.ts'
import { type BackupPlace, backUpDatabase, databaseBytes } from '#storage/backup/backup-database.ts'
import { openStore, type Store } from '#storage/client.ts'
import { assets } from './assets.ts'
import { copyDataFolder, syncTree } from './backup/copy-files.ts'
import { type Manifest, manifestFile } from './backup/manifest.ts'
import { withClickHouse } from './clickhouse.ts'
import { type Config, WrongSettings } from './config.ts'

/** What DATA_DIR remembers of its last backup, for `doctor`. */
export const lastBackupFile = 'last-backup.json'

export interface BackupOptions {
  /** A disk that the ClickHouse server has for backups; files of its own otherwise. */
  disk?: string
  json?: boolean
}

/** `throughline backup DIR`: everything accepted before it was begun, into a new folder, while the service goes on. */
export async function runBackup(config: Config, dir: string, options: BackupOptions): Promise<void> {
  const to = resolve(dir)
  if (options.disk !== undefined && !config.CLICKHOUSE_URL) {
    throw new WrongSettings(['--disk: is for a ClickHouse server of your own (CLICKHOUSE_URL)'])
  }
  refuseCluster(config)
  refuseInside(to, resolve(config.DATA_DIR))
  const made_at = new Date().toISOString()
  await makeEmpty(to)
  try {
    const manifest = await withClickHouse(config, async (connection) => {
      const store = openStore(connection)
      try {
        return await writeBackup(config, { store, to, made_at, disk: options.disk })
      } finally {
        await store.close()
      }
    })
    say(options, manifest, to)
  } catch (error) {
    // Half a backup is worse than none: somebody might count on it.
    for (const name of await readdir(to)) await rm(join(to, name), { recursive: true, force: true })
    throw error
  }
}

interface Work {
  store: Store
  to: string
  made_at: string
  disk: string | undefined
}

async function writeBackup(config: Config, work: Work): Promise<Manifest> {
  if (config.CLICKHOUSE_URL) return writeSteps(config, work)
  const staging = join(resolve(config.DATA_DIR), 'clickhouse', 'backups')
  await mkdir(staging, { recursive: true, mode: 0o700 })
  const owned = await lockFolder(staging, { wait_ms: 0 }).catch((error: unknown) => {
    throw new Error('Another backup is being made.', { cause: error })
  })
  try {
    // Nobody makes one, so what lies here was left by one that was killed.
    for (const name of await readdir(staging)) {
      if (name !== 'lock') await rm(join(staging, name), { recursive: true, force: true })
    }
    return await writeSteps(config, work)
  } finally {
    await owned.release()
  }
}

async function writeSteps(config: Config, { store, to, made_at, disk }: Work): Promise<Manifest> {
  const [clickhouse] = await store.query<{ version: string }>('SELECT version() AS version')
  const [newest] = await store.query<{ migration: number }>('SELECT max(number) AS migration FROM migrations FINAL')
  if (!config.CLICKHOUSE_URL) await refuseWithoutRoom(store, config)
  // The log before ClickHouse: what leaves it meanwhile has arrived there.
  const files = await copyDataFolder(config.DATA_DIR, join(to, 'data'))
  const name = `throughline-${made_at.replaceAll(/[^0-9]/g, '').slice(0, 14)}-${nanoid(6).replaceAll(/[-_]/g, '0')}`
  const place = placeOf(config, name, disk)
  const steps = await backUpDatabase(store, place, nanoid).catch(async (error: unknown) => {
    if (!config.CLICKHOUSE_URL) await rm(place.path, { recursive: true, force: true })
    throw error
  })
  if (!config.CLICKHOUSE_URL) await move(place.path, join(to, 'clickhouse'))
  await syncTree(to)
  const { version } = JSON.parse(await readFile(assets.packageFile, 'utf8')) as { version: string }
  const manifest: Manifest = {
    ...{ format: 1, throughline: version, made_at, database: store.database, migration: newest?.migration ?? 0 },
    clickhouse: {
      ...{ version: clickhouse?.version ?? '', steps },
      ...(config.CLICKHOUSE_URL && { server: { path: place.path, ...(disk !== undefined && { disk }) } }),
    },
    files,
  }
  await replaceFile(join(to, manifestFile), () => `${JSON.stringify(manifest, undefined, 1)}\n`)
  await syncFolder(dirname(to))
  await writeFile(join(config.DATA_DIR, lastBackupFile), JSON.stringify({ made_at, to }), { mode: 0o600 })
  return manifest
}

/** The embedded engine may write below its own folder alone; a server of one's own says where by its configuration. */
function placeOf(config: Config, name: string, disk: string | undefined): BackupPlace {
  if (disk !== undefined) return { disk, path: name }
  return { path: config.CLICKHOUSE_URL ? name : join(resolve(config.DATA_DIR), 'clickhouse', 'backups', name) }
}

/** A service that runs out of room refuses facts; a backup must not be the reason. */
async function refuseWithoutRoom(store: Store, { DATA_DIR, MIN_FREE_BYTES }: Config): Promise<void> {
  const needed = await databaseBytes(store)
  const { bavail, bsize } = await statfs(DATA_DIR)
  if (bavail * bsize - MIN_FREE_BYTES > needed) return
  const [free_mb, needed_mb] = [bavail * bsize, needed + MIN_FREE_BYTES].map((bytes) => Math.ceil(bytes / 1024 ** 2))
  throw new Error(
    `The disk of DATA_DIR has ${free_mb} MB free; a backup is made there first and needs ${needed_mb} MB.`,
  )
}

export function refuseCluster(config: object): void {
  if ('CLICKHOUSE_CLUSTER' in config && config.CLICKHOUSE_CLUSTER) {
    throw new Error('A cluster is backed up shard by shard, by the means of ClickHouse: see docs/operation.md.')
  }
}

function refuseInside(dir: string, data_dir: string): void {
  if (relative(data_dir, dir).startsWith('..')) return
  throw new WrongSettings([`${dir} is in DATA_DIR: a backup belongs on another disk, or at least elsewhere`])
}

async function makeEmpty(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if ((await readdir(dir)).length > 0) throw new Error(`${dir} is not empty. Name a new folder for each backup.`)
  await chmod(dir, 0o700)
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    await cp(from, to, { recursive: true })
    await rm(from, { recursive: true, force: true })
  }
}

function say({ json }: BackupOptions, { made_at, files, clickhouse }: Manifest, to: string): void {
  if (json) return void process.stdout.write(`${JSON.stringify({ dir: to, made_at, ...clickhouse })}\n`)
  const server = clickhouse.server
    ? `ClickHouse keeps its part itself, on ${clickhouse.server.disk ?? 'its path for backups'}: ${clickhouse.server.path}\n`
    : ''
  process.stdout.write(
    `Backed up to ${to}: everything accepted before ${made_at}, ${files.length} files beside ClickHouse.\n${server}`,
  )
}
