import type { MatrixKind } from '../../api/reports.ts'
import { isName, isOneOf, type ReportSearch, readReportSearch } from '../report/report-search.ts'

/** What can be counted in a cell. */
export const counted = ['leads', 'target_leads', 'deals', 'deals_won', 'revenue'] as const
export type Counted = (typeof counted)[number]

/** What assists can be told apart by. */
export const groupings = ['channel', 'source', 'medium', 'campaign', 'landing_path', 'referrer_host'] as const

/** What the address of the page says. Absent members stand for the defaults. */
export interface CrossSearch extends Pick<ReportSearch, 'site' | 'range' | 'from' | 'to' | 'model' | 'terms'> {
  kind?: MatrixKind | undefined
  by?: string | undefined
  metric?: Counted | undefined
  /** The cell whose rows are open. The second is null where nobody is credited. */
  cell?: [row: string, column: string | null] | undefined
}

export const crossDefaults = { kind: 'associated', by: 'channel' } as const

/** What is counted unasked: assists are many among leads, and what people bought is a deal. */
export function usualMetric(kind: MatrixKind | undefined): Counted {
  return kind === 'cannibalisation' ? 'deals' : 'leads'
}

/** Keeps of an address what makes sense and drops the rest. */
export function readCrossSearch(raw: Record<string, unknown>): CrossSearch {
  const { site, range, from, to, model, terms } = readReportSearch(raw)
  const search: CrossSearch = JSON.parse(JSON.stringify({ site, range, from, to, model, terms }))
  if (raw.kind === 'cannibalisation') search.kind = raw.kind
  else if (isName(raw.by) && raw.by !== crossDefaults.by) search.by = raw.by
  if (isOneOf(counted, raw.metric) && raw.metric !== usualMetric(search.kind)) search.metric = raw.metric
  const cell = readCell(raw.cell)
  if (cell) search.cell = cell
  return search
}

function readCell(raw: unknown): CrossSearch['cell'] {
  if (!Array.isArray(raw) || raw.length !== 2) return undefined
  const [row, column] = raw as unknown[]
  return typeof row === 'string' && (column === null || typeof column === 'string') ? [row, column] : undefined
}
