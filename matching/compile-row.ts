import type { NativeColumnRead } from '#storage/native/read-native.ts'

/**
 * Functions from rows to lists of values and back, made of the names of columns: written out, as a loop over forty names
 * takes ten times as long and matching does it for every event. The names are those of our own tables, never input.
 */

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

/** What a field of a row is: a constant, or the value in a column of an answer as it was sent. */
export interface ReadField {
  name: string
  /** An expression of the value that was sent, as text; without a column, of nothing. */
  read(sent: string): string
  isSent: boolean
}

/** Rows of an answer by column. */
export function compileReadRow(
  fields: readonly ReadField[],
): (columns: readonly NativeColumnRead[], row: number) => object {
  let index = 0
  const said = fields.map(
    ({ name, read, isSent }) => `${JSON.stringify(name)}: ${read(isSent ? `columns[${index++}].at(row)` : '')}`,
  )
  return new Function('columns', 'row', `return { ${said.join(', ')} }`) as ReturnType<typeof compileReadRow>
}

export const asSent = (sent: string): string => sent

/** A map, or a list, sent as text; as none when it is empty: next to all are. */
export const asMap = (sent: string): string => `JSON.parse(${sent} || '{}')`
export const asList = (sent: string): string => `JSON.parse(${sent} || '[]')`
