import { Button, Group, Skeleton, Stack, TextInput } from '@mantine/core'
import { IconWorld } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useWords } from '../i18n/language.tsx'
import { FailurePanel } from './failure-panel.tsx'
import { StatePanel } from './state-panel.tsx'
import { useSite } from './use-site.ts'

/** Shows a page once it is known which site it is about, and asks when it is not. */
export function SiteGate({ children }: { children: (site: string) => ReactNode }): ReactNode {
  const { id, sites, failure, retry } = useSite()
  if (id !== undefined) return children(id)
  if (failure) return <FailurePanel order={1} error={failure} retry={retry} />
  if (sites === undefined) return <Waiting />
  return <SitePrompt mayList={sites !== null} />
}

function Waiting(): ReactNode {
  const { t } = useWords()
  return (
    <Stack aria-busy="true" aria-label={t('app.loading')}>
      <Skeleton h={36} w={260} />
      <Skeleton h={320} />
    </Stack>
  )
}

function SitePrompt({ mayList }: { mayList: boolean }): ReactNode {
  const { t } = useWords()
  const navigate = useNavigate()
  const [site, setSite] = useState('')
  return (
    <StatePanel
      order={1}
      icon={<IconWorld size={28} />}
      title={t('site.none.title')}
      text={mayList ? t('site.none.create') : t('site.none.text')}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (site.trim()) void navigate({ to: '.', search: (before) => ({ ...before, site: site.trim() }) })
        }}
      >
        <Group wrap="nowrap">
          <TextInput
            aria-label={t('site.id')}
            placeholder={t('site.id')}
            value={site}
            onChange={(event) => setSite(event.currentTarget.value)}
          />
          <Button type="submit">{t('site.open')}</Button>
        </Group>
      </form>
    </StatePanel>
  )
}
