import type { Store } from '#storage/client.ts'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'

/** Where a refused row stood in the log: what names it for good. */
export interface QuarantineKey {
  node: string
  table: FactTable
  segment: number
  row: number
}

/** A refused row as it may be shown: without what is in it, but for its site and its id. */
export interface QuarantinedRow extends QuarantineKey {
  reason: string
  quarantined_at: string
  site: string
  id: string
}

/** A refused row with its line of the log, which may hold personal data. */
export interface QuarantinedLine extends QuarantinedRow {
  line: string
}

export interface QuarantineFilter {
  table?: FactTable | undefined
  keys?: readonly QuarantineKey[] | undefined
  /** Only rows that stand after this one. */
  after?: QuarantineKey | undefined
  limit: number
}

/** Refused rows that were not replayed, in the order of the log. */
export function readQuarantine(store: Store, filter: QuarantineFilter): Promise<QuarantinedLine[]> {
  const { table, keys, after, limit } = filter
  const tuple = '(q.node, q.table, q.segment, q.row)'
  const conditions = [
    `${tuple} GLOBAL NOT IN (SELECT r.node, r.table, r.segment, r.row FROM quarantine_replays AS r FINAL)`,
    ...(table === undefined ? [] : ['q.table = {table:String}']),
    ...(keys === undefined
      ? []
      : ["has({keys:Array(String)}, concat(q.node, '.', q.table, '-', toString(q.segment), '.', toString(q.row)))"]),
    ...(after === undefined
      ? []
      : [`${tuple} > ({node:String}, {after_table:String}, {segment:UInt32}, {row:UInt32})`]),
  ]
  return store.query<QuarantinedLine>(
    `SELECT q.node AS node, q.table AS table, q.segment AS segment, q.row AS row, q.reason AS reason,
       q.quarantined_at AS quarantined_at, q.line AS line,
       JSONExtractString(q.line, 2) AS site, JSONExtractString(q.line, 3) AS id
     FROM quarantine AS q FINAL
     WHERE ${conditions.join(' AND ')}
     ORDER BY q.node, q.table, q.segment, q.row
     LIMIT {limit:UInt32}`,
    {
      limit,
      ...(table !== undefined && { table }),
      ...(keys !== undefined && { keys: keys.map(nameOf) }),
      ...(after !== undefined && {
        node: after.node,
        after_table: after.table,
        segment: after.segment,
        row: after.row,
      }),
    },
  )
}

/** How many refused rows of each table wait for somebody to look at them. */
export async function countQuarantine(store: Pick<Store, 'query'>): Promise<Map<FactTable, number>> {
  const rows = await store.query<{ table: FactTable; rows: string }>(
    `SELECT q.table AS table, count() AS rows FROM quarantine AS q FINAL
     WHERE (q.node, q.table, q.segment, q.row)
       GLOBAL NOT IN (SELECT r.node, r.table, r.segment, r.row FROM quarantine_replays AS r FINAL)
     GROUP BY q.table`,
  )
  return new Map(rows.map(({ table, rows }) => [table, Number(rows)]))
}

/** Notes that these rows are in the log again; only after they are synced there. */
export async function markReplayed(
  store: Store,
  keys: readonly QuarantineKey[],
  { position, now_ms }: { position: string; now_ms: number },
): Promise<void> {
  await store.insert(
    'quarantine_replays',
    keys.map(({ node, table, segment, row }) => ({ node, table, segment, row, position, replayed_at: now_ms })),
  )
}

/** A refused row's name for people: `k3x…9.events-17.4`. */
export function nameOf({ node, table, segment, row }: QuarantineKey): string {
  return `${node}.${table}-${segment}.${row}`
}

/** The row of a name; undefined when it is none. */
export function parseName(text: string): QuarantineKey | undefined {
  const [, node, table, segment, row] = /^(\w{1,40})\.([a-z]{1,20})-(\d{1,10})\.(\d{1,10})$/.exec(text) ?? []
  if (node === undefined || !factTableNames.includes(table as FactTable)) return undefined
  const key = { node, table: table as FactTable, segment: Number(segment), row: Number(row) }
  return key.segment < 2 ** 32 && key.row < 2 ** 32 ? key : undefined
}
