import type { Store } from '#storage/client.ts'

/**
 * Which snapshots are of the history as it stands: written where the history is, so that one of another database, or of a
 * state that was taken back by a restore, a rebuild or a removal, is known for it.
 */
export interface Marks {
  of(site: string): readonly string[]
}

export async function readMarks(store: Store): Promise<Marks> {
  const shards: Map<string, string[]>[] = []
  for (const shard of store.shards) {
    const rows = await shard.query<{ site: string; ids: string[] }>('SELECT site, ids FROM matching_snapshots FINAL')
    shards.push(new Map(rows.map(({ site, ids }) => [site, ids])))
  }
  const [first, ...others] = shards
  return {
    // Every shard must be the one that the snapshot was made of.
    of: (site) => (first?.get(site) ?? []).filter((id) => others.every((one) => one.get(site)?.includes(id))),
  }
}

/** Has these snapshots of a site count, and no others. */
export async function mark(store: Store, site: string, ids: readonly string[]): Promise<void> {
  for (const shard of store.shards) {
    await shard.command(
      `INSERT INTO matching_snapshots (site, ids, version)
       SELECT {site:String}, {ids:Array(String)}, max(m.version) + 1 FROM matching_snapshots AS m FINAL
       WHERE m.site = {site:String}`,
      { site, ids },
    )
  }
}

/** Has no snapshot count any more: of this site, or of any. */
export async function unmark(store: Store, site: string | undefined): Promise<void> {
  for (const shard of store.shards) {
    await shard.command(
      `INSERT INTO matching_snapshots (site, ids, version)
       SELECT m.site, [], m.version + 1 FROM matching_snapshots AS m FINAL
       WHERE notEmpty(m.ids) ${site === undefined ? '' : 'AND m.site = {site:String}'}`,
      site === undefined ? {} : { site },
    )
  }
}

/** Up to which migration the tables are. */
export async function schemaNumber(store: Store): Promise<number> {
  const [row] = await store.query<{ number: number }>('SELECT toFloat64(max(number)) AS number FROM migrations FINAL')
  return row?.number ?? 0
}
