import type { Params, Store } from '#storage/client.ts'
import type { FactRow, FactTable } from '#storage/fact-tables.ts'
import { factTableNames, factTables } from '#storage/fact-tables.ts'
import type { NativeColumnRead } from '#storage/native/read-native.ts'
import { asMap, asSent, compileReadRow } from '../compile-row.ts'
import type { Receipt } from '../receipt.ts'

/** A fact with its place in the log. */
export type Fact<Table extends FactTable> = FactRow<Table> & Receipt

/** Columns matching never needs: who reads facts by id opens them there. */
const unused: Partial<Record<FactTable, readonly string[]>> = {
  events: ['title', 'form_fields', 'form_name', 'name', 'props', 'ip', 'user_agent', 'clock_shift_ms'],
  calls: ['body'],
  leads: ['body', 'text'],
  deals: ['body'],
  annotations: ['body', 'comment', 'dispute', 'tags'],
}

/** The columns of a fact table for a SELECT from `AS t`: instants as epoch milliseconds, decimals as text. */
export function selectFact(table: FactTable): string {
  const columns = columnsOf(table).map(([name, type]) => `${readAs(`t.\`${name}\``, type)} AS \`${name}\``)
  return [`t.node AS node`, 't.segment AS segment', 't.row AS row', `'${table}' AS table`, ...columns].join(', ')
}

/** Facts of a table by the rest of a SELECT from `AS t`. */
export async function readFactRows<Table extends FactTable>(
  store: Store,
  table: Table,
  rest: string,
  params: Params,
): Promise<Fact<Table>[]> {
  const rows: Fact<Table>[] = []
  for (const block of await readFactBlocks(store, table, rest, params)) {
    for (let row = 0; row < block.rows; row++) rows.push(block.fact(row))
  }
  return rows
}

/** Facts that are made one by one, when they are asked for. */
export interface FactBlock<Table extends FactTable> {
  rows: number
  fact(row: number): Fact<Table>
  /** One column of them. */
  column(name: keyof FactRow<Table>): NativeColumnRead
}

/** The same, for whoever must not hold them all. */
export async function readFactBlocks<Table extends FactTable>(
  store: Store,
  table: Table,
  rest: string,
  params: Params,
): Promise<FactBlock<Table>[]> {
  const names = columnsOf(table)
  const said = names.map(([name, type]) => `${sendAs(`t.\`${name}\``, type)} AS \`${name}\``)
  const sql = `SELECT t.node AS node, t.segment AS segment, t.row AS row, ${said.join(', ')} FROM ${table} AS t ${rest}`
  return (await store.columns(sql, params)).map(({ rows, columns }) => ({
    rows,
    // The columns are those of the fact, in their order.
    fact: (row) => toRow[table](columns, row) as Fact<Table>,
    column: (wanted) => columns[3 + names.findIndex(([name]) => name === wanted)] as NativeColumnRead,
  }))
}

/** A map is text on the way: next to all are empty. */
function sendAs(column: string, type: string): string {
  return type.startsWith('Map') ? `if(empty(${column}), '', toJSONString(${column}))` : readAs(column, type)
}

function columnsOf(table: FactTable): [name: string, type: string][] {
  return Object.entries<string>(factTables[table]).filter(([name]) => !unused[table]?.includes(name))
}

function readAs(column: string, type: string): string {
  if (type.includes('DateTime64')) return `toFloat64(toUnixTimestamp64Milli(${column}))`
  if (type.includes('Decimal')) return `toString(${column})`
  // 64-bit integers would come quoted.
  if (/^U?Int64/.test(type)) return `toFloat64(${column})`
  return column
}

const toRow = Object.fromEntries(
  factTableNames.map((table) => [
    table,
    compileReadRow([
      ...['node', 'segment', 'row'].map((name) => ({ name, isSent: true, read: asSent })),
      { name: 'table', isSent: false, read: () => JSON.stringify(table) },
      ...columnsOf(table).map(([name, type]) => ({
        name,
        isSent: true,
        read: type.startsWith('Map') ? asMap : asSent,
      })),
    ]),
  ]),
) as Record<FactTable, ReturnType<typeof compileReadRow>>
