import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWords } from '../i18n/language.tsx'
import { readAsked } from '../pages/find/read-asked.ts'
import classes from './shell.module.css'

/** Finds a person from anywhere. What was typed decides what it is looked up as. */
export function PersonSearch(): ReactNode {
  const { t } = useWords()
  const navigate = useNavigate()
  const { value } = useSearch({ strict: false }) as { value?: string }
  return (
    <search className={classes.field}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const asked = readAsked(String(new FormData(event.currentTarget).get('person') ?? ''))
          if (!asked) return
          if (asked.by === 'person') {
            void navigate({ to: '/persons/$person', params: { person: asked.value }, search: keepSite })
          } else void navigate({ to: '/persons', search: (before) => ({ ...keepSite(before), ...asked }) })
        }}
      >
        <TextInput
          // A new answer is a new field: what stands in the address is what the field shows.
          key={value ?? ''}
          name="person"
          type="search"
          aria-label={t('find.label')}
          placeholder={t('find.placeholder')}
          defaultValue={value ?? ''}
          leftSection={<IconSearch size={16} />}
          autoComplete="off"
          spellCheck={false}
        />
      </form>
    </search>
  )
}

function keepSite({ site }: { site?: string | undefined }): { site?: string } {
  return site === undefined ? {} : { site }
}
