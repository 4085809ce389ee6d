import { Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { PeriodHeading } from '../../parts/period-heading.tsx'
import { SiteGate } from '../../parts/site-gate.tsx'
import { usePageTitle } from '../../parts/use-page-title.ts'
import { BehindDrawer } from './behind-drawer.tsx'
import { FiltersBar } from './filters-bar.tsx'
import { NothingPanel } from './nothing-panel.tsx'
import { ReportTable, ReportTableSkeleton } from './report-table.tsx'
import { TotalsStrip, TotalsStripSkeleton } from './totals-strip.tsx'
import { type ReportView, useReport, useReportView } from './use-report.ts'

/** The end-to-end report: what every source brought, from the visit to the money. */
export function ReportPage(): ReactNode {
  const { t } = useWords()
  usePageTitle(t('report.title'))
  return <SiteGate>{(site) => <SiteReport key={site} site={site} />}</SiteGate>
}

function SiteReport({ site }: { site: string }): ReactNode {
  const { t } = useWords()
  const view = useReportView(site)
  return (
    <Stack gap="md">
      <PeriodHeading title={t('report.title')} period={view} />
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
