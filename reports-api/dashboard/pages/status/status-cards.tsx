import { Code, Group, Paper, Progress, SimpleGrid, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Operation } from '../../api/operation.ts'
import { formatBytes } from '../../format/bytes.ts'
import { formatSpan } from '../../format/numbers.ts'
import { useWords, type Words } from '../../i18n/language.tsx'
import { type Item, type ItemLevel, items, standingStill } from './judge.ts'
import { LevelBadge } from './level.tsx'

interface StatusCardsProps {
  operation: Operation
  levels: Record<Item, ItemLevel>
}

/** A card for each thing that can go wrong: how it is, and in a sentence what that means. */
export function StatusCards({ operation, levels }: StatusCardsProps): ReactNode {
  const words = useWords()
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="sm">
      {items.map((item) => {
        // A service without matching has nothing to say of history.
        if (item === 'history' && operation.matching === null) return null
        return (
          <Paper
            key={item}
            component="section"
            withBorder
            px="md"
            py="sm"
            aria-labelledby={`status-${item}`}
            style={{ display: 'flex', flexDirection: 'column', gap: 6, minWidth: 0 }}
          >
            <Group justify="space-between" gap="xs" wrap="nowrap" align="start">
              <Text id={`status-${item}`} component="h2" size="sm" c="dimmed" fw={500}>
                {words.t(`status.${item}`)}
              </Text>
              <LevelBadge level={levels[item]} />
            </Group>
            <Text fz={20} fw={650} style={{ fontVariantNumeric: 'tabular-nums', overflowWrap: 'anywhere' }}>
              {figureOf(item, operation, words)}
            </Text>
            {item === 'size' && <Fill log={operation.log} />}
            <Text size="sm">{meaningOf(item, levels[item], operation, words)}</Text>
            {item === 'history' && <Positions positions={operation.matching?.positions ?? []} />}
          </Paper>
        )
      })}
    </SimpleGrid>
  )
}

function figureOf(item: Item, operation: Operation, { t, language }: Words): string {
  const { clickhouse, log, disk, quarantine, matching } = operation
  const unknown = t('status.unknown')
  const values: Record<Item, () => string> = {
    intake: () => t(log.full ? 'status.intake.off' : 'status.intake.on'),
    clickhouse: () => t(clickhouse.up ? 'status.clickhouse.up' : 'status.clickhouse.away'),
    age: () => formatSpan(log.age_ms, language),
    size: () =>
      t('status.size.of', { used: formatBytes(log.bytes, language), quota: formatBytes(log.quota_bytes, language) }),
    flush: () => log.last_flush_error ?? t('status.flush.none'),
    disk: () => (disk ? formatBytes(disk.free_bytes, language) : unknown),
    history: () => (typeof matching?.lag_ms === 'number' ? formatSpan(matching.lag_ms, language) : unknown),
    quarantine: () => (quarantine ? new Intl.NumberFormat(language).format(quarantine.rows) : unknown),
  }
  return values[item]()
}

function meaningOf(item: Item, level: ItemLevel, operation: Operation, { t, language }: Words): string {
  const { disk, quarantine, matching, intake_troubles } = operation
  if (level === 'unknown') return t('status.unknown.text')
  const raised = level !== 'good'
  switch (item) {
    case 'intake':
      return t(`status.intake.${level}`, { troubles: intake_troubles.join('; ') })
    case 'disk':
      return t(`status.disk.${level}`, { min: formatBytes(disk?.min_free_bytes ?? 0, language) })
    case 'quarantine': {
      const tables = quarantine?.tables.map(({ table, rows }) => `${table} ${rows}`).join(', ') ?? ''
      return raised ? t('status.quarantine.warn', { tables }) : t('status.quarantine.good')
    }
    case 'history': {
      const still = standingStill(matching)
      if (still.length > 0) return t('status.history.stopped_some', { processes: still.join(', ') })
      if (matching && !matching.running) return t('status.history.stopped')
      if (matching?.last_error) return t('status.history.failing', { error: matching.last_error })
      return t(raised ? 'status.history.warn' : 'status.history.good')
    }
    default:
      return t(raised ? `status.${item}.warn` : `status.${item}.good`)
  }
}

function Fill({ log }: { log: Operation['log'] }): ReactNode {
  const { t } = useWords()
  return (
    <>
      <Progress
        value={Math.min(100, (100 * log.bytes) / log.quota_bytes)}
        color={log.bytes > 0.5 * log.quota_bytes ? 'orange' : 'pine'}
        aria-label={t('status.size')}
      />
      <Text size="sm" c="dimmed">
        {t('status.size.pieces', { count: log.segments_waiting })}
      </Text>
    </>
  )
}

const POSITIONS_SHOWN_MAX = 4

function Positions({ positions }: { positions: readonly string[] }): ReactNode {
  const { t } = useWords()
  if (positions.length === 0) return null
  return (
    <details>
      <Text component="summary" size="sm" c="dimmed" style={{ cursor: 'pointer' }}>
        {t('status.history.position')}
      </Text>
      {positions.slice(0, POSITIONS_SHOWN_MAX).map((position) => (
        <Code key={position} display="block" mt={4} style={{ overflowWrap: 'anywhere' }}>
          {position}
        </Code>
      ))}
    </details>
  )
}
