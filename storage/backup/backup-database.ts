import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../client.ts'
import { factTableNames } from '../fact-tables.ts'

/** Where ClickHouse keeps a backup: a file system path it may write to, or one of its disks. */
export type BackupPlace = { path: string } | { disk: string; path: string }

/**
 * The tables are not one moment: each step is somewhat later than the one before. Positions and `edges` come first and
 * facts last, so that what is restored looks like the aftermath of a crash, which every start puts right: history may be
 * ahead of the positions, and facts ahead of both, and never the other way round.
 */
export const backupSteps = ['positions', 'edges', 'derived', 'facts'] as const

export type BackupStep = (typeof backupSteps)[number]

/** Which step a table belongs to. What nobody thought of goes with what is derived, before the facts. */
export function stepOf(table: string): BackupStep {
  // A snapshot named in a backup must not be ahead of the history in it.
  if (table === 'matching_snapshots') return 'positions'
  if (table === 'matching_positions' || table === 'segments') return 'positions'
  if (table === 'edges') return 'edges'
  return (factTableNames as string[]).includes(table) ? 'facts' : 'derived'
}

/** Has ClickHouse write all tables of the database below `place`, a folder a step. Resolves when the last is done. */
export async function backUpDatabase(store: Store, place: BackupPlace, newId: () => string): Promise<BackupStep[]> {
  const done: BackupStep[] = []
  for (const step of backupSteps) {
    const tables = (await tablesOf(store)).filter((table) => stepOf(table) === step)
    if (tables.length === 0) continue
    const list = tables.map((table) => `TABLE \`${store.database}\`.\`${table}\``).join(', ')
    await runBackup(store, `BACKUP ${list} TO ${placeSql(place)}`, { place, step, id: newId() })
    done.push(step)
  }
  return done
}

/** Brings the tables back into the database, which must not have any of them. */
export async function restoreDatabase(
  store: Store,
  place: BackupPlace,
  { steps, newId }: { steps: readonly BackupStep[]; newId: () => string },
): Promise<void> {
  for (const step of steps) {
    await runBackup(store, `RESTORE ALL FROM ${placeSql(place)}`, { place, step, id: newId() })
  }
}

/** Bytes that a backup of this database takes, about. */
export async function databaseBytes(store: Store): Promise<number> {
  const [row] = await store.query<{ bytes: number }>(
    `SELECT toFloat64(sum(bytes_on_disk)) AS bytes FROM system.parts
     WHERE active AND database = {database:String}`,
    { database: store.database },
  )
  return row?.bytes ?? 0
}

export async function tablesOf(store: Store): Promise<string[]> {
  const rows = await store.query<{ name: string }>(
    // A rebuild's own tables come and go, and are worth nothing without it.
    `SELECT name FROM system.tables
     WHERE database = {database:String} AND NOT endsWith(name, '_rebuild') AND NOT is_temporary ORDER BY name`,
    { database: store.database },
  )
  return rows.map(({ name }) => name)
}

function placeSql(place: BackupPlace): string {
  return 'disk' in place ? 'Disk({disk:String}, {path:String})' : 'File({path:String})'
}

const POLL_MS = 200

interface BackupState {
  status: string
  /** Of ClickHouse's error; its text names files and settings. */
  error: string
}

/** Runs in the background of ClickHouse: it takes longer than any answer may take. */
async function runBackup(
  store: Store,
  statement: string,
  { place, step, id }: { place: BackupPlace; step: BackupStep; id: string },
): Promise<void> {
  const params = { ...place, path: `${place.path}/${step}`, id }
  await store.command(`${statement} SETTINGS id = '${id}' ASYNC`, params)
  for (;;) {
    const [state] = await store.query<BackupState>('SELECT status, error FROM system.backups WHERE id = {id:String}', {
      id,
    })
    if (!state) throw new Error('ClickHouse has forgotten the backup it was making: it was restarted.')
    if (state.status === 'BACKUP_CREATED' || state.status === 'RESTORED') return
    if (!/^(CREATING_BACKUP|RESTORING)$/.test(state.status)) {
      throw new Error(`ClickHouse could not ${statement.split(' ', 1)[0]} the step ${step}: ${codeOf(state.error)}`)
    }
    await sleep(POLL_MS)
  }
}

/** Its own name of the error, without the text. */
function codeOf(error: string): string {
  return /^Code: \d+/.exec(error)?.[0].concat(' ', /\(([A-Z_]+)\)/.exec(error)?.[1] ?? '') ?? 'no reason given'
}
