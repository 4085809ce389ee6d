import { Paper, Table, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Operation } from '../../api/operation.ts'
import { useWords } from '../../i18n/language.tsx'

/** What was not taken and why, beside how much was. */
export function Refused({ facts }: { facts: Operation['facts'] }): ReactNode {
  const { t, name, language } = useWords()
  const numbers = new Intl.NumberFormat(language)
  return (
    <Paper component="section" withBorder px="md" py="sm" aria-labelledby="status-refused">
      <Title id="status-refused" order={2} size="h4">
        {t('status.refused')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {facts.refused.length === 0 ? t('status.refused.none') : t('status.refused.text')}{' '}
        {t('status.refused.share', { count: facts.accepted })}.
      </Text>
      {facts.refused.length > 0 && (
        <Table aria-labelledby="status-refused" maw={720}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('status.refused.fact')}</Table.Th>
              <Table.Th scope="col">{t('status.refused.reason')}</Table.Th>
              <Table.Th scope="col" ta="right">
                {t('status.refused.count')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {facts.refused.map(({ fact, reason, count }) => (
              <Table.Tr key={`${fact} ${reason}`}>
                <Table.Td>{name('intake', fact)}</Table.Td>
                <Table.Td>{name('refusal', reason)}</Table.Td>
                <Table.Td ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
                  {numbers.format(count)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  )
}
