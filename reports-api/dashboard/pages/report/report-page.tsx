import { Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { formatDateRange } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { SiteGate } from '../../parts/site-gate.tsx'
import { BehindDrawer } from './behind-drawer.tsx'
import { FiltersBar } from './filters-bar.tsx'
import { NothingPanel } from './nothing-panel.tsx'
import { ReportTable, ReportTableSkeleton } from './report-table.tsx'
import { TotalsStrip, TotalsStripSkeleton } from './totals-strip.tsx'
import { type ReportView, useReport, useReportView } from './use-report.ts'

/** The end-to-end report: what every source brought, from the visit to the money. */
export function ReportPage(): ReactNode {
  const { t } = useWords()
  useEffect(() => {
    document.title = `${t('report.title')} · Throughline`
  }, [t])
  return <SiteGate>{(site) => <SiteReport key={site} site={site} />}</SiteGate>
}

function SiteReport({ site }: { site: string }): ReactNode {
  const { t, language } = useWords()
  const view = useReportView(site)
  return (
    <Stack gap="md">
      <Group justify="space-between" align="baseline" gap="xs">
        <Title order={1} size="h2">
          {t('report.title')}
        </Title>
        <Text c="dimmed" size="sm">
          {formatDateRange(view.range.from, view.range.to, language)}
          {view.timezone !== undefined && ` · ${t('report.timezone', { timezone: view.timezone })}`}
        </Text>
      </Group>
      <FiltersBar view={view} />
      <ReportBody view={view} />
      <BehindDrawer view={view} />
    </Stack>
  )
}

function ReportBody({ view }: { view: ReportView }): ReactNode {
  const { data, error, isFetching, refetch } = useReport(view.ask([], view.by))
  if (error && !data) return <FailurePanel error={error} retry={() => void refetch()} />
  if (!data) {
    return (
      <>
        <TotalsStripSkeleton />
        <ReportTableSkeleton />
      </>
    )
  }
  if (data.rows.length === 0) return <NothingPanel view={view} />
  return (
    <>
      <TotalsStrip report={data} />
      <ReportTable report={data} view={view} isStale={isFetching} />
    </>
  )
}
