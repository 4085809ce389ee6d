import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type MatrixQuestion, matrixQuery } from '../../api/reports.ts'
import { todayIn } from '../../format/dates.ts'
import { useSite } from '../../parts/use-site.ts'
import type { DateRange } from '../report/date-range.ts'
import { attributionOf, rangeOf } from '../report/report-search.ts'
import { type Counted, type CrossSearch, counted, crossDefaults, usualMetric } from './cross-search.ts'

/** Values on each axis: more would be a wall of numbers. */
export const axis_max = 30

export interface CrossView {
  search: CrossSearch
  range: DateRange
  timezone: string | undefined
  metric: Counted
  question: MatrixQuestion
}

/** What the address asks for, with its defaults filled in. */
export function useCrossView(site: string): CrossView {
  const search = useSearch({ from: '/cross' })
  const { site: settings } = useSite()
  const timezone = settings?.timezone
  const range = rangeOf(search, todayIn(timezone, new Date()))
  const kind = search.kind ?? crossDefaults.kind
  const by = kind === 'cannibalisation' ? 'project' : (search.by ?? crossDefaults.by)
  const metric = search.metric ?? usualMetric(kind)
  // The metric of the page first: it says which values are the greatest.
  const metrics = [metric, ...counted.filter((id) => id !== metric)]
  return {
    search,
    range,
    timezone,
    metric,
    question: { site, ...range, attribution: attributionOf(search), kind, by, metrics, limit: axis_max },
  }
}

/** A matrix; while another is on its way, the last one stays if its axes mean the same. */
export function useMatrix(question: MatrixQuestion) {
  return useQuery({
    ...matrixQuery(question),
    placeholderData: (last, query) => {
      const asked = query?.queryKey[1] as MatrixQuestion | undefined
      const isAlike = asked?.site === question.site && asked.kind === question.kind && asked.by === question.by
      return isAlike ? last : undefined
    },
  })
}

/** Changes the address of the page, which is where all of its filters live. */
export function useChangeCross(): (change: (before: CrossSearch) => CrossSearch) => void {
  const navigate = useNavigate()
  return (change) =>
    void navigate({ to: '/cross', search: (before) => change(before as CrossSearch), resetScroll: false })
}
