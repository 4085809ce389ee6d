import { Avatar, Group, Text, Title } from '@mantine/core'
import { IconUser } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { PersonPage } from '../../api/people.ts'
import { formatInstant } from '../../format/dates.ts'
import { formatMoney } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'

interface PersonHeadProps {
  person: PersonPage
  /** The id in the address, which may be an older one of this person. */
  asked: string
}

/** Who it is, since when, and what they have brought. */
export function PersonHead({ person, asked }: PersonHeadProps): ReactNode {
  const { t, language } = useWords()
  const { site } = useSite()
  const [name, ...others] = person.names
  const since = person.identifiers.map((identifier) => identifier.since).toSorted()[0]
  const currency = person.currency ?? site?.currency ?? 'RUB'
  return (
    <Group justify="space-between" align="flex-end">
      <Group wrap="nowrap">
        <Avatar size={56} radius="xl" color="pine" aria-hidden>
          {name ? initials(name) : <IconUser size={28} />}
        </Avatar>
        <div>
          <Title order={1} size="h2" lh={1.2}>
            {name ?? t('person.unnamed')}
          </Title>
          {others.length > 0 && (
            <Text size="sm" c="dimmed">
              {others.join(' · ')}
            </Text>
          )}
          <Text size="sm" c="dimmed" title={t('person.id')}>
            {asked === person.id ? person.id : t('person.moved', { id: asked })}
            {since !== undefined &&
              ` · ${t('person.since', { date: formatInstant(since, 'day', { language, timezone: site?.timezone }) })}`}
          </Text>
        </div>
      </Group>
      <div>
        <Text size="sm" c="dimmed">
          {t('person.revenue')}
        </Text>
        <Text fz={26} fw={650} lh={1.1} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {formatMoney(person.revenue ?? 0, { language, currency, whole: true })}
        </Text>
      </div>
    </Group>
  )
}

function initials(name: string): string {
  return name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0] ?? '')
    .join('')
    .toUpperCase()
}
