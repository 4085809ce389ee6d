import { Alert, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError } from '../../api/call-api.ts'
import { type Operation, operationQuery } from '../../api/operation.ts'
import { formatInstant } from '../../format/dates.ts'
import { formatSpan } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import { usePageTitle } from '../../parts/use-page-title.ts'
import { judge, verdict } from './judge.ts'
import { levelColors, levelIcons } from './level.tsx'
import { Refused } from './refused.tsx'
import { StatusCards } from './status-cards.tsx'

/** How the installation is: for the one who runs it, most of all when something does not work. */
export function StatusPage(): ReactNode {
  const { t } = useWords()
  const { data, error, refetch } = useQuery(operationQuery)
  usePageTitle(t('status.title'))
  if (error instanceof ApiError && error.status === 403) {
    return (
      <StatePanel
        order={1}
        icon={<IconLock size={28} />}
        title={t('status.forbidden.title')}
        text={t('status.forbidden.text')}
      />
    )
  }
  if (error && !data) return <FailurePanel order={1} error={error} retry={() => void refetch()} />
  if (!data) return <StatusSkeleton />
  return <Status operation={data} isStale={error !== null} />
}

function Status({ operation, isStale }: { operation: Operation; isStale: boolean }): ReactNode {
  const { t, language } = useWords()
  const levels = judge(operation)
  const level = verdict(levels)
  const Icon = levelIcons[level]
  const running_ms = Date.parse(operation.now) - Date.parse(operation.started_at)
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h2">
          {t('status.title')}
        </Title>
        <Text c="dimmed" size="sm">
          {t('status.lead', { version: operation.version, span: formatSpan(running_ms, language) })}
        </Text>
      </div>
      {isStale && (
        <Alert color="red" role="alert" icon={<levelIcons.bad size={20} />}>
          {t('status.stale', { time: formatInstant(operation.now, 'time', { language, timezone: undefined }) })}
        </Alert>
      )}
      {!isStale && (
        <Alert color={levelColors[level]} role="status" icon={<Icon size={20} />}>
          <Text size="md" fw={600}>
            {t(`status.verdict.${level}`)}
          </Text>
        </Alert>
      )}
      <StatusCards operation={operation} levels={levels} />
      <Refused facts={operation.facts} />
    </Stack>
  )
}

function StatusSkeleton(): ReactNode {
  return (
    <Stack gap="md" aria-hidden>
      <Skeleton h={52} w={320} maw="100%" />
      <Skeleton h={56} />
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="sm">
        {[1, 2, 3, 4, 5, 6, 7, 8].map((card) => (
          <Skeleton key={card} h={150} />
        ))}
      </SimpleGrid>
    </Stack>
  )
}
