import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import type { Filter, ReportQuestion } from '../../api/reports.ts'
import { reportQuery } from '../../api/reports.ts'
import { todayIn } from '../../format/dates.ts'
import { useSite } from '../../parts/use-site.ts'
import { columns } from './columns.ts'
import type { DateRange } from './date-range.ts'
import { defaults, type ReportSearch, rangeOf, sortOf } from './report-search.ts'

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
  const sort = sortOf(search)
  const model = search.model ?? defaults.model
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
      metrics: columns,
      dimensions: dimension === undefined ? [] : [dimension],
      filters: filtersOf(path),
      attribution: { model },
      ...(dimension !== undefined && {
        order_by: sort === 'label' || sort === '-label' ? sort.replace('label', dimension) : sort,
      }),
      limit: rows_max,
    }),
  }
}

/** A report; while another is on its way, the last one stays if its rows mean the same. */
export function useReport(question: ReportQuestion) {
  return useQuery({
    ...reportQuery(question),
    placeholderData: (last, query) => {
      const asked = query?.queryKey[1] as ReportQuestion | undefined
      return asked?.site === question.site && asked.dimensions[0] === question.dimensions[0] ? last : undefined
    },
  })
}

export function filtersOf(path: Path): Filter[] {
  return path.map(([dimension, value]) => ({ dimension, op: 'is', values: [value] }))
}
