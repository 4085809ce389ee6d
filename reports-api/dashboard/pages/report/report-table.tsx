import { Group, Paper, Skeleton, Table, Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type DescribedMetric, registryQuery } from '../../api/registry.ts'
import type { Report } from '../../api/reports.ts'
import { formatDateRange } from '../../format/dates.ts'
import { isWhole } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { columns } from './columns.ts'
import { type ColumnStyle, Numbers, RowLabel, Rows } from './report-rows.tsx'
import { defaults } from './report-search.ts'
import classes from './report-table.module.css'
import { useChangeSearch } from './use-change-search.ts'
import type { ReportView } from './use-report.ts'

interface ReportTableProps {
  report: Report
  view: ReportView
  /** A newer answer is on its way. */
  isStale: boolean
}

/** The report as a table: totals first, rows that unfold into the next step of their path. */
export function ReportTable({ report, view, isStale }: ReportTableProps): ReactNode {
  const { t, language } = useWords()
  const { data: registry } = useQuery(registryQuery)
  const styles = useColumnStyles(report, registry?.metrics)
  const dimension = registry?.dimensions.find(({ id }) => id === view.by)?.label[language] ?? view.by
  const dates = formatDateRange(view.range.from, view.range.to, language)
  const left = report.meta.currencies_left_out
  const model = registry?.models.find(({ id }) => id === (view.search.model ?? defaults.model))
  return (
    <Paper withBorder className={classes.frame} data-stale={isStale || undefined} aria-busy={isStale}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen must scroll by keyboard too. */}
      <section className={classes.scroll} tabIndex={0} aria-label={t('report.caption', { dimension, dates })}>
        <Table className={classes.table} verticalSpacing={8} horizontalSpacing="xs">
          <Table.Caption className={classes.caption}>
            <VisuallyHidden>{t('report.caption', { dimension, dates })}</VisuallyHidden>
          </Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <HeadCell id="label" label={dimension} view={view} />
              {styles.map(({ id, label, description }) => (
                <HeadCell key={id} id={id} label={label} title={description} view={view} />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Table.Tr className={classes.total}>
              <Table.Th scope="row" className={classes.label}>
                <Group gap={6} wrap="nowrap" pl={28}>
                  <RowLabel path={[]} text={t('report.total')} view={view} />
                </Group>
              </Table.Th>
              <Numbers cells={report.totals} styles={styles} path={[]} view={view} />
            </Table.Tr>
            <Rows rows={report.rows} dimension={view.by} above={[]} styles={styles} view={view} />
          </Table.Tbody>
        </Table>
      </section>
      <Text size="xs" c="dimmed" px="sm" py={8} className={classes.note}>
        {report.meta.row_count > report.rows.length
          ? t('report.more', { count: report.rows.length })
          : t('report.hint')}{' '}
        {left.length > 0 && t('report.currencies', { currencies: left.join(', '), currency: report.meta.currency })}{' '}
        {model && t('report.credit', { description: model.description[language] })}
      </Text>
    </Paper>
  )
}

function useColumnStyles(report: Report, metrics: DescribedMetric[] | undefined): ColumnStyle[] {
  const { language } = useWords()
  const { currency } = report.meta
  return columns.map((id) => {
    const metric = metrics?.find((one) => one.id === id)
    return {
      id,
      label: metric?.label[language] ?? id,
      description: metric?.description[language],
      unit: metric?.unit ?? 'count',
      number: { language, currency, whole: isWhole(report.rows.map((row) => row[id] ?? null)) },
    }
  })
}

interface HeadCellProps {
  id: string
  label: string
  title?: string | undefined
  view: ReportView
}

function HeadCell({ id, label, title, view }: HeadCellProps): ReactNode {
  const { t } = useWords()
  const change = useChangeSearch()
  const isFalling = view.sort === `-${id}`
  const isRising = view.sort === id
  // The first click on numbers shows the greatest, on names the start of the alphabet.
  const next = id === 'label' ? (isRising ? '-label' : 'label') : isFalling ? id : `-${id}`
  return (
    <Table.Th
      scope="col"
      className={id === 'label' ? classes.label : classes.number}
      aria-sort={isFalling ? 'descending' : isRising ? 'ascending' : 'none'}
    >
      <UnstyledButton
        className={classes.sort}
        title={title}
        aria-label={t('report.sort', { column: label })}
        onClick={() => change((before) => ({ ...before, sort: next }), { replace: true })}
      >
        {label}
        <span className={classes.arrow} aria-hidden>
          {isFalling && <IconArrowDown size={14} />}
          {isRising && <IconArrowUp size={14} />}
        </span>
      </UnstyledButton>
    </Table.Th>
  )
}

const skeletonRows = [0, 1, 2, 3, 4, 5, 6, 7]

export function ReportTableSkeleton(): ReactNode {
  const { t } = useWords()
  return (
    <Paper withBorder p="md" aria-busy="true" role="status">
      <VisuallyHidden>{t('app.loading')}</VisuallyHidden>
      {skeletonRows.map((row) => (
        <Group key={row} wrap="nowrap" py={9} aria-hidden>
          <Skeleton h={14} w={`${24 - row}%`} miw={90} />
          <Skeleton h={14} flex={1} />
        </Group>
      ))}
    </Paper>
  )
}
