import { Breadcrumbs, Drawer, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { registryQuery } from '../../api/registry.ts'
import { useWords } from '../../i18n/language.tsx'
import { type Behind, behinds, defaults } from './report-search.ts'
import { RowsList } from './rows-list.tsx'
import { useChangeSearch } from './use-change-search.ts'
import { filtersOf, type Path, type ReportView } from './use-report.ts'
import { useValueLabel } from './value-label.ts'

/** The people behind a number of the report. What it shows is in the address, so «back» closes it. */
export function BehindDrawer({ view }: { view: ReportView }): ReactNode {
  const { t } = useWords()
  const change = useChangeSearch()
  const path = view.search.open
  const close = () => change(({ open: _, behind: __, under: ___, ...before }) => before)
  return (
    <Drawer
      opened={path !== undefined}
      onClose={close}
      position="right"
      size={620}
      title={
        <Text fw={650} size="lg">
          {t('behind.title')}
        </Text>
      }
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {path && <Behinds path={path} view={view} />}
    </Drawer>
  )
}

function Behinds({ path, view }: { path: Path; view: ReportView }): ReactNode {
  const { t, language } = useWords()
  const change = useChangeSearch()
  const label = useValueLabel()
  const { data: registry } = useQuery(registryQuery)
  const behind = view.search.behind ?? defaults.behind
  // Visits have no manager and no stage: what the path cannot filter is not offered.
  const shown = behinds.flatMap((id) => {
    const metric = registry?.metrics.find((one) => one.id === id)
    return metric && path.every(([dimension]) => metric.dimensions.includes(dimension)) ? [metric] : []
  })
  return (
    <Stack gap="sm">
      <Breadcrumbs separator="›" aria-label={t('behind.path')}>
        {path.length === 0 && <Text size="sm">{t('report.total')}</Text>}
        {path.map(([dimension, value]) => (
          <Text key={dimension} size="sm">
            {label(dimension, value)}
          </Text>
        ))}
      </Breadcrumbs>
      <Tabs
        value={behind}
        keepMounted={false}
        onChange={(next) =>
          // The tabs below are the only values this control can hold.
          change((before) => ({ ...before, behind: (next ?? undefined) as Behind | undefined }), { replace: true })
        }
      >
        <Tabs.List>
          {shown.map(({ id, label: words }) => (
            <Tabs.Tab key={id} value={id} px="sm">
              {words[language]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={behind} pt="sm">
          <List key={behind} behind={behind} path={path} view={view} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}

function List({ behind, path, view }: { behind: Behind; path: Path; view: ReportView }): ReactNode {
  const { site, from, to, attribution, compare } = view.ask(path, undefined)
  const under = view.search.under === 'vs' && compare ? compare.attribution : attribution
  const filters = filtersOf(path)
  return (
    <RowsList question={{ site, from, to, attribution: under, filters, metric: behind }} timezone={view.timezone} />
  )
}
