import { ActionIcon, Group, Loader, Table, Text, Tooltip } from '@mantine/core'
import { IconChevronRight, IconInfoCircle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { Cell } from '../../api/reports.ts'
import { formatDifference, formatMetric, type NumberStyle, type Unit } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { dimensionInside } from './columns.ts'
import { withDifferences } from './differences.ts'
import { type Behind, defaults } from './report-search.ts'
import classes from './report-table.module.css'
import { sortRows } from './sort-rows.ts'
import { useChangeSearch } from './use-change-search.ts'
import { type Path, type ReportView, useReport } from './use-report.ts'
import { useValueLabel } from './value-label.ts'

/** How a column of numbers is headed and written. */
export interface ColumnStyle {
  id: string
  label: string
  description: string | undefined
  unit: Unit
  number: NumberStyle
  /** Of a comparison: which side of it the column is. */
  side?: 'main' | 'vs' | 'difference'
}

interface RowsProps {
  rows: Record<string, Cell>[]
  dimension: string
  /** The rows that these stand inside of. */
  above: Path
  styles: readonly ColumnStyle[]
  view: ReportView
}

/** The rows of one level, in the order the address asks for. */
export function Rows({ rows, dimension, above, styles, view }: RowsProps): ReactNode {
  const label = useValueLabel()
  const readValue = (row: Record<string, Cell>) => String(row[dimension] ?? '')
  // Names sort by what the reader sees, dates and hours by what they are.
  const sortKey =
    dimension === view.by && isOrdered(dimension)
      ? readValue
      : (row: Record<string, Cell>) => label(dimension, readValue(row))
  const shown = view.search.vs ? rows.map(withDifferences) : rows
  return sortRows(shown, view.sort, sortKey).map((row) => (
    <Row key={readValue(row)} row={row} path={[...above, [dimension, readValue(row)]]} styles={styles} view={view} />
  ))
}

function isOrdered(dimension: string): boolean {
  return ['date', 'week', 'month', 'weekday', 'hour'].includes(dimension)
}

interface RowProps {
  row: Record<string, Cell>
  path: Path
  styles: readonly ColumnStyle[]
  view: ReportView
}

function Row({ row, path, styles, view }: RowProps): ReactNode {
  const { t } = useWords()
  const [isUnfolded, setUnfolded] = useState(false)
  const label = useValueLabel()
  const [dimension, value] = path.at(-1) ?? ['', '']
  const text = label(dimension, value)
  const inside = dimensionInside(path.map(([name]) => name))
  const isUncredited = dimension === 'channel' && value === 'uncredited'
  return (
    <>
      <Table.Tr className={classes.row} data-muted={isUncredited || undefined}>
        <Table.Th scope="row" className={classes.label}>
          <Group gap={6} wrap="nowrap" pl={(path.length - 1) * 22}>
            {inside === undefined || isUncredited ? (
              <span className={classes.gap} />
            ) : (
              <ActionIcon
                variant="subtle"
                color="gray"
                size={22}
                aria-expanded={isUnfolded}
                aria-label={t(isUnfolded ? 'report.fold' : 'report.unfold', { row: text })}
                onClick={() => setUnfolded(!isUnfolded)}
              >
                <IconChevronRight size={16} className={classes.chevron} data-open={isUnfolded || undefined} />
              </ActionIcon>
            )}
            <RowLabel path={path} text={text} view={view} />
            {isUncredited && (
              <Tooltip
                label={t('report.uncredited')}
                multiline
                maw={320}
                events={{ hover: true, focus: true, touch: true }}
              >
                <ActionIcon variant="transparent" color="gray" size={18} aria-label={t('report.uncredited')}>
                  <IconInfoCircle size={16} />
                </ActionIcon>
              </Tooltip>
            )}
          </Group>
        </Table.Th>
        <Numbers cells={row} styles={styles} path={path} view={view} />
      </Table.Tr>
      {isUnfolded && inside !== undefined && <Inside path={path} dimension={inside} styles={styles} view={view} />}
    </>
  )
}

/** The way to the people behind a row by keyboard; with a mouse every number of it opens them too. */
export function RowLabel({ path, text, view }: { path: Path; text: string; view: ReportView }): ReactNode {
  const { t } = useWords()
  return (
    <Link
      to="/"
      search={{
        ...view.search,
        open: path.map(([name, value]): [string, string] => [name, value]),
        behind: undefined,
        under: undefined,
      }}
      className={classes.open}
      aria-label={t('report.open', { row: text })}
      title={text}
      resetScroll={false}
    >
      {text}
    </Link>
  )
}

/** Ratios open the rows of what they are made from. */
const opens: Record<string, Behind> = {
  revenue: 'deals_won',
  cac: 'deals_won',
  romi: 'deals_won',
  drr: 'deals_won',
  visits: 'visits',
  target_leads: 'target_leads',
  calls: 'calls',
  deals: 'deals',
  deals_won: 'deals_won',
}

interface NumbersProps {
  cells: Record<string, Cell>
  styles: readonly ColumnStyle[]
  path: Path
  view: ReportView
}

export function Numbers({ cells, styles, path }: NumbersProps): ReactNode {
  const change = useChangeSearch()
  const open = (column: string) => {
    const behind = opens[column.replace(/^(compare|diff)_/, '')] ?? defaults.behind
    const steps = path.map(([name, value]): [string, string] => [name, value])
    const under = column.startsWith('compare_') ? ('vs' as const) : undefined
    change((before) => ({ ...before, open: steps, behind, under }))
  }
  return styles.map(({ id, unit, number, side }) => (
    <Table.Td
      key={id}
      className={classes.number}
      data-zero={Number(cells[id] ?? 0) === 0 || undefined}
      data-side={side}
      onClick={() => open(id)}
    >
      {(side === 'difference' ? formatDifference : formatMetric)(cells[id], unit, number)}
    </Table.Td>
  ))
}

interface InsideProps {
  path: Path
  dimension: string
  styles: readonly ColumnStyle[]
  view: ReportView
}

function Inside({ path, dimension, styles, view }: InsideProps): ReactNode {
  const { t } = useWords()
  const { data, error } = useReport(view.ask(path, dimension))
  if (data && data.rows.length > 0) {
    return <Rows rows={data.rows} dimension={dimension} above={path} styles={styles} view={view} />
  }
  return (
    <Table.Tr>
      <Table.Td className={classes.label}>
        <Text size="sm" c="dimmed" pl={path.length * 22 + 28} role="status">
          {error ? (
            t('report.inside.failed')
          ) : data ? (
            t('report.inside.empty')
          ) : (
            <Loader size={14} aria-label={t('app.loading')} />
          )}
        </Text>
      </Table.Td>
      <Table.Td colSpan={styles.length} />
    </Table.Tr>
  )
}
