import { Group, Paper, Skeleton, Table, Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type Registry, registryQuery } from '../../api/registry.ts'
import type { Attribution, Report } from '../../api/reports.ts'
import { formatDateRange } from '../../format/dates.ts'
import { isWhole } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { columnIds, isCredited } from './columns.ts'
import { withDifferences } from './differences.ts'
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
  const styles = useColumnStyles(report, registry, view.search.vs)
  const dimension = registry?.dimensions.find(({ id }) => id === view.by)?.label[language] ?? view.by
  const dates = formatDateRange(view.range.from, view.range.to, language)
  const left = report.meta.currencies_left_out
  const { vs } = view.search
  const model = registry?.models.find(({ id }) => id === (view.search.model ?? defaults.model))
  const other = vs && registry?.models.find(({ id }) => id === vs.model)
  return (
    <Paper withBorder className={classes.frame} data-stale={isStale || undefined} aria-busy={isStale}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen must scroll by keyboard too. */}
      <section className={classes.scroll} tabIndex={0} aria-label={t('report.caption', { dimension, dates })}>
        <Table className={classes.table} verticalSpacing={8} horizontalSpacing="xs">
          <Table.Caption className={classes.caption}>
            <VisuallyHidden>{t('report.caption', { dimension, dates })}</VisuallyHidden>
          </Table.Caption>
          <Table.Thead>
            {vs ? (
              <ComparedHead dimension={dimension} styles={styles} view={view} />
            ) : (
              <Table.Tr>
                <HeadCell id="label" label={dimension} view={view} />
                {styles.map(({ id, label, description }) => (
                  <HeadCell key={id} id={id} label={label} title={description} view={view} />
                ))}
              </Table.Tr>
            )}
          </Table.Thead>
          <Table.Tbody>
            <Table.Tr className={classes.total}>
              <Table.Th scope="row" className={classes.label}>
                <Group gap={6} wrap="nowrap" pl={28}>
                  <RowLabel path={[]} text={t('report.total')} view={view} />
                </Group>
              </Table.Th>
              <Numbers
                cells={vs ? withDifferences(report.totals) : report.totals}
                styles={styles}
                path={[]}
                view={view}
              />
            </Table.Tr>
            <Rows rows={report.rows} dimension={view.by} above={[]} styles={styles} view={view} />
          </Table.Tbody>
        </Table>
      </section>
      <Text size="xs" c="dimmed" px="sm" py={8} className={classes.note}>
        {report.meta.rows_total > report.rows.length
          ? t('report.more', { count: report.rows.length })
          : t('report.hint')}{' '}
        {left.length > 0 && t('report.currencies', { currencies: left.join(', '), currency: report.meta.currency })}{' '}
        {model && t('report.credit', { description: model.description[language] })}{' '}
        {other && t('report.vs.credit', { description: other.description[language] })}
      </Text>
    </Paper>
  )
}

function useColumnStyles(report: Report, registry: Registry | undefined, vs: Attribution | undefined): ColumnStyle[] {
  const { t, language } = useWords()
  const { currency } = report.meta
  const nameOf = (model: string) => registry?.models.find(({ id }) => id === model)?.label[language] ?? model
  return columnIds(vs !== undefined).map((id) => {
    const [, side = '', name = id] = /^(compare_|diff_)?(\w+)$/.exec(id) ?? []
    const metric = registry?.metrics.find((one) => one.id === name)
    const compared = vs && isCredited(name) && sideOf(side)
    const titles = { main: '', vs: vs ? nameOf(vs.model) : '', difference: t('report.vs.difference') }
    return {
      id,
      label: compared && compared !== 'main' ? titles[compared] : (metric?.label[language] ?? id),
      description: metric?.description[language],
      unit: metric?.unit ?? 'count',
      number: { language, currency, whole: isWhole(report.rows.map((row) => row[name] ?? null)) },
      ...(compared && { side: compared }),
    }
  })
}

function sideOf(prefix: string): NonNullable<ColumnStyle['side']> {
  return prefix === 'compare_' ? 'vs' : prefix === 'diff_' ? 'difference' : 'main'
}

interface ComparedHeadProps {
  dimension: string
  styles: readonly ColumnStyle[]
  view: ReportView
}

/** Two lines: the metric over both models and what lies between them. */
function ComparedHead({ dimension, styles, view }: ComparedHeadProps): ReactNode {
  const { language } = useWords()
  const { data: registry } = useQuery(registryQuery)
  const main = view.search.model ?? defaults.model
  const mainName = registry?.models.find(({ id }) => id === main)?.label[language] ?? main
  let metric = ''
  const inner = styles
    .filter(({ side }) => side !== undefined)
    .map((style) => {
      if (style.side === 'main') metric = style.label
      return { ...style, short: style.side === 'main' ? mainName : style.label, metric }
    })
  return (
    <>
      <Table.Tr>
        <HeadCell id="label" label={dimension} view={view} rowSpan={2} />
        {styles.map((style) =>
          style.side === undefined ? (
            <HeadCell
              key={style.id}
              id={style.id}
              label={style.label}
              title={style.description}
              view={view}
              rowSpan={2}
            />
          ) : style.side === 'main' ? (
            <Table.Th key={style.id} scope="colgroup" colSpan={3} className={classes.group} title={style.description}>
              {style.label}
            </Table.Th>
          ) : null,
        )}
      </Table.Tr>
      <Table.Tr>
        {inner.map(({ id, short, metric: of, side }) => (
          <HeadCell key={id} id={id} label={short} spoken={`${of}, ${short}`} side={side} view={view} />
        ))}
      </Table.Tr>
    </>
  )
}

interface HeadCellProps {
  id: string
  label: string
  title?: string | undefined
  /** How the column is called where its label alone does not tell it from others. */
  spoken?: string
  side?: ColumnStyle['side']
  rowSpan?: number
  view: ReportView
}

function HeadCell({ id, label, title, spoken = label, side, rowSpan, view }: HeadCellProps): ReactNode {
  const { t } = useWords()
  const change = useChangeSearch()
  const isFalling = view.sort === `-${id}`
  const isRising = view.sort === id
  // The first click on numbers shows the greatest, on names the start of the alphabet.
  const next = id === 'label' ? (isRising ? '-label' : 'label') : isFalling ? id : `-${id}`
  return (
    <Table.Th
      scope="col"
      rowSpan={rowSpan}
      data-side={side}
      className={id === 'label' ? classes.label : classes.number}
      aria-sort={isFalling ? 'descending' : isRising ? 'ascending' : 'none'}
    >
      <UnstyledButton
        className={classes.sort}
        title={title}
        aria-label={t('report.sort', { column: spoken })}
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
