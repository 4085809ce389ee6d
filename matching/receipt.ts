import type { FactTable } from '#storage/fact-tables.ts'

/** Where a fact stands in the log: the one order of «first» and «later» that every run agrees on. */
export interface Receipt {
  received_at: number
  node: string
  table: FactTable
  segment: number
  row: number
}

/** Negative when `a` was received before `b`. */
export function compareReceipts(a: Receipt, b: Receipt): number {
  return (
    a.received_at - b.received_at ||
    compareText(a.node, b.node) ||
    compareText(a.table, b.table) ||
    a.segment - b.segment ||
    a.row - b.row
  )
}

/** By code units: the same on every machine, unlike the locale's order. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
