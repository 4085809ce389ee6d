import type { Store } from '../client.ts'

/** One version of one document, as ClickHouse has it. */
export interface SettingsRow {
  kind: string
  id: string
  version: number
  body: string
  is_deleted: number
  changed_at_ms: number
  changed_by: string
}

/** Settings stand on the first shard alone, and are known although another is away. */
function home(store: Store): Store {
  return store.shards[0] ?? store
}

/** Grows with every change, as rows are only ever added. */
export async function countVersions(store: Store): Promise<number> {
  const [row] = await home(store).query<{ rows: string }>('SELECT count() AS rows FROM settings')
  return Number(row?.rows)
}

/** The newest version of every document, deleted ones too. */
export async function readNewest(store: Store): Promise<SettingsRow[]> {
  return (await home(store).query<TableRow>(`${selectRows} ${newestFirst} LIMIT 1 BY kind, id`)).map(fromTable)
}

/**
 * Adds a version and tells whether it is the one that counts: when two processes write the same number at the same moment,
 * both rows are kept for the audit log, and every reader takes the same one of them.
 */
export async function addVersion(store: Store, row: SettingsRow): Promise<boolean> {
  const { changed_at_ms: changed_at, ...columns } = row
  await home(store).insert('settings', [{ ...columns, changed_at }])
  const sql = `${selectRows} WHERE kind = {kind:String} AND id = {id:String} ${newestFirst} LIMIT 1`
  const [newest] = (await home(store).query<TableRow>(sql, { kind: row.kind, id: row.id })).map(fromTable)
  return (
    newest !== undefined && Object.entries(row).every(([name, value]) => newest[name as keyof SettingsRow] === value)
  )
}

interface TableRow extends Omit<SettingsRow, 'changed_at_ms'> {
  changed_at_ms: string
}

const selectRows = `SELECT kind, id, version, body, is_deleted, toUnixTimestamp64Milli(changed_at) AS changed_at_ms, changed_by
  FROM settings`

const newestFirst = 'ORDER BY kind, id, version DESC, changed_at, changed_by, body'

function fromTable({ changed_at_ms, ...row }: TableRow): SettingsRow {
  return { ...row, changed_at_ms: Number(changed_at_ms) }
}
