import { Badge, Box, Group, Paper, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { PersonDeal } from '../../api/people.ts'
import { formatMoney } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { CreditPanel } from './credit-panel.tsx'

const colors: Record<string, string> = { won: 'pine', open: 'blue' }

/** The deals of a person as they stand today. */
export function Deals({ deals }: { deals: readonly PersonDeal[] }): ReactNode {
  const { t, language, name } = useWords()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="deals">
      <Title order={2} size="h5" id="deals" mb="xs">
        {t('person.deals')}
      </Title>
      {deals.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('person.deals.none')}
        </Text>
      )}
      {deals.map((deal) => (
        <Box key={deal.id} py={4}>
          <Group justify="space-between" wrap="nowrap">
            <Group gap={8} miw={0}>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {deal.id}
              </Text>
              <DealStatus status={deal.status} />
            </Group>
            {deal.amount !== null && deal.amount !== undefined && (
              <Text size="sm" fw={600} style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
                {formatMoney(deal.amount, { language, currency: deal.currency ?? 'RUB', whole: true })}
              </Text>
            )}
          </Group>
          {deal.uncredited && (
            <Text size="sm" c="dimmed">
              {name('channel', 'uncredited')}: {name('uncredited', deal.uncredited)}
            </Text>
          )}
          <CreditPanel of="deals" id={deal.id} />
        </Box>
      ))}
    </Paper>
  )
}

export function DealStatus({ status }: { status: string }): ReactNode {
  const { name } = useWords()
  return (
    <Badge variant={colors[status] ? 'light' : 'default'} color={colors[status] ?? 'gray'} tt="none">
      {name('deal', status)}
    </Badge>
  )
}
