import { Paper, SimpleGrid, Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { registryQuery } from '../../api/registry.ts'
import type { Report } from '../../api/reports.ts'
import { formatMetric, formatShort, isWhole } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'

const shown = ['visits', 'leads', 'deals_won', 'revenue', 'cost', 'romi'] as const

/** Longer sums do not fit a card on a phone. */
const short_from = 10_000_000

/** The six numbers that are asked for first. */
export function TotalsStrip({ report }: { report: Report }): ReactNode {
  const { language } = useWords()
  const { data: registry } = useQuery(registryQuery)
  const { currency } = report.meta
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, lg: 6 }} spacing="sm" component="dl" m={0}>
      {shown.map((id) => {
        const metric = registry?.metrics.find((one) => one.id === id)
        const value = report.totals[id]
        const exact = formatMetric(value, metric?.unit ?? 'count', {
          language,
          currency,
          whole: isWhole([value ?? null]),
        })
        return (
          <Paper key={id} withBorder px="md" py="sm" style={{ display: 'flex', flexDirection: 'column' }}>
            <Text component="dt" size="sm" c="dimmed" title={metric?.description[language]}>
              {metric?.label[language] ?? id}
            </Text>
            <Text
              component="dd"
              m={0}
              title={exact}
              fz={{ base: 18, xs: 22 }}
              fw={650}
              style={{ fontVariantNumeric: 'tabular-nums' }}
            >
              {metric?.unit === 'money' && Math.abs(Number(value)) >= short_from
                ? formatShort(Number(value), { language, currency })
                : exact}
            </Text>
          </Paper>
        )
      })}
    </SimpleGrid>
  )
}

export function TotalsStripSkeleton(): ReactNode {
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, lg: 6 }} spacing="sm" aria-hidden>
      {shown.map((id) => (
        <Skeleton key={id} h={82} />
      ))}
    </SimpleGrid>
  )
}
