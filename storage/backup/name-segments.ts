import type { Store } from '../client.ts'
import { factTableNames } from '../fact-tables.ts'
import { tablesOf } from './backup-database.ts'

interface Unnamed {
  node: string
  segment: number
}

/**
 * Names the segments whose rows came into a backup after its list of segments did: without it nobody would read them. Not
 * those that still wait in the log: a segment is a part in each month it touches, so one of two months may be in without the
 * other, and of a segment that is named nothing more is let in. Returns how many there were. A backup of an earlier version
 * may lack a table of this one: the next start makes it.
 */
export async function nameUnnamedSegments(
  store: Store,
  waiting: readonly { node: string; table: string; segment: number }[],
): Promise<number> {
  let named = 0
  const there = new Set(await tablesOf(store))
  for (const table of factTableNames.filter((name) => there.has(name))) {
    const unnamed = `FROM ${table} AS t
      WHERE (t.node, t.segment) NOT IN (SELECT s.node, s.segment FROM segments AS s FINAL WHERE s.table = {table:String})`
    const found = await store.query<Unnamed>(`SELECT DISTINCT t.node AS node, t.segment AS segment ${unnamed}`, {
      table,
    })
    // Hours of facts may wait in the log, more than a query has room for; of these the tables have a month at most.
    const waits = new Set(waiting.filter((one) => one.table === table).map(keyOf))
    const left_out = found.map(keyOf).filter((key) => waits.has(key))
    if (found.length === left_out.length) continue
    await store.command(
      `INSERT INTO segments (node, table, segment, rows, first_received_at, landed_at)
       SELECT t.node, {table:String}, t.segment, count(), min(t.received_at), now64(3) ${unnamed}
       GROUP BY t.node, t.segment
       HAVING NOT has({left_out:Array(String)}, concat(t.node, '/', toString(t.segment)))`,
      { table, left_out },
    )
    named += found.length - left_out.length
  }
  return named
}

function keyOf({ node, segment }: Unnamed): string {
  return `${node}/${segment}`
}
