import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { callApi } from './call-api.ts'

export interface Filter {
  dimension: string
  op: 'is' | 'is_not' | 'contains' | 'in'
  values: string[]
}

export interface ReportQuestion {
  site: string
  from: string
  to: string
  metrics: readonly string[]
  dimensions: readonly string[]
  filters: readonly Filter[]
  attribution: { model: string }
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
    row_count: number
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
export interface RowsQuestion extends Omit<ReportQuestion, 'metrics' | 'dimensions' | 'order_by'> {
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
