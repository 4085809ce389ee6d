import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import type { Filter, ReportQuestion } from '../../api/reports.ts'
import { reportQuery } from '../../api/reports.ts'
import { todayIn } from '../../format/dates.ts'
import { useSite } from '../../parts/use-site.ts'
import { columnIds, columns, comparedMetrics } from './columns.ts'
import type { DateRange } from './date-range.ts'
import { attributionOf, defaults, type ReportSearch, rangeOf, sortOf } from './report-search.ts'

const rows_max = 500

/** One step of the way into the report: a dimension and the value it was opened at. */
export type Path = readonly (readonly [dimension: string, value: string])[]

export interface ReportView {
  site: string
  timezone: string | undefined
  range: DateRange
  by: string
  sort: string
  search: ReportSearch
  /** The question whose rows stand inside a path, by the dimension given. */
  ask(path: Path, dimension: string | undefined): ReportQuestion
}

/** What the address asks for, with its defaults filled in. */
export function useReportView(site: string): ReportView {
  const search = useSearch({ from: '/' })
  const { site: settings } = useSite()
  const timezone = settings?.timezone
  const range = rangeOf(search, todayIn(timezone, new Date()))
  const by = search.by ?? defaults.by
  const { vs } = search
  const sort = sortWithin(sortOf(search), columnIds(vs !== undefined))
  return {
    site,
    timezone,
    range,
    by,
    sort,
    search,
    ask: (path, dimension) => ({
      site,
      ...range,
      metrics: vs ? comparedMetrics : columns,
      dimensions: dimension === undefined ? [] : [dimension],
      filters: filtersOf(path),
      attribution: attributionOf(search),
      ...(vs && { compare: { attribution: vs } }),
      ...(dimension !== undefined && { order_by: orderOf(sort, dimension) }),
      limit: rows_max,
    }),
  }
}

/** A link may sort by a column that its report has not. */
function sortWithin(sort: string, ids: readonly string[]): string {
  return ['label', ...ids].includes(sort.replace(/^-/, '')) ? sort : '-revenue'
}

/** The API orders by what it answers with; differences are worked out here, from what is great in one of the two. */
function orderOf(sort: string, dimension: string): string {
  if (sort === 'label' || sort === '-label') return sort.replace('label', dimension)
  return sort.replace(/^-?diff_/, '-')
}

/** A report; while another is on its way, the last one stays if its rows mean the same. */
export function useReport(question: ReportQuestion) {
  return useQuery({
    ...reportQuery(question),
    placeholderData: (last, query) => {
      const asked = query?.queryKey[1] as ReportQuestion | undefined
      const isAlike =
        asked?.site === question.site &&
        asked.dimensions[0] === question.dimensions[0] &&
        (asked.compare === undefined) === (question.compare === undefined)
      return isAlike ? last : undefined
    },
  })
}

export function filtersOf(path: Path): Filter[] {
  return path.map(([dimension, value]) => ({ dimension, op: 'is', values: [value] }))
}
