import type { Store } from '../client.ts'
import { factTableNames } from '../fact-tables.ts'

/**
 * Names the segments whose rows came into a backup after its list of segments did: without it nobody would read them. A
 * segment is one part, so that what is there of it is all of it. Returns how many there were.
 */
export async function nameUnnamedSegments(store: Store): Promise<number> {
  let named = 0
  for (const table of factTableNames) {
    const unnamed = `FROM ${table} AS t
      WHERE (t.node, t.segment) NOT IN (SELECT s.node, s.segment FROM segments AS s FINAL WHERE s.table = {table:String})`
    const [found] = await store.query<{ segments: number }>(
      `SELECT toUInt32(uniqExact(t.node, t.segment)) AS segments ${unnamed}`,
      { table },
    )
    if (!found?.segments) continue
    await store.command(
      `INSERT INTO segments (node, table, segment, rows, first_received_at, landed_at)
       SELECT t.node, {table:String}, t.segment, count(), min(t.received_at), now64(3) ${unnamed} GROUP BY t.node, t.segment`,
      { table },
    )
    named += found.segments
  }
  return named
}
