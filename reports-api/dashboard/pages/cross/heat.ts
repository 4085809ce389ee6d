import type { MatrixCell } from '../../api/reports.ts'

/** The palest that is still seen. */
const HEAT_MIN = 6

/**
 * How warm each cell is, 0…100. The root of its part of the greatest: among few large numbers the small ones would all look
 * alike. What a row has of its own is no part of the scale: it is nearly always the greatest, and says nothing of the others.
 */
export function heatOf(cells: readonly MatrixCell[], metric: string): (cell: MatrixCell) => number {
  const amountOf = (cell: MatrixCell) => Math.max(0, Number(cell.values[metric] ?? 0))
  const others = cells.filter(({ row, column }) => row !== column)
  const most = Math.max(0, ...others.map(amountOf))
  return (cell) => {
    if (cell.row === cell.column || most === 0 || amountOf(cell) === 0) return 0
    return Math.max(HEAT_MIN, Math.round(100 * Math.sqrt(amountOf(cell) / most)))
  }
}
