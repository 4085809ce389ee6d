import { type ByteText, toByteText } from '#domain/byte-text.ts'
import { type FactRow, type FactTable, factTableNames, factTables } from '#storage/fact-tables.ts'

/** A fact as the log keeps it, as bytes and without the row number in front, which the log adds: `"shop","id1",…]`. */
export function encodeRow<T extends FactTable>(table: T, row: FactRow<T>): ByteText {
  const listValues = listers.get(table) as (row: object) => unknown[] // Every fact table is in the map.
  return toByteText(written(listValues(row)).slice(1))
}

/** Neighbouring values of a row, without brackets. */
export function encodeValues(values: readonly unknown[]): ByteText {
  return toByteText(written(values).slice(1, -1))
}

function written(values: readonly unknown[]): string {
  const text = JSON.stringify(values)
  return text.includes('\\ud') ? text.replace(loneSurrogate, '$1\ufffd') : text
}

/** Code made for each table: to look up forty columns by name takes as long as to write them as JSON. */
const listers = new Map(factTableNames.map((table) => [table, makeLister(Object.keys(factTables[table]))] as const))

function makeLister(columns: readonly string[]): (row: object) => unknown[] {
  const values = columns.map((column) => `row[${JSON.stringify(column)}]`)
  return new Function('row', `return [${values.join(', ')}]`) as (row: object) => unknown[] // That is what the text says.
}

// ClickHouse refuses a row with half of a surrogate pair, which JSON.stringify writes as an escape (`\ud83d`);
// the group in front keeps a backslash that is text (`\\ud83d`) out of it.
const loneSurrogate = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g
