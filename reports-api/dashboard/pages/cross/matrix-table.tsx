import { Paper, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { CSSProperties, ReactNode } from 'react'
import type { Matrix, MatrixCell } from '../../api/reports.ts'
import { useWords } from '../../i18n/language.tsx'
import { heatOf } from './heat.ts'
import classes from './matrix.module.css'
import { type CellWords, useCellWords } from './use-cell-words.ts'
import { axis_max, type CrossView } from './use-cross.ts'

interface MatrixTableProps {
  matrix: Matrix
  view: CrossView
  /** A newer answer is on its way. */
  isStale: boolean
}

/** The matrix as a table: the more, the warmer. Every number opens to the rows behind it. */
export function MatrixTable({ matrix, view, isStale }: MatrixTableProps): ReactNode {
  const { t } = useWords()
  const words = useCellWords(matrix, view)
  const { kind } = view.question
  const title = t(`cross.matrix.${kind}`)
  const caption = t('cross.matrix.caption', { title, metric: words.metric, dates: words.dates })
  const cells = new Map(matrix.cells.map((cell) => [keyOf(cell.row, cell.column), cell]))
  const heat = heatOf(matrix.cells, view.metric)
  return (
    <Paper withBorder className={classes.frame} data-stale={isStale || undefined} aria-busy={isStale}>
      <div className={classes.head}>
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {t(`cross.matrix.${kind}.text`)}
        </Text>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen must scroll by keyboard too. */}
      <section className={classes.scroll} tabIndex={0} aria-label={caption}>
        <Table className={classes.matrix} verticalSpacing={0} horizontalSpacing={0} withColumnBorders>
          <Table.Caption className={classes.caption}>
            <VisuallyHidden>{caption}</VisuallyHidden>
          </Table.Caption>
          <MatrixHead matrix={matrix} view={view} words={words} />
          <Table.Tbody>
            {matrix.rows.map((row) => (
              <Table.Tr key={row.value}>
                <Table.Th scope="row" className={classes.label} title={words.label(row.value)}>
                  {words.label(row.value)}
                </Table.Th>
                {matrix.columns.map(({ value }) => (
                  <Cell
                    key={value ?? '\n'}
                    cell={cells.get(keyOf(row.value, value))}
                    heat={heat}
                    words={words}
                    view={view}
                  />
                ))}
                <Table.Td className={classes.sum}>{words.number(row.total)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {matrix.rows_total > axis_max && (
        <Text size="xs" c="dimmed" px="sm" py={8} className={classes.note}>
          {t('cross.matrix.cut', { rows: axis_max, rows_total: matrix.rows_total })}
        </Text>
      )}
    </Paper>
  )
}

interface MatrixHeadProps {
  matrix: Matrix
  view: CrossView
  words: CellWords
}

function MatrixHead({ matrix, view, words }: MatrixHeadProps): ReactNode {
  const { t } = useWords()
  return (
    <Table.Thead>
      <Table.Tr>
        <Table.Td className={classes.label} c="dimmed">
          {t(`cross.matrix.corner.${view.question.kind}`)}
        </Table.Td>
        {matrix.columns.map(({ value }) => (
          <Table.Th key={value ?? '\n'} scope="col" className={classes.column} title={words.label(value)}>
            {words.label(value)}
          </Table.Th>
        ))}
        <Table.Th scope="col" className={classes.column}>
          {t('cross.matrix.total')}
        </Table.Th>
      </Table.Tr>
    </Table.Thead>
  )
}

interface CellProps {
  cell: MatrixCell | undefined
  heat(cell: MatrixCell): number
  words: CellWords
  view: CrossView
}

function Cell({ cell, heat, words, view }: CellProps): ReactNode {
  const { t } = useWords()
  if (!cell || Number(cell.values[view.metric] ?? 0) === 0) return <Table.Td className={classes.empty}>·</Table.Td>
  const value = words.number(cell.values)
  const share = words.share(cell.share_of_row[view.metric])
  // A style that CSS reads as a number: how warm the cell is, in hundredths.
  const style = { '--heat': `${heat(cell)}%` } as CSSProperties
  return (
    <Table.Td className={classes.cell} data-own={cell.row === cell.column || undefined} style={style}>
      <Link
        to="/cross"
        search={{ ...view.search, cell: [cell.row, cell.column] }}
        className={classes.open}
        aria-label={t('cross.matrix.cell', {
          row: words.label(cell.row),
          column: words.label(cell.column),
          value,
          share,
        })}
        resetScroll={false}
      >
        <span>{value}</span>
        <span className={classes.share}>{share}</span>
      </Link>
    </Table.Td>
  )
}

function keyOf(row: string, column: string | null): string {
  return JSON.stringify([row, column])
}
