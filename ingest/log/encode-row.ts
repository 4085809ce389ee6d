import { type FactRow, type FactTable, factTableNames, factTables } from '#storage/fact-tables.ts'

/** A fact as the log keeps it, without the row number in front, which the log adds: `"shop","id1",…]`. */
export function encodeRow<T extends FactTable>(table: T, row: FactRow<T>): string {
  const columns = columnsOf.get(table) as readonly string[] // Every fact table is in the map.
  const values: unknown[] = new Array(columns.length)
  const fields = row as Record<string, unknown>
  for (let i = 0; i < columns.length; i++) values[i] = fields[columns[i] as string]
  const text = JSON.stringify(values)
  return (text.includes('\\ud') ? text.replace(loneSurrogate, '$1\ufffd') : text).slice(1)
}

const columnsOf = new Map(factTableNames.map((table) => [table, Object.keys(factTables[table])] as const))

// ClickHouse refuses a row with half of a surrogate pair, which JSON.stringify writes as an escape (`\ud83d`);
// the group in front keeps a backslash that is text (`\\ud83d`) out of it.
const loneSurrogate = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g
