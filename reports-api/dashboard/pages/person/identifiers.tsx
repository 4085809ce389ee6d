import { Paper, Text, Title } from '@mantine/core'
import {
  IconAddressBook,
  IconBrandGoogleAnalytics,
  IconBriefcase,
  IconChartDots,
  IconCookie,
  IconId,
  IconMail,
  IconMessage,
  IconPhone,
  IconUser,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Identifier } from '../../api/people.ts'
import { formatInstant } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'
import classes from './person.module.css'

const icons: Record<string, typeof IconId> = {
  visitor: IconCookie,
  ga: IconBrandGoogleAnalytics,
  ym: IconChartDots,
  user: IconUser,
  phone: IconPhone,
  email: IconMail,
  contact: IconAddressBook,
  lead: IconMessage,
  call: IconPhone,
  deal: IconBriefcase,
}

/** Phones and names first: they are what the reader recognises. Visits are in the history already. */
const order = ['phone', 'email', 'user', 'contact', 'visitor', 'ga', 'ym', 'deal', 'lead', 'call']

/** Everything this person is known by, each with the fact that says so. */
export function Identifiers({ identifiers }: { identifiers: readonly Identifier[] }): ReactNode {
  const { t } = useWords()
  const shown = order.flatMap((kind) => identifiers.filter((identifier) => identifier.kind === kind))
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="identifiers">
      <Title order={2} size="h5" id="identifiers">
        {t('person.identifiers')}
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        {t('person.why')}
      </Text>
      <ul className={classes.identifiers}>
        {shown.map((identifier) => (
          <IdentifierLine key={`${identifier.kind} ${identifier.value}`} identifier={identifier} />
        ))}
      </ul>
    </Paper>
  )
}

function IdentifierLine({ identifier: { kind, value, because } }: { identifier: Identifier }): ReactNode {
  const { t, language, name } = useWords()
  const { site } = useSite()
  const Icon = icons[kind] ?? IconId
  const at = formatInstant(because.at, 'moment', { language, timezone: site?.timezone })
  return (
    <li className={classes.identifier}>
      <Icon size={18} aria-hidden className={classes.icon} />
      <div className={classes.grow}>
        <Text size="sm" className={classes.value}>
          {value}{' '}
          <Text span size="xs" c="dimmed">
            {name('kind', kind)}
          </Text>
        </Text>
        <Text size="xs" c="dimmed" className={classes.value}>
          {because.with === null && `${t('person.founder')} `}
          {t('person.because', { fact: name('fact', because.fact), id: because.id, at })}
          {because.with &&
            `, ${t('person.because.with', { kind: name('kind', because.with.kind), value: because.with.value })}`}
        </Text>
      </div>
    </li>
  )
}
