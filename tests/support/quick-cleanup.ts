import type { Store } from '#storage/client.ts'

/**
 * Lets ClickHouse remove the files of parts that are out of use at once. By itself it keeps them for eight minutes, and
 * looks twice a minute: too long for a test that waits until bytes are gone.
 */
export async function cleanUpQuickly(store: Pick<Store, 'query' | 'command'>): Promise<void> {
  const tables = await store.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  )
  for (const { name } of tables) {
    await store.command(
      `ALTER TABLE ${name} MODIFY SETTING old_parts_lifetime = 0, cleanup_delay_period = 1,
         cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1`,
    )
    // What looks after the parts reads its settings when the table is attached.
    await store.command(`DETACH TABLE ${name} SYNC`)
    await store.command(`ATTACH TABLE ${name}`)
  }
}
