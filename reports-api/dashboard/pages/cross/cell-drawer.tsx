import { Drawer, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Filter, Matrix } from '../../api/reports.ts'
import { useWords } from '../../i18n/language.tsx'
import { RowsList } from '../report/rows-list.tsx'
import { useCellWords } from './use-cell-words.ts'
import { type CrossView, useChangeCross } from './use-cross.ts'

/** The rows behind a cell. Which one is in the address, so «back» closes it. */
export function CellDrawer({ matrix, view }: { matrix: Matrix; view: CrossView }): ReactNode {
  const { t } = useWords()
  const change = useChangeCross()
  const words = useCellWords(matrix, view)
  const { cell } = view.search
  const { site, from, to, attribution } = view.question
  return (
    <Drawer
      opened={cell !== undefined}
      onClose={() => change(({ cell: _, ...before }) => before)}
      position="right"
      size={620}
      title={
        <Text fw={650} size="lg">
          {t('cross.behind')}
        </Text>
      }
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {cell && (
        <Stack gap="sm">
          <Text size="sm">
            {words.label(cell[0])} → {words.label(cell[1])} · {words.metric}
          </Text>
          <RowsList
            question={{ site, from, to, attribution, filters: filtersOf(cell, matrix.behind), metric: view.metric }}
            timezone={view.timezone}
          />
        </Stack>
      )}
    </Drawer>
  )
}

function filtersOf(
  [row, column]: [string, string | null],
  { row: ofRow, column: ofColumn, nobody }: Matrix['behind'],
): Filter[] {
  const columnFilter = column === null ? nobody : { ...ofColumn, values: [column] }
  return [{ ...ofRow, values: [row] }, ...(columnFilter ? [columnFilter] : [])]
}
