import type { Store } from '#storage/client.ts'

/** Which of these texts stand in which columns of which tables; asked of every column there is that can hold text. */
export async function whereFound(
  store: Pick<Store, 'query'>,
  texts: readonly string[],
): Promise<{ found: string[]; columns: number }> {
  const tables = await store.query<{ table: string; names: string[] }>(
    `SELECT c.table AS table, groupArray(c.name) AS names FROM system.columns AS c
     INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
     WHERE c.database = currentDatabase() AND c.type LIKE '%String%' AND t.engine LIKE '%MergeTree'
     GROUP BY c.table`,
  )
  const found: string[] = []
  for (const { table, names } of tables) {
    const columns = names.map((name) => `('${name}', toString(\`${name}\`))`).join(', ')
    const rows = await store.query<{ hit: string }>(
      `SELECT DISTINCT concat('${table}.', arrayJoin(arrayFilter(one -> multiSearchAny(one.2, {texts:Array(String)}),
         [${columns}])).1) AS hit FROM ${table}`,
      { texts },
    )
    for (const { hit } of rows) found.push(hit)
  }
  const deletions = await store.query(
    `SELECT 1 FROM system.mutations WHERE database = currentDatabase() AND multiSearchAny(command, {texts:Array(String)})`,
    { texts },
  )
  if (deletions.length > 0) found.push('the text of a deletion')
  return { found, columns: tables.flatMap(({ names }) => names).length }
}
