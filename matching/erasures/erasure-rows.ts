import type { Store } from '#storage/client.ts'
import { factTables } from '#storage/fact-tables.ts'
import type { Portion } from '../facts/read-new-facts.ts'

export type ErasureState = 'waiting' | 'removing' | 'clearing' | 'done' | 'refused'

/** An erasure as it was asked for, and how far it is. */
export interface ErasureRun {
  site: string
  id: string
  kind: 'phone' | 'email' | 'visitor' | 'person'
  key: string
  hash: string
  received_at: number
  waits_for: string
  state: ErasureState
  reason: string
  /** Rows removed, by table. */
  counts: Record<string, number>
  /** Counts up with every change that is written. */
  version: number
}

/** All erasures there are; few in the life of a database. */
export async function readErasures(store: Store): Promise<ErasureRun[]> {
  const rows = await store.query<Omit<ErasureRun, 'counts'> & { counts: Record<string, string> }>(
    `SELECT e.site AS site, e.id AS id, e.kind AS kind, e.key AS key, e.hash AS hash, e.received_ms AS received_at,
       e.waits_for AS waits_for, if(r.state = '', 'waiting', r.state) AS state, r.reason AS reason, r.counts AS counts,
       toFloat64(r.version) AS version
     FROM (
       SELECT site, id, kind, key, hash, waits_for, toFloat64(toUnixTimestamp64Milli(received_at)) AS received_ms
       FROM erasures ORDER BY received_at LIMIT 1 BY site, id
     ) AS e
     LEFT JOIN (SELECT site, id, state, reason, counts, version FROM erasure_runs FINAL) AS r
       ON r.site = e.site AND r.id = e.id
     ORDER BY received_at, id`,
  )
  return rows.map((row) => ({
    ...row,
    counts: Object.fromEntries(Object.entries(row.counts).map(([table, count]) => [table, Number(count)])),
  }))
}

/** Writes how far it is now. */
export async function writeRun(store: Store, run: ErasureRun, done_at: number | null = null): Promise<void> {
  run.version += 1
  const { site, id, state, reason, counts, received_at, version } = run
  await store.insert('erasure_runs', [{ site, id, state, reason, counts, received_at, done_at, version }])
}

/** Remembers who was erased, as hashes alone. */
export async function rememberErased(
  store: Store,
  { site, id }: ErasureRun,
  hashes: readonly { kind: string; hash: string }[],
): Promise<void> {
  const rows = hashes.map((one) => ({ site, erasure: id, ...one }))
  await store.insert('erased_identifiers', rows)
}

export async function readErased(store: Store, { site, id }: ErasureRun): Promise<string[]> {
  const rows = await store.query<{ hash: string }>(
    'SELECT DISTINCT hash FROM erased_identifiers WHERE site = {site:String} AND erasure = {id:String}',
    { site, id },
  )
  return rows.map(({ hash }) => hash)
}

/** The earliest receipt of each site among the rows just read, and among those of their segments that were refused. */
export function earliestReceipts(
  store: Store,
  { node, table, first_segment, last_segment, received_ms }: Portion,
): Promise<{ site: string; earliest_ms: number }[]> {
  // In a line of the log the number of the row stands before the columns, and ClickHouse counts from 1.
  const place = Object.keys(factTables[table]).indexOf('received_at') + 2
  return store.query(
    `SELECT site, min(received) AS earliest_ms FROM (
       SELECT toString(t.site) AS site, toFloat64(toUnixTimestamp64Milli(t.received_at)) AS received FROM ${table} AS t
       WHERE t.node = {node:String} AND t.segment >= {first:UInt32} AND t.segment <= {last:UInt32}
         AND t.received_at >= fromUnixTimestamp64Milli({received_ms:Int64})
       UNION ALL
       SELECT JSONExtractString(q.line, 2) AS site, JSONExtractFloat(q.line, {place:UInt8}) AS received
       FROM quarantine AS q
       WHERE q.node = {node:String} AND q.table = {table:String}
         AND q.segment >= {first:UInt32} AND q.segment <= {last:UInt32} AND received > 0)
     GROUP BY site`,
    { node, table, first: first_segment, last: last_segment, received_ms, place },
  )
}
