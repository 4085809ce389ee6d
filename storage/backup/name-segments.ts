import type { Store } from '../client.ts'
import { factTableNames } from '../fact-tables.ts'

/**
 * Names the segments whose rows came into a backup after its list of segments did: without it nobody would read them. Not
 * those that still wait in the log: a segment is a part in each month it touches, so one of two months may be in without the
 * other, and of a segment that is named nothing more is let in. Returns how many there were.
 */
export async function nameUnnamedSegments(
  store: Store,
  waiting: readonly { node: string; table: string; segment: number }[],
): Promise<number> {
  let named = 0
  for (const table of factTableNames) {
    const params = { table, waiting: waiting.filter((one) => one.table === table).map(keyOf) }
    const unnamed = `FROM ${table} AS t
      WHERE (t.node, t.segment) NOT IN (SELECT s.node, s.segment FROM segments AS s FINAL WHERE s.table = {table:String})
      GROUP BY t.node, t.segment
      HAVING NOT has({waiting:Array(String)}, concat(t.node, '/', toString(t.segment)))`
    const [found] = await store.query<{ segments: number }>(
      `SELECT toUInt32(count()) AS segments FROM (SELECT t.node, t.segment ${unnamed})`,
      params,
    )
    if (!found?.segments) continue
    await store.command(
      `INSERT INTO segments (node, table, segment, rows, first_received_at, landed_at)
       SELECT t.node, {table:String}, t.segment, count(), min(t.received_at), now64(3) ${unnamed}`,
      params,
    )
    named += found.segments
  }
  return named
}

function keyOf({ node, segment }: { node: string; segment: number }): string {
  return `${node}/${segment}`
}
