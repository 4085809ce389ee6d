import type { Params, Store } from '#storage/client.ts'

/** One deletion: rows of a table for which the condition holds. */
export interface Deletion {
  table: string
  where: string
  params: Params
}

/** How many rows the deletion would remove. */
export async function countRows(store: Store, { table, where, params }: Deletion): Promise<number> {
  let count = 0
  for (const shard of store.shards) {
    const [row] = await shard.query<{ n: number }>(
      `SELECT toFloat64(count()) AS n FROM ${table} WHERE ${where}`,
      params,
    )
    count += row?.n ?? 0
  }
  return count
}

/**
 * Starts the deletion on every server that has such rows. It goes on by itself, over a restart of ClickHouse as well;
 * asked for again, it finds nothing.
 */
export async function startDeletion(store: Store, { table, where, params }: Deletion): Promise<void> {
  for (const shard of store.shards) {
    const [found] = await shard.query(`SELECT 1 FROM ${table} WHERE ${where} LIMIT 1`, params)
    if (!found) continue
    // What a subquery of the condition finds is the same on every replica: the plan is written before.
    await shard.command(
      `ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 0, allow_nondeterministic_mutations = 1`,
      params,
    )
  }
}

/** Whether a deletion of these tables is still at work. */
export async function isDeleting(store: Store, tables: readonly string[]): Promise<boolean> {
  for (const shard of store.shards) {
    const [row] = await shard.query<{ n: number }>(
      `SELECT toFloat64(count()) AS n FROM system.mutations
       WHERE database = currentDatabase() AND NOT is_done AND table IN {tables:Array(String)}`,
      { tables },
    )
    if ((row?.n ?? 0) > 0) return true
  }
  return false
}

/** A part that is out of use and still on the disk. */
export type OldPart = string

/** Parts of these tables that are out of use: what was deleted is still in their files. */
export async function oldParts(store: Store, tables: readonly string[]): Promise<Set<OldPart>> {
  const parts = new Set<OldPart>()
  for (const [index, shard] of store.shards.entries()) {
    const rows = await shard.query<{ table: string; name: string }>(
      `SELECT table, name FROM system.parts
       WHERE database = currentDatabase() AND NOT active AND rows > 0 AND table IN {tables:Array(String)}`,
      { tables },
    )
    for (const { table, name } of rows) parts.add(`${index}/${table}/${name}`)
  }
  return parts
}
