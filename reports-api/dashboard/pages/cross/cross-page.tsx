import { Group, NativeSelect, SegmentedControl, Stack } from '@mantine/core'
import { IconGridDots } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { registryQuery } from '../../api/registry.ts'
import type { Matrix, MatrixKind, Values } from '../../api/reports.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { PeriodHeading } from '../../parts/period-heading.tsx'
import { SiteGate } from '../../parts/site-gate.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import { usePageTitle } from '../../parts/use-page-title.ts'
import { AttributionFilter } from '../report/attribution-filter.tsx'
import { RangeFilter } from '../report/filters-bar.tsx'
import { ReportTableSkeleton } from '../report/report-table.tsx'
import { AssistsTable } from './assists-table.tsx'
import { CellDrawer } from './cell-drawer.tsx'
import { type Counted, type CrossSearch, counted, groupings } from './cross-search.ts'
import { MatrixTable } from './matrix-table.tsx'
import { SalesCards } from './sales-cards.tsx'
import { type CrossView, useChangeCross, useCrossView, useMatrix } from './use-cross.ts'

/** Who helped whom to a conversion, and what people came for and bought. */
export function CrossPage(): ReactNode {
  const { t } = useWords()
  usePageTitle(t('cross.title'))
  return <SiteGate>{(site) => <SiteCross key={site} site={site} />}</SiteGate>
}

function SiteCross({ site }: { site: string }): ReactNode {
  const { t } = useWords()
  const view = useCrossView(site)
  return (
    <Stack gap="md">
      <PeriodHeading title={t('cross.title')} period={view} />
      <CrossFilters view={view} />
      <CrossBody view={view} />
    </Stack>
  )
}

const kinds: readonly MatrixKind[] = ['associated', 'cannibalisation']

function CrossFilters({ view }: { view: CrossView }): ReactNode {
  const { t, language } = useWords()
  const { data: registry } = useQuery(registryQuery)
  const changeSearch = useChangeCross()
  // Another matrix has other cells: what was open in the old one is not carried over.
  const change = (part: CrossSearch) => changeSearch(({ cell: _, ...before }) => ({ ...before, ...part }))
  const { kind, by } = view.question
  const labelOf = (of: readonly { id: string; label: Record<string, string> }[] | undefined, id: string) =>
    of?.find((one) => one.id === id)?.label[language] ?? id
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label={t('cross.kind')}
        data={kinds.map((value) => ({ value, label: t(`cross.kind.${value}`) }))}
        value={kind}
        onChange={(next) => change({ kind: next as MatrixKind, by: undefined, metric: undefined })}
        style={{ alignSelf: 'flex-start' }}
        maw="100%"
      />
      <Group gap="md" align="flex-end">
        <RangeFilter search={view.search} range={view.range} change={change} />
        {kind === 'associated' && (
          <NativeSelect
            label={t('cross.by')}
            data={groupings.map((value) => ({ value, label: labelOf(registry?.dimensions, value) }))}
            value={by}
            onChange={(event) => change({ by: event.currentTarget.value })}
            flex={{ base: '1 1 120px', sm: '0 0 160px' }}
          />
        )}
        <NativeSelect
          label={t('cross.metric')}
          data={counted.map((value) => ({ value, label: labelOf(registry?.metrics, value) }))}
          value={view.metric}
          // The options are the only values that this control can have.
          onChange={(event) => change({ metric: event.currentTarget.value as Counted })}
          flex={{ base: '1 1 120px', sm: '0 0 160px' }}
        />
        {kind === 'associated' && <AttributionFilter search={view.search} change={change} />}
      </Group>
    </Stack>
  )
}

function CrossBody({ view }: { view: CrossView }): ReactNode {
  const { t } = useWords()
  const { data, error, isFetching, refetch } = useMatrix(view.question)
  const { kind } = view.question
  if (error && !data) return <FailurePanel error={error} retry={() => void refetch()} />
  if (!data) return <ReportTableSkeleton />
  const shown = withoutEmpty(data, view.metric)
  if (shown.cells.length === 0) {
    return (
      <StatePanel icon={<IconGridDots size={28} />} title={t('cross.empty.title')} text={t(`cross.empty.${kind}`)} />
    )
  }
  return (
    <>
      {kind === 'associated' ? (
        <AssistsTable matrix={shown} view={view} isStale={isFetching} />
      ) : (
        <SalesCards matrix={shown} view={view} />
      )}
      <MatrixTable matrix={shown} view={view} isStale={isFetching} />
      <CellDrawer matrix={shown} view={view} />
    </>
  )
}

/** The axes hold what any metric counts; a line of zeros tells nothing of the one that is looked at. */
function withoutEmpty(matrix: Matrix, metric: string): Matrix {
  const isCounted = (values: Values) => Number(values[metric] ?? 0) !== 0
  return {
    ...matrix,
    rows: matrix.rows.filter(({ total }) => isCounted(total)),
    columns: matrix.columns.filter(({ total }) => isCounted(total)),
    cells: matrix.cells.filter(({ values }) => isCounted(values)),
  }
}
