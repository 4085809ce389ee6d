import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { callApi } from './call-api.ts'

export interface Filter {
  dimension: string
  op: 'is' | 'is_not' | 'contains' | 'in' | 'on_path'
  values: string[]
}

/** A model, and what of it was set; the rest is as the registry says. */
export interface Attribution {
  model: string
  lookback_days?: number
  direct?: boolean
  half_life_days?: number
  weights?: number[]
}

export interface ReportQuestion {
  site: string
  from: string
  to: string
  metrics: readonly string[]
  dimensions: readonly string[]
  filters: readonly Filter[]
  attribution: Attribution
  /** The same numbers under another model: answered as `compare_METRIC`. */
  compare?: { attribution: Attribution }
  /** The rows that are left when `limit` cuts some off are the first in this order. */
  order_by?: string
  limit: number
}

export type Cell = string | number | null

export interface Report {
  rows: Record<string, Cell>[]
  totals: Record<string, Cell>
  meta: {
    currency: string
    timezone: string
    /** All rows there are, whatever the limit. */
    rows_total: number
    /** Sums in these were not added to money of another currency. */
    currencies_left_out: string[]
  }
}

export function reportQuery(question: ReportQuestion) {
  return queryOptions({
    queryKey: ['report', question],
    staleTime: 15_000,
    queryFn: ({ signal }) => callApi<Report>('/v1/reports/query', { body: question, signal }),
  })
}

/** The raw rows behind a number. */
export interface RowsQuestion extends Omit<ReportQuestion, 'metrics' | 'dimensions' | 'order_by' | 'compare'> {
  metric: string
}

/** A visit, or a step of the path to a lead or deal. Which columns there are depends on the metric. */
export type Row = Record<string, Cell | undefined>

interface RowsPage {
  rows: Row[]
  cursor?: string | null
}

export function rowsQuery(question: RowsQuestion) {
  return infiniteQueryOptions({
    queryKey: ['rows', question],
    staleTime: 15_000,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      callApi<RowsPage>('/v1/reports/rows', { body: { ...question, cursor: pageParam }, signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  })
}

export type MatrixKind = 'associated' | 'cannibalisation'

export interface MatrixQuestion extends Pick<ReportQuestion, 'site' | 'from' | 'to' | 'attribution' | 'metrics'> {
  kind: MatrixKind
  by: string
  /** Values on each axis. */
  limit: number
}

export type Values = Record<string, string | number>

export interface MatrixRow {
  value: string
  total: Values
  credited?: Values
  assisted?: Values
  assisted_first?: Values
  assisted_middle?: Values
  assisted_last?: Values
  assisted_per_credited?: Record<string, number | null>
}

export interface MatrixCell {
  row: string
  column: string | null
  values: Values
  share_of_row: Record<string, number | null>
  share_of_column: Record<string, number | null>
}

export interface Matrix {
  rows: MatrixRow[]
  columns: { value: string | null; total: Values }[]
  cells: MatrixCell[]
  rows_total: number
  columns_total: number
  totals: { total: Values; same?: Values; other?: Values; unknown?: Values; uncredited?: Values; assisted?: Values }
  /** Filters of the rows behind a cell, to be filled in with the values of its row and column. */
  behind: { row: Omit<Filter, 'values'>; column: Omit<Filter, 'values'>; nobody?: Filter }
  meta: { currency: string; currencies_left_out: string[] }
}

export function matrixQuery(question: MatrixQuestion) {
  return queryOptions({
    queryKey: ['matrix', question],
    staleTime: 15_000,
    queryFn: ({ signal }) => callApi<Matrix>('/v1/reports/matrix', { body: question, signal }),
  })
}
