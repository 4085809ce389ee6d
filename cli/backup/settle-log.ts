import { join } from 'node:path'
import { findLogs, type InspectedSegment, inspectLog } from '#ingest/log/inspect-log.ts'
import { removeSegment } from '#ingest/log/segment.ts'
import type { Store } from '#storage/client.ts'

/**
 * Brings a restored log and restored tables together. The log was copied first: a segment may have got more rows since,
 * and have landed with them. Its copy goes, because it is short and all of it is in the tables. Of one that has not
 * landed, refusals of rows that came after the copy go, because the log would count them.
 */
export async function settleLog(data_dir: string, store: Store): Promise<{ kept: number; landed: number }> {
  const counts = { kept: 0, landed: 0 }
  for (const log of await findLogs(join(data_dir, 'ingest'))) {
    for (const segment of (await inspectLog(log)).segments) {
      if (await isWhollyIn(store, segment)) {
        await removeSegment(segment)
        counts.landed++
      } else {
        await forgetLaterRefusals(store, segment)
        counts.kept++
      }
    }
  }
  return counts
}

async function isWhollyIn(store: Store, { node, table, segment, rows }: InspectedSegment): Promise<boolean> {
  const [found] = await store.query<{ landed: number; refused: number }>(
    `SELECT toFloat64(count()) AS landed,
      (SELECT toFloat64(uniqExact(q.row)) FROM quarantine AS q
        WHERE q.node = {node:String} AND q.table = {table:String} AND q.segment = {segment:UInt32}) AS refused
     FROM ${table} WHERE node = {node:String} AND segment = {segment:UInt32}`,
    { node, table, segment },
  )
  return (found?.landed ?? 0) + (found?.refused ?? 0) >= rows
}

async function forgetLaterRefusals(store: Store, { node, table, segment, rows }: InspectedSegment): Promise<void> {
  const where =
    'node = {node:String} AND table = {table:String} AND segment = {segment:UInt32} AND row >= {rows:UInt32}'
  const params = { node, table, segment, rows }
  const [later] = await store.query(`SELECT row FROM quarantine WHERE ${where} LIMIT 1`, params)
  if (!later) return
  for (const shard of store.shards) await shard.command(`DELETE FROM quarantine WHERE ${where}`, params)
}
