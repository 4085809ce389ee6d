import { Paper, SimpleGrid, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Matrix } from '../../api/reports.ts'
import { useWords } from '../../i18n/language.tsx'
import { useCellWords } from './use-cell-words.ts'
import type { CrossView } from './use-cross.ts'

const shown = ['same', 'other', 'unknown'] as const

/** How many bought what they came for, and how many another. */
export function SalesCards({ matrix, view }: { matrix: Matrix; view: CrossView }): ReactNode {
  const { t } = useWords()
  const words = useCellWords(matrix, view)
  const all = Number(matrix.totals.total[view.metric] ?? 0)
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" component="dl" m={0}>
      {shown.map((id) => {
        const values = matrix.totals[id]
        const part = all === 0 ? null : Number(values?.[view.metric] ?? 0) / all
        return (
          <Paper key={id} withBorder px="md" py="sm">
            <Text component="dt" size="sm" c="dimmed">
              {t(`cross.${id}`)}
            </Text>
            <Text
              component="dd"
              m={0}
              fz={{ base: 18, xs: 22 }}
              fw={650}
              style={{ fontVariantNumeric: 'tabular-nums' }}
            >
              {words.number(values)}
              <Text span size="sm" c="dimmed" ml={8}>
                {t('cross.part', { share: words.share(part) })}
              </Text>
            </Text>
          </Paper>
        )
      })}
    </SimpleGrid>
  )
}
