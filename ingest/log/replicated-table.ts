import type { Store } from '#storage/client.ts'

const known = new WeakMap<Store, Map<string, boolean>>()

/** Whether ClickHouse keeps copies of a table on several servers: `Replicated…`, or `Shared…` in ClickHouse Cloud. */
export async function isReplicated(store: Store, table: string): Promise<boolean> {
  const answers = known.get(store) ?? new Map<string, boolean>()
  known.set(store, answers)
  let answer = answers.get(table)
  if (answer === undefined) {
    const [found] = await store.query<{ engine: string }>(
      'SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
      { table },
    )
    // Not remembered of a table that is not there yet.
    if (!found) return false
    answer = /^(Replicated|Shared)/.test(found.engine)
    answers.set(table, answer)
  }
  return answer
}
