import { useQuery } from '@tanstack/react-query'
import { registryQuery } from '../../api/registry.ts'
import type { Matrix, Values } from '../../api/reports.ts'
import { formatDateRange } from '../../format/dates.ts'
import { formatMetric, isWhole } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { useValueLabel } from '../report/value-label.ts'
import type { CrossView } from './use-cross.ts'

export interface CellWords {
  /** The name of a value on an axis. */
  label(value: string | null): string
  /** The page's metric of some sums, in the reader's way of writing. */
  number(values: Values | undefined): string
  share(part: number | null | undefined): string
  metric: string
  dimension: string
  dates: string
}

/** How the values and numbers of a matrix are written. */
export function useCellWords(matrix: Matrix, { metric: id, question, range }: CrossView): CellWords {
  const { t, language } = useWords()
  const { data: registry } = useQuery(registryQuery)
  const valueLabel = useValueLabel()
  const metric = registry?.metrics.find((one) => one.id === id)
  const { currency } = matrix.meta
  const whole = isWhole(matrix.rows.map(({ total }) => total[id] ?? null))
  return {
    label: (value) => {
      if (value === null) return t('cross.matrix.nobody')
      return value === '' && question.kind === 'cannibalisation'
        ? t('cross.matrix.unknown')
        : valueLabel(question.by, value)
    },
    number: (values) => formatMetric(values?.[id] ?? 0, metric?.unit ?? 'count', { language, currency, whole }),
    share: (part) => formatMetric(part, 'share', { language, currency }),
    metric: metric?.label[language] ?? id,
    dimension: registry?.dimensions.find((one) => one.id === question.by)?.label[language] ?? question.by,
    dates: formatDateRange(range.from, range.to, language),
  }
}
