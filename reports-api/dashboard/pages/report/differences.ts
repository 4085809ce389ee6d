import type { Cell } from '../../api/reports.ts'

/** A row of a comparison with `diff_METRIC` beside every METRIC and `compare_METRIC`: how much more the second model gives. */
export function withDifferences(row: Record<string, Cell>): Record<string, Cell> {
  const differences = Object.entries(row).flatMap(([name, value]) => {
    const other = row[`compare_${name}`]
    if (other === undefined) return []
    return [[`diff_${name}`, value === null || other === null ? null : difference(value, other)] as const]
  })
  return { ...row, ...Object.fromEntries(differences) }
}

/** To four decimals, which is what money and shared counts have: what binary fractions leave over is no difference. */
function difference(value: string | number, other: string | number): number {
  return Math.round((Number(other) - Number(value)) * 1e4) / 1e4
}
