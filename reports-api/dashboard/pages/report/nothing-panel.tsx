import { Anchor, Button, Loader, Stack, Text } from '@mantine/core'
import { IconCalendarOff, IconRadar2 } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { reportQuery } from '../../api/reports.ts'
import { formatDateRange } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { CopyLine } from '../../parts/copy-line.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import { ReportTableSkeleton } from './report-table.tsx'
import { useChangeSearch } from './use-change-search.ts'
import type { ReportView } from './use-report.ts'

const look_again_ms = 3000

/** An empty report is one of two things: a quiet period, or a site that has sent nothing yet. */
export function NothingPanel({ view }: { view: ReportView }): ReactNode {
  const ever = useEverything(view)
  if (ever === undefined) return <ReportTableSkeleton />
  return ever ? <QuietPeriod view={view} /> : <FirstSteps site={view.site} />
}

/** Whether the site has ever had anything; looks again by itself while it has not. */
function useEverything(view: ReportView): boolean | undefined {
  const queries = useQueryClient()
  const { data, error } = useQuery({
    ...reportQuery({
      ...view.ask([], undefined),
      from: '2000-01-01',
      metrics: ['visits', 'leads', 'deals', 'cost'],
      limit: 1,
    }),
    refetchInterval: (query) => (hasAny(query.state.data?.totals) ? false : look_again_ms),
  })
  const some = error ? true : data && hasAny(data.totals)
  const wasEmpty = useRef(false)
  useEffect(() => {
    if (some && wasEmpty.current) void queries.invalidateQueries({ queryKey: ['report'] })
    wasEmpty.current = some === false
  }, [some, queries])
  return some
}

function hasAny(totals: Record<string, unknown> | undefined): boolean {
  return Object.values(totals ?? {}).some((total) => Number(total) > 0)
}

function QuietPeriod({ view }: { view: ReportView }): ReactNode {
  const { t, language } = useWords()
  const change = useChangeSearch()
  const dates = formatDateRange(view.range.from, view.range.to, language)
  return (
    <StatePanel
      icon={<IconCalendarOff size={28} />}
      title={t('report.empty.title')}
      text={t('report.empty.text', { dates })}
    >
      <Button
        variant="default"
        onClick={() => change(({ from: _, to: __, ...before }) => ({ ...before, range: 'year' }))}
      >
        {t('report.empty.wider')}
      </Button>
    </StatePanel>
  )
}

function FirstSteps({ site }: { site: string }): ReactNode {
  const { t } = useWords()
  const snippet = `<script async src="${window.location.origin}/t/${site}.js"></script>`
  return (
    <StatePanel icon={<IconRadar2 size={28} />} title={t('report.fresh.title')} text={t('report.fresh.text')}>
      <Stack w="100%" align="center">
        <CopyLine text={snippet} />
        <Anchor
          renderRoot={(props) => <Link to="/install" search={{ site }} {...props} />}
          underline="always"
          size="sm"
        >
          {t('report.fresh.how')}
        </Anchor>
        <Text size="sm" c="dimmed">
          <Loader size={12} mr={8} aria-hidden />
          {t('report.fresh.watch')}
        </Text>
        <Text size="sm" c="dimmed">
          {t('report.fresh.sources')}{' '}
          <Anchor href="/docs" underline="always">
            {t('app.reference')}
          </Anchor>
        </Text>
      </Stack>
    </StatePanel>
  )
}
