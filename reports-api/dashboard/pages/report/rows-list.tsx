import { Anchor, Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconMoodEmpty } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type Row, type RowsQuestion, rowsQuery } from '../../api/reports.ts'
import { formatInstant } from '../../format/dates.ts'
import { formatMoney } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import { type RowBehind, readRow } from './read-row.ts'
import classes from './rows-list.module.css'

const rows_page = 50

interface RowsListProps {
  question: Omit<RowsQuestion, 'limit'>
  timezone: string | undefined
}

/** The raw rows behind a number, a page at a time, each with the way to its person. */
export function RowsList({ question, timezone }: RowsListProps): ReactNode {
  const { t } = useWords()
  const asked = useInfiniteQuery(rowsQuery({ ...question, limit: rows_page }))
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = asked
  if (error && !data) return <FailurePanel error={error} retry={() => void refetch()} />
  if (!data) return <ListSkeleton />
  const rows = data.pages.flatMap((page) => page.rows)
  if (rows.length === 0) return <StatePanel icon={<IconMoodEmpty size={28} />} title={t('behind.empty')} />
  return (
    <>
      <ul className={classes.list}>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one conversion may stand here once per touch, and rows never move.
          <Entry key={index} row={row} site={question.site} timezone={timezone} />
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

interface EntryProps {
  row: Row
  site: string
  timezone: string | undefined
}

function Entry({ row, site, timezone }: EntryProps): ReactNode {
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
            {entry.at && formatInstant(entry.at, 'moment', { language, timezone })}
          </Text>
        </div>
      </Group>
      {entry.uncredited !== '' && (
        <Text size="sm" c="dimmed">
          {name('uncredited', entry.uncredited)}
        </Text>
      )}
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
            <Link to="/persons/$person" params={{ person: entry.person }} search={{ site }} {...props} />
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
