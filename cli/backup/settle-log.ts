import { join } from 'node:path'
import { findLogs, type InspectedSegment, inspectLog } from '#ingest/log/inspect-log.ts'
import { removeSegment } from '#ingest/log/segment.ts'
import type { Store } from '#storage/client.ts'

export interface SettledLog {
  /** Segments that the log lands after the start. */
  kept: InspectedSegment[]
  /** How many had landed. */
  landed: number
}

/**
 * Brings a restored log and restored tables together. The log was copied first: a segment may have got more rows since,
 * and have landed with them. Its copy goes, because it is short and all of it is in the tables. Of one that has not
 * landed, or in one of its months alone, rows and refusals that came after the copy go, because the log would count them.
 */
export async function settleLog(data_dir: string, store: Store): Promise<SettledLog> {
  const settled: SettledLog = { kept: [], landed: 0 }
  for (const log of await findLogs(join(data_dir, 'ingest'))) {
    for (const segment of (await inspectLog(log)).segments) {
      if ((await isNamed(store, segment)) || (await isWhollyIn(store, segment))) {
        await removeSegment(segment)
        settled.landed++
      } else {
        for (const table of [segment.table, 'quarantine']) await forgetLaterRows(store, table, segment)
        settled.kept.push(segment)
      }
    }
  }
  return settled
}

/** It had landed, and what is not there of it was erased since. */
async function isNamed(store: Store, { node, table, segment }: InspectedSegment): Promise<boolean> {
  const found = await store.query(
    'SELECT 1 FROM segments AS s WHERE s.node = {node:String} AND s.table = {table:String} AND s.segment = {segment:UInt32} LIMIT 1',
    { node, table, segment },
  )
  return found.length > 0
}

async function isWhollyIn(store: Store, { node, table, segment, rows }: InspectedSegment): Promise<boolean> {
  const [found] = await store.query<{ landed: number; refused: number }>(
    `SELECT toFloat64(count()) AS landed,
      (SELECT toFloat64(uniqExact(q.row)) FROM quarantine AS q
        WHERE q.node = {node:String} AND q.table = {table:String} AND q.segment = {segment:UInt32}
          AND q.row < {rows:UInt32}) AS refused
     FROM ${table} WHERE node = {node:String} AND segment = {segment:UInt32} AND row < {rows:UInt32}`,
    { node, table, segment, rows },
  )
  return (found?.landed ?? 0) + (found?.refused ?? 0) >= rows
}

async function forgetLaterRows(
  store: Store,
  from: string,
  { node, table, segment, rows }: InspectedSegment,
): Promise<void> {
  const ofTable = from === table ? '' : 'AND table = {table:String}'
  const where = `node = {node:String} AND segment = {segment:UInt32} AND row >= {rows:UInt32} ${ofTable}`
  const params = { node, table, segment, rows }
  const [later] = await store.query(`SELECT row FROM ${from} WHERE ${where} LIMIT 1`, params)
  if (!later) return
  for (const shard of store.shards) await shard.command(`DELETE FROM ${from} WHERE ${where}`, params)
}
