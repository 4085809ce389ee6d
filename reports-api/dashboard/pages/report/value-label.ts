import { formatDate } from '../../format/dates.ts'
import { useWords, type Words } from '../../i18n/language.tsx'

/** Writes the value of a dimension for the reader: names for what we know, dates as dates, and a word for nothing. */
export function useValueLabel(): (dimension: string, value: string) => string {
  const words = useWords()
  return (dimension, value) => valueLabel(words, dimension, value)
}

const named = ['channel', 'device', 'lead_kind', 'weekday']

function valueLabel({ t, name, language }: Words, dimension: string, value: string): string {
  if (value === '') return t('report.not_set')
  if (named.includes(dimension)) {
    return name(dimension, value)
  }
  if (dimension === 'date' || dimension === 'week') return formatDate(value, language)
  if (dimension === 'month') {
    return new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
      new Date(value),
    )
  }
  if (dimension === 'hour') return `${value.padStart(2, '0')}:00`
  return value
}
