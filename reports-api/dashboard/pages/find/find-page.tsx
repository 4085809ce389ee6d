import { Button, Code, Group, Loader, Text } from '@mantine/core'
import { IconUserQuestion, IconUserSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Navigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApiError } from '../../api/call-api.ts'
import { findPersonQuery, type IdentifierKind, identifierKinds } from '../../api/people.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { SharedPanel } from '../../parts/shared-panel.tsx'
import { SiteGate } from '../../parts/site-gate.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import { usePageTitle } from '../../parts/use-page-title.ts'
import type { Asked } from './read-asked.ts'

/** Looks an identifier up and goes on to its person; says what else to try when there is none, or several. */
export function FindPage(): ReactNode {
  const { t } = useWords()
  const { by, value } = useSearch({ from: '/persons' })
  usePageTitle(t('find.title'))
  if (by === undefined || value === undefined || value === '') return <FirstWords />
  return <SiteGate>{(site) => <Finding site={site} by={by} value={value} />}</SiteGate>
}

interface FindingProps extends Asked {
  site: string
}

function Finding({ site, by, value }: FindingProps): ReactNode {
  if (by === 'person') return <Navigate to="/persons/$person" params={{ person: value }} search={{ site }} replace />
  return <FindByIdentifier site={site} by={by} value={value} />
}

function FindByIdentifier({ site, by, value }: FindingProps & { by: IdentifierKind }): ReactNode {
  const { t } = useWords()
  const { data, error, refetch } = useQuery(findPersonQuery(site, by, value))
  // Replaced, not pushed: «back» from the person must not land on the search that leads there again.
  if (data) return <Navigate to="/persons/$person" params={{ person: data.id }} search={{ site }} replace />
  if (error instanceof ApiError && error.code === 'person_not_found')
    return <Nobody site={site} by={by} value={value} />
  if (error instanceof ApiError && error.code === 'identifier_shared') {
    return <SharedPanel site={site} value={value} candidates={error.details.candidates} />
  }
  if (error) return <FailurePanel order={1} error={error} retry={() => void refetch()} />
  return <StatePanel order={1} icon={<Loader size={24} />} title={t('find.searching', { value })} />
}

function FirstWords(): ReactNode {
  const { t, name } = useWords()
  return (
    <StatePanel order={1} icon={<IconUserSearch size={28} />} title={t('find.start.title')} text={t('find.start.text')}>
      <Text size="sm" c="dimmed" w="100%" ta="center">
        {t('find.start.prefix')}
      </Text>
      <Group gap={6} justify="center">
        {identifierKinds.map((kind) => (
          <Code key={kind} title={name('kind', kind)}>
            {kind}:…
          </Code>
        ))}
      </Group>
    </StatePanel>
  )
}

function Nobody({
  site,
  by,
  value,
  isUnreadable,
}: FindingProps & { by: IdentifierKind; isUnreadable?: boolean }): ReactNode {
  const { t, name } = useWords()
  return (
    <StatePanel
      order={1}
      icon={<IconUserQuestion size={28} />}
      title={t('find.none.title', { value })}
      text={
        isUnreadable
          ? t('find.none.unreadable', { kind: name('kind', by) })
          : `${t('find.none.text', { kind: name('kind', by) })} ${t('find.erased')}`
      }
    >
      <Text size="sm" w="100%" ta="center">
        {t('find.none.try')}
      </Text>
      <Group gap={6} justify="center">
        {identifierKinds
          .filter((kind) => kind !== by)
          .map((kind) => (
            <Button
              key={kind}
              size="compact-sm"
              variant="default"
              renderRoot={(props) => <Link to="/persons" search={{ site, by: kind, value }} {...props} />}
            >
              {name('kind', kind)}
            </Button>
          ))}
      </Group>
    </StatePanel>
  )
}
