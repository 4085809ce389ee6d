import { Input, Select } from '@mantine/core'
import { useLocation, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWords } from '../i18n/language.tsx'
import { useSite } from '../parts/use-site.ts'

/** The site of the page: chosen from those the token may list, else typed. */
export function SitePicker(): ReactNode {
  const { t } = useWords()
  const navigate = useNavigate()
  const isKept = useLocation({ select: ({ pathname }) => pathname.startsWith('/install') || pathname === '/cross' })
  const { id, sites } = useSite()
  if (id === undefined) return null
  // A site typed by hand is one more option: a token that may not list sites can still read them.
  const known = (sites ?? []).map((site) => ({ value: site.id, label: site.name || site.id }))
  const options = known.some(({ value }) => value === id) ? known : [{ value: id, label: id }, ...known]
  // Pages about the site itself and its reports stay; those about its people would show nobody.
  const to = isKept ? '.' : '/'
  const open = (site: string) => void navigate({ to, search: { site } })
  if (sites === null) return <TypedSite key={id} site={id} open={open} />
  return (
    <Select
      aria-label={t('site.pick')}
      data={options}
      value={id}
      onChange={(site) => site && open(site)}
      allowDeselect={false}
      searchable={options.length > 8}
      w={{ base: 132, sm: 180 }}
      size="sm"
    />
  )
}

function TypedSite({ site, open }: { site: string; open(site: string): void }): ReactNode {
  const { t } = useWords()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const typed = String(new FormData(event.currentTarget).get('site') ?? '').trim()
        if (typed && typed !== site) open(typed)
      }}
    >
      <Input defaultValue={site} name="site" aria-label={t('site.pick')} w={{ base: 132, sm: 180 }} size="sm" />
    </form>
  )
}
