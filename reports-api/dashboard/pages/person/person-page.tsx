import { Alert, Button, Grid, Skeleton, Stack, Text } from '@mantine/core'
import { IconEyeOff, IconUserQuestion } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApiError } from '../../api/call-api.ts'
import { type PersonPage as PersonAnswer, personQuery } from '../../api/people.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel } from '../../parts/failure-panel.tsx'
import { SharedPanel } from '../../parts/shared-panel.tsx'
import { SiteGate } from '../../parts/site-gate.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import { usePageTitle } from '../../parts/use-page-title.ts'
import { Deals } from './deals.tsx'
import { Identifiers } from './identifiers.tsx'
import { PersonHead } from './person-head.tsx'
import { Timeline } from './timeline.tsx'
import { WhyPanel } from './why-panel.tsx'

/** One customer: by what we know them, and everything they did, from the ad click to the deal. */
export function PersonPage(): ReactNode {
  const { person } = useParams({ from: '/persons/$person' })
  return <SiteGate>{(site) => <Person key={`${site} ${person}`} site={site} id={person} />}</SiteGate>
}

function Person({ site, id }: { site: string; id: string }): ReactNode {
  const { t } = useWords()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    personQuery(site, id),
  )
  const person = data?.pages[0]
  usePageTitle(person ? nameOfPerson(person) || t('person.unnamed') : t('find.title'))
  if (error instanceof ApiError && error.code === 'person_not_found') return <NoSuchPerson site={site} id={id} />
  if (error instanceof ApiError && error.code === 'identifier_shared') {
    return <SharedPanel site={site} value={id} candidates={error.details.candidates} />
  }
  if (error && !person) return <FailurePanel order={1} error={error} retry={() => void refetch()} />
  if (!person) return <PersonSkeleton />
  return (
    <Stack gap="lg">
      <PersonHead person={person} asked={id} />
      {isMasked(person) && (
        <Alert color="gray" icon={<IconEyeOff size={18} />}>
          {t('person.masked')}
        </Alert>
      )}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Timeline
            entries={data.pages.flatMap(({ timeline }) => timeline)}
            later={hasNextPage ? () => void fetchNextPage() : undefined}
            isLoading={isFetchingNextPage}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="lg">
            <Deals deals={person.deals} />
            <Identifiers identifiers={person.identifiers} />
            <WhyPanel site={site} person={person.id} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  )
}

function nameOfPerson({ names }: PersonAnswer): string {
  return names.join(', ')
}

/** What the service puts in place of personal data, when the token lacks the scope for it. */
function isMasked({ names, identifiers }: PersonAnswer): boolean {
  return [...names, ...identifiers.map(({ value }) => value)].some((text) => text.includes('•••'))
}

function NoSuchPerson({ site, id }: { site: string; id: string }): ReactNode {
  const { t } = useWords()
  return (
    <StatePanel
      order={1}
      icon={<IconUserQuestion size={28} />}
      title={t('person.none.title')}
      text={
        <>
          {t('person.none.text', { id, site })} {t('find.erased')}
        </>
      }
    >
      <Button variant="default" renderRoot={(props) => <Link to="/persons" search={{ site }} {...props} />}>
        {t('find.label')}
      </Button>
    </StatePanel>
  )
}

function PersonSkeleton(): ReactNode {
  const { t } = useWords()
  return (
    <Stack gap="lg" aria-busy="true" role="status">
      <Text hidden>{t('app.loading')}</Text>
      <Skeleton h={64} maw={420} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Skeleton h={420} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Skeleton h={260} />
        </Grid.Col>
      </Grid>
    </Stack>
  )
}
