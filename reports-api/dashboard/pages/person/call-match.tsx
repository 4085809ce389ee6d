import { Badge, Text, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import type { CallMatch, TimelineEntry } from '../../api/people.ts'
import { formatInstant } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'
import classes from './person.module.css'
import { confidenceWord, sourceOf } from './read-entry.ts'

const colors = { certain: 'pine', likely: 'pine', fair: 'yellow', doubtful: 'orange', none: 'gray' } as const

interface MatchLineProps {
  match: CallMatch
  sessions: ReadonlyMap<string, TimelineEntry>
}

/** Why a call was given to a visit, and how sure that is, in words. */
export function MatchLine({ match, sessions }: MatchLineProps): ReactNode {
  const { t, language, name } = useWords()
  const { site } = useSite()
  const word = confidenceWord(match.confidence)
  const session = match.session === null ? undefined : sessions.get(match.session)
  const others = (match.candidates ?? []).filter((candidate) => candidate.session !== match.session).length
  return (
    <div className={classes.match}>
      <Text size="sm" className={classes.value}>
        {match.explanation?.[language] || name('match', match.reason)}{' '}
        <Tooltip label={t('confidence.hint', { percent: Math.round(match.confidence * 100) })}>
          <Badge
            component="span"
            variant={word === 'none' ? 'default' : 'light'}
            tt="none"
            color={colors[word]}
            tabIndex={0}
          >
            {t(`confidence.${word}`)}
          </Badge>
        </Tooltip>
      </Text>
      {session && (
        <Text size="sm" c="dimmed" className={classes.value}>
          {t('call.match')}: {t('call.session')}{' '}
          {formatInstant(session.at, 'moment', { language, timezone: site?.timezone })}, {sourceOf(session)}
        </Text>
      )}
      {others > 0 && (
        <Text size="sm" c="dimmed">
          {t('call.others', { count: others })}
        </Text>
      )}
    </div>
  )
}
