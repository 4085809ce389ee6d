import type { Cell } from '../../api/reports.ts'

/** Orders rows by a metric, or by their label; of equals, the more visited comes first. Empty cells come last in both directions: they are no answer. */
export function sortRows<Row extends Record<string, Cell>>(
  rows: readonly Row[],
  sort: string,
  label: (row: Row) => string,
): Row[] {
  const falling = sort.startsWith('-')
  const key = falling ? sort.slice(1) : sort
  const sign = falling ? -1 : 1
  if (key === 'label')
    return rows.toSorted((a, b) => sign * label(a).localeCompare(label(b), undefined, { numeric: true }))
  return rows.toSorted((a, b) => {
    const [left, right] = [numberOf(a[key]), numberOf(b[key])]
    if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? 1 : -1
    return sign * (left - right) || visits(b) - visits(a) || label(a).localeCompare(label(b))
  })
}

const visits = (row: Record<string, Cell>) => numberOf(row.visits) ?? 0

function numberOf(cell: Cell | undefined): number | undefined {
  if (cell === null || cell === undefined || cell === '') return undefined
  const number = Number(cell)
  return Number.isFinite(number) ? number : undefined
}
