import { Paper, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Matrix, MatrixRow, Values } from '../../api/reports.ts'
import { formatMetric } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import classes from './matrix.module.css'
import { type CellWords, useCellWords } from './use-cell-words.ts'
import type { CrossView } from './use-cross.ts'

interface AssistsTableProps {
  matrix: Matrix
  view: CrossView
  /** A newer answer is on its way. */
  isStale: boolean
}

/** What each value took part in: what it is credited with, and what it assisted in, by where it stood. */
export function AssistsTable({ matrix, view, isStale }: AssistsTableProps): ReactNode {
  const { t } = useWords()
  const words = useCellWords(matrix, view)
  const caption = t('cross.assists.caption', { dimension: words.dimension, dates: words.dates })
  const { uncredited } = matrix.totals
  return (
    <Paper withBorder className={classes.frame} data-stale={isStale || undefined} aria-busy={isStale}>
      <div className={classes.head}>
        <Title order={2} size="h4">
          {t('cross.assists.title')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('cross.assists.text')}
        </Text>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen must scroll by keyboard too. */}
      <section className={classes.scroll} tabIndex={0} aria-label={caption}>
        <Table className={classes.assists} verticalSpacing={8} horizontalSpacing="xs">
          <Table.Caption className={classes.caption}>
            <VisuallyHidden>{caption}</VisuallyHidden>
          </Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col" className={classes.label}>
                {words.dimension}
              </Table.Th>
              {columns.map(({ id }) => (
                <Table.Th key={id} scope="col" className={classes.number}>
                  {t(`cross.assists.${id}`)}
                </Table.Th>
              ))}
              <Table.Th scope="col" className={classes.number}>
                {t('cross.assists.ratio')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {matrix.rows.map((row) => (
              <AssistsRow key={row.value} row={row} words={words} metric={view.metric} />
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {uncredited && Number(uncredited[view.metric] ?? 0) !== 0 && (
        <Text size="xs" c="dimmed" px="sm" py={8} className={classes.note}>
          {t('cross.assists.uncredited', { value: words.number(uncredited) })}
        </Text>
      )}
    </Paper>
  )
}

const columns = [
  { id: 'took_part', of: ({ total }: MatrixRow): Values | undefined => total },
  { id: 'credited', of: ({ credited }: MatrixRow) => credited },
  { id: 'assisted', of: ({ assisted }: MatrixRow) => assisted },
  { id: 'first', of: ({ assisted_first }: MatrixRow) => assisted_first },
  { id: 'middle', of: ({ assisted_middle }: MatrixRow) => assisted_middle },
  { id: 'last', of: ({ assisted_last }: MatrixRow) => assisted_last },
] as const

function AssistsRow({ row, words, metric }: { row: MatrixRow; words: CellWords; metric: string }): ReactNode {
  const { language } = useWords()
  const ratio = row.assisted_per_credited?.[metric]
  return (
    <Table.Tr className={classes.row}>
      <Table.Th scope="row" className={classes.label} title={words.label(row.value)}>
        {words.label(row.value)}
      </Table.Th>
      {columns.map(({ id, of }) => (
        <Table.Td key={id} className={classes.number} data-zero={Number(of(row)?.[metric] ?? 0) === 0 || undefined}>
          {words.number(of(row))}
        </Table.Td>
      ))}
      <Table.Td className={classes.number}>{formatMetric(ratio, 'ratio', { language, currency: '' })}</Table.Td>
    </Table.Tr>
  )
}
