import '@mantine/dates/styles.css'
import 'dayjs/locale/ru.js'
import { DatePickerInput, DatesProvider } from '@mantine/dates'
import { type ReactNode, useState } from 'react'
import { useWords } from '../../i18n/language.tsx'
import type { DateRange } from './date-range.ts'

interface CustomRangeProps {
  range: DateRange
  choose(range: DateRange): void
}

/** The first and the last day, from a calendar. The week begins on Monday in both languages. */
export default function CustomRange({ range, choose }: CustomRangeProps): ReactNode {
  const { t, language } = useWords()
  const [draft, setDraft] = useState<[string | null, string | null]>([range.from, range.to])
  return (
    <DatesProvider settings={{ locale: language, firstDayOfWeek: 1 }}>
      <DatePickerInput
        type="range"
        aria-label={t('report.range.pick')}
        valueFormat="D MMM YYYY"
        value={draft}
        allowSingleDateInRange
        hideOutsideDates
        weekendDays={[]}
        ariaLabels={{
          previousMonth: t('report.range.before'),
          nextMonth: t('report.range.after'),
          monthLevelControl: t('report.range.level'),
        }}
        miw={230}
        onChange={(next) => {
          setDraft(next)
          const [from, to] = next
          if (from && to) choose({ from, to })
        }}
      />
    </DatesProvider>
  )
}
