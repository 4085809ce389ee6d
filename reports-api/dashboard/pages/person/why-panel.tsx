import { Button, Group, Paper, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ApiError } from '../../api/call-api.ts'
import { sayByHand, type Why, whyQuery } from '../../api/people.ts'
import { useWords } from '../../i18n/language.tsx'
import { WhyChain } from './why-chain.tsx'

interface WhyPanelProps {
  site: string
  person: string
}

/** Asks why something is this person or not, and lets somebody say otherwise. */
export function WhyPanel({ site, person }: WhyPanelProps): ReactNode {
  const { t } = useWords()
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  const { data, error, isFetching } = useQuery({ ...whyQuery(site, person, asked), enabled: asked !== '' })
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="why">
      <Title order={2} size="h5" id="why">
        {t('why.title')}
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        {t('why.text')}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(typed.trim())
        }}
      >
        <Group gap="xs" wrap="nowrap" mb="xs">
          <TextInput
            flex={1}
            aria-label={t('why.label')}
            placeholder={t('why.label')}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={isFetching}>
            {t('why.show')}
          </Button>
        </Group>
      </form>
      <div aria-live="polite">
        {error && <WhyFailure error={error} />}
        {data && !error && <WhyAnswer key={asked} site={site} person={person} why={data} />}
      </div>
    </Paper>
  )
}

function WhyFailure({ error }: { error: Error }): ReactNode {
  const { t } = useWords()
  const isUnknown = error instanceof ApiError && error.code === 'person_not_found'
  return <Text size="sm">{isUnknown ? t('why.unknown') : error.message}</Text>
}

function WhyAnswer({ site, person, why }: WhyPanelProps & { why: Why }): ReactNode {
  const { t, name } = useWords()
  const last = why.chain.at(-1)?.to
  const { a, b } = why.persons
  return (
    <>
      <Text size="sm" fw={600}>
        {why.joined ? t('why.joined') : t('why.apart')}
      </Text>
      {!why.joined && <Text size="sm">{name('why_reason', why.reason ?? '')}</Text>}
      {!why.joined && why.broken && (
        <Text size="sm" c="dimmed">
          {t('why.broken')}
        </Text>
      )}
      <WhyChain steps={why.joined ? why.chain : (why.broken_chain ?? [])} shared={why.broken?.shared} />
      {why.joined && last && !last.value.includes('•••') && (
        <SayButton label={t('why.split')} say={() => sayByHand(site, person, { split: { identifier: last } })} />
      )}
      {!why.joined && a !== null && b !== null && a !== b && (
        <SayButton label={t('why.merge')} say={() => sayByHand(site, person, { merge: [a, b] })} />
      )}
    </>
  )
}

function SayButton({ label, say }: { label: string; say: () => Promise<unknown> }): ReactNode {
  const { t } = useWords()
  const { mutate, isPending, isSuccess, error } = useMutation({ mutationFn: say })
  if (isSuccess) return <Text size="sm">{t('why.said')}</Text>
  return (
    <>
      <Button mt="xs" size="xs" variant="default" loading={isPending} onClick={() => mutate()}>
        {label}
      </Button>
      {error && (
        <Text size="sm" c="red">
          {error.message}
        </Text>
      )}
    </>
  )
}
