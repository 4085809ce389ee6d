import type { NativeColumnRead } from '#storage/native/read-native.ts'

/**
 * Functions from rows to lists of values and back, made of the names of columns: written out, as a loop over forty names
 * takes ten times as long and matching does it for every event. The names are those of our own tables, never input.
 */
export function compileRow(names: readonly string[]): (values: readonly unknown[]) => Record<string, unknown> {
  const fields = names.map((name, index) => `${JSON.stringify(name)}: values[${index}]`)
  return new Function('values', `return { ${fields.join(', ')} }`) as ReturnType<typeof compileRow>
}

/** The values of these columns, and behind them whatever else is given. */
export function compileValues(names: readonly string[]): (row: object, ...more: unknown[]) => unknown[] {
  const fields = names.map((name) => `row[${JSON.stringify(name)}]`)
  return new Function('row', '...more', `return [${fields.join(', ')}, ...more]`) as ReturnType<typeof compileValues>
}

/** One column of some rows. */
export function compileColumn(name: string): (rows: readonly object[]) => unknown[] {
  return new Function('rows', `return rows.map((row) => row[${JSON.stringify(name)}])`) as ReturnType<
    typeof compileColumn
  >
}

/** A fact of one row of these columns, behind those of its place in the log. */
export function compileFact(
  table: string,
  columns: readonly { name: string; isMap: boolean }[],
): (columns: readonly NativeColumnRead[], row: number) => object {
  const said = columns.map(({ name, isMap }, index) => {
    const value = `columns[${index + 3}].at(row)`
    return `${JSON.stringify(name)}: ${isMap ? `JSON.parse(${value} || '{}')` : value}`
  })
  const place = ['node', 'segment', 'row'].map((name, index) => `${name}: columns[${index}].at(row)`)
  const fields = [...place, `table: ${JSON.stringify(table)}`, ...said]
  return new Function('columns', 'row', `return { ${fields.join(', ')} }`) as ReturnType<typeof compileFact>
}
