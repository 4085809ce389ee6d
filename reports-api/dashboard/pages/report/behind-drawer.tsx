import { Anchor, Badge, Breadcrumbs, Button, Drawer, Group, Skeleton, Stack, Tabs, Text } from '@mantine/core'
import { IconMoodEmpty } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { registryQuery } from '../../api/registry.ts'
import { type Row, rowsQuery } from '../../api/reports.ts'
import { formatInstant } from '../../format/dates.ts'
import { formatMoney } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import classes from './behind-drawer.module.css'
import { type RowBehind, readRow } from './read-row.ts'
import { type Behind, behinds, defaults } from './report-search.ts'
import { useChangeSearch } from './use-change-search.ts'
import { filtersOf, type Path, type ReportView } from './use-report.ts'
import { useValueLabel } from './value-label.ts'

const rows_page = 50

/** The people behind a number of the report. What it shows is in the address, so «back» closes it. */
export function BehindDrawer({ view }: { view: ReportView }): ReactNode {
  const { t } = useWords()
  const change = useChangeSearch()
  const path = view.search.open
  const close = () => change(({ open: _, behind: __, ...before }) => before)
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
  const { t } = useWords()
  const { site, from, to, attribution } = view.ask(path, undefined)
  const question = { site, from, to, attribution, filters: filtersOf(path), metric: behind, limit: rows_page }
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(rowsQuery(question))
  if (error && !data) return <FailurePanel error={error} retry={() => void refetch()} />
  if (!data) return <ListSkeleton />
  const rows = data.pages.flatMap((page) => page.rows)
  if (rows.length === 0) return <StatePanel icon={<IconMoodEmpty size={28} />} title={t('behind.empty')} />
  return (
    <>
      <ul className={classes.list}>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one conversion may stand here once per touch, and rows never move.
          <Entry key={index} row={row} view={view} />
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" fullWidth mt="md" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('behind.more')}
        </Button>
      )}
    </>
  )
}

function Entry({ row, view }: { row: Row; view: ReportView }): ReactNode {
  const { t, language, name } = useWords()
  const entry = readRow(row)
  const source =
    entry.channel === 'uncredited'
      ? name('channel', entry.channel)
      : [entry.source, entry.medium, entry.campaign].filter(Boolean).join(' / ')
  return (
    <li className={classes.entry}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div className={classes.what}>
          <Group gap={8}>
            <Text size="sm" fw={600}>
              {titleOf(entry, name)}
            </Text>
            {entry.status !== '' && <StatusBadge entry={entry} />}
          </Group>
          <Text size="sm" c="dimmed" className={classes.source} title={source}>
            {source}
          </Text>
        </div>
        <div className={classes.side}>
          {entry.value !== undefined && (
            <Text size="sm" fw={600} className={classes.amount}>
              {formatMoney(entry.value, { language, currency: entry.currency, whole: true })}
            </Text>
          )}
          <Text size="sm" c="dimmed" component="time" dateTime={entry.at}>
            {entry.at && formatInstant(entry.at, 'moment', { language, timezone: view.timezone })}
          </Text>
        </div>
      </Group>
      {entry.weight < 1 && (
        <Text size="sm" c="dimmed">
          {t('behind.share', { percent: Math.round(entry.weight * 100) })}
        </Text>
      )}
      {entry.person === '' ? (
        <Text size="sm" c="dimmed">
          {t('behind.nobody')}
        </Text>
      ) : (
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link to="/persons/$person" params={{ person: entry.person }} search={{ site: view.site }} {...props} />
          )}
        >
          {t('behind.person')} →
        </Anchor>
      )}
    </li>
  )
}

function titleOf({ kind, id, lead_kind }: RowBehind, name: (group: string, id: string) => string): string {
  if (kind === 'visit') return name('entry', 'session')
  if (kind === 'deal') return `${name('entry', 'deal')} ${id}`
  return name('entry', 'lead') + (lead_kind === '' ? '' : `: ${name('lead_kind', lead_kind)}`)
}

function StatusBadge({ entry }: { entry: RowBehind }): ReactNode {
  const { name } = useWords()
  const color = { won: 'pine', open: 'blue', answered: 'pine', missed: 'red', busy: 'orange', failed: 'red' }[
    entry.status
  ]
  return (
    <Badge color={color ?? 'gray'} variant={color ? 'light' : 'default'} tt="none">
      {name(entry.kind === 'deal' ? 'deal' : 'call_status', entry.status)}
    </Badge>
  )
}

function ListSkeleton(): ReactNode {
  const { t } = useWords()
  return (
    <Stack aria-busy="true" aria-label={t('app.loading')}>
      {[0, 1, 2, 3, 4].map((row) => (
        <Skeleton key={row} h={76} />
      ))}
    </Stack>
  )
}
