import { Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { formatDateRange } from '../format/dates.ts'
import { useWords } from '../i18n/language.tsx'

interface Period {
  range: { from: string; to: string }
  /** Unknown to who may not read the settings of the site. */
  timezone: string | undefined
}

/** What a page of figures is called, and of which days they are. */
export function PeriodHeading({ title, period: { range, timezone } }: { title: string; period: Period }): ReactNode {
  const { t, language } = useWords()
  return (
    <Group justify="space-between" align="baseline" gap="xs">
      <Title order={1} size="h2">
        {title}
      </Title>
      <Text c="dimmed" size="sm">
        {formatDateRange(range.from, range.to, language)}
        {timezone !== undefined && ` · ${t('report.timezone', { timezone })}`}
      </Text>
    </Group>
  )
}
