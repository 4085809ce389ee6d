import { formatMoney, parseMoney } from '#domain/money.ts'
import type { Cell } from './run-report.ts'

/** What is behind a cell, by metric: numbers, and money as a decimal string. */
export type Values = Record<string, string | number>

/** One sum as the store gave it. Several may fall into one cell. */
export interface Pair {
  row: string
  /** Null for what nobody is credited with. */
  column: string | null
  values: Values
}

export interface AxisValue<Value = string | null> {
  value: Value
  total: Values
}

export interface MatrixCell {
  row: string
  column: string | null
  values: Values
  /** Parts of the row's total and of the column's total; null over zero. */
  share_of_row: Record<string, number | null>
  share_of_column: Record<string, number | null>
}

export interface Layout<Row extends AxisValue<string> = AxisValue<string>> {
  rows: Row[]
  columns: AxisValue[]
  cells: MatrixCell[]
  rows_total: number
  columns_total: number
}

export interface LayOptions {
  metrics: readonly string[]
  money: ReadonlySet<string>
  /** Values on each axis that are kept. */
  limit: number
  /** Where a column's total is no sum of its cells. */
  columnTotals?: ReadonlyMap<string | null, Values>
  rowTotals?: ReadonlyMap<string, Values>
}

/** Lays pairs out as a matrix: the greatest values of both axes, in one order where they are the same. */
export function layMatrix(pairs: readonly Pair[], options: LayOptions): Layout {
  const { limit, metrics } = options
  const sum = adder(options)
  const cells = [...grouped(pairs, ({ row, column }) => JSON.stringify([row, column])).values()].map((same) => ({
    row: same[0]?.row as string,
    column: same[0]?.column as string | null,
    values: sum(same.map(({ values }) => values)),
  }))
  const totals = <Value extends string | null>(axis: 'row' | 'column', given?: ReadonlyMap<Value, Values>) =>
    new Map(
      [...grouped(cells, (cell) => cell[axis] as Value)].map(([value, of]) => [
        value,
        given?.get(value) ?? sum(of.map(({ values }) => values)),
      ]),
    )
  const rowTotals = totals<string>('row', options.rowTotals)
  const columnTotals = totals<string | null>('column', options.columnTotals)
  const greatest = (of: Map<string | null, Values>) =>
    [...of.keys()].toSorted(
      (a, b) =>
        Number(a === null) - Number(b === null) ||
        compareValues(of.get(b) as Values, of.get(a) as Values, metrics) ||
        ((a as string) < (b as string) ? -1 : 1),
    )
  const rows = (greatest(rowTotals) as string[]).slice(0, limit)
  const kept = keepNull(greatest(columnTotals), limit)
  const columns = [
    ...rows.filter((value) => kept.includes(value)),
    ...kept.filter((one) => !rows.includes(one as string)),
  ]
  const shares = (of: Values, whole: Values) =>
    Object.fromEntries(metrics.map((name) => [name, ratio(of[name], whole[name])]))
  return {
    rows: rows.map((value) => ({ value, total: rowTotals.get(value) as Values })),
    columns: columns.map((value) => ({ value, total: columnTotals.get(value) as Values })),
    cells: cells
      .filter(({ row, column }) => rows.includes(row) && columns.includes(column))
      .map((cell) => ({
        ...cell,
        share_of_row: shares(cell.values, rowTotals.get(cell.row) as Values),
        share_of_column: shares(cell.values, columnTotals.get(cell.column) as Values),
      }))
      .toSorted(
        (a, b) => rows.indexOf(a.row) - rows.indexOf(b.row) || columns.indexOf(a.column) - columns.indexOf(b.column),
      ),
    rows_total: rowTotals.size,
    columns_total: columnTotals.size,
  }
}

/** Adds values up: money exactly, the rest as numbers of six decimals. */
export function adder({ metrics, money }: Pick<LayOptions, 'metrics' | 'money'>): (all: readonly Values[]) => Values {
  return (all) =>
    Object.fromEntries(
      metrics.map((name) => [
        name,
        money.has(name)
          ? formatMoney(all.reduce((sum, values) => sum + (parseMoney(values[name] ?? '0') ?? 0n), 0n))
          : Math.round(all.reduce((sum, values) => sum + Number(values[name] ?? 0), 0) * 1e6) / 1e6,
      ]),
    )
}

/** A part of a whole, or a ratio of two sums, to six decimals; null over zero. */
export function ratio(part: Cell | undefined, whole: Cell | undefined): number | null {
  const bottom = Number(whole ?? 0)
  return bottom === 0 ? null : Math.round((Number(part ?? 0) / bottom) * 1e6) / 1e6
}

export function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

/** What nobody is credited with is one column, and never cut off. */
function keepNull(values: (string | null)[], limit: number): (string | null)[] {
  const named = values.filter((value) => value !== null)
  return [...named.slice(0, limit), ...(named.length < values.length ? [null] : [])]
}

/** By the first metric that tells them apart. */
function compareValues(a: Values, b: Values, metrics: readonly string[]): number {
  for (const name of metrics) {
    const difference = Number(a[name]) - Number(b[name])
    if (difference !== 0) return difference
  }
  return 0
}
