import { Badge, Group, Text } from '@mantine/core'
import { IconShieldQuestion } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { TimelineEntry } from '../../api/people.ts'
import { formatDate } from '../../format/dates.ts'
import { formatSpan } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import classes from './person.module.css'
import { type Fraud, fraudOf, type Sameness, samenessOf, type Verdict, verdictOf } from './read-entry.ts'

/** What is thought of a request: the verdict and who gave it, and the signs of fraud with what they were seen in. */
export function JudgementLine({ entry }: { entry: TimelineEntry }): ReactNode {
  const { t } = useWords()
  const verdict = verdictOf(entry)
  const fraud = fraudOf(entry)
  const repeats = typeof entry.same_as === 'string' ? entry.same_as : ''
  if (repeats !== '') {
    return (
      <Text size="sm" c="dimmed" className={classes.value}>
        {t('judgement.repeats', { id: repeats })}
      </Text>
    )
  }
  return (
    <>
      {samenessOf(entry).map((same) => (
        <SameLine key={same.id} same={same} />
      ))}
      {verdict && <VerdictLine verdict={verdict} />}
      {fraud && fraud.score > 0 && <FraudLine fraud={fraud} />}
    </>
  )
}

function SameLine({ same: { id, rule, by, apart_ms } }: { same: Sameness }): ReactNode {
  const { t, name, language } = useWords()
  const what = by.map((kind) => name('kind', kind)).join(', ')
  return (
    <Text size="sm" c="dimmed" className={classes.value}>
      {name('same_rule', rule)} {t('judgement.same', { id, by: what, apart: formatSpan(Math.abs(apart_ms), language) })}
    </Text>
  )
}

const verdictColors: Record<string, string> = { target: 'pine', not_target: 'gray', spam: 'red' }

function VerdictLine({ verdict: { auto, manual } }: { verdict: Verdict }): ReactNode {
  const { t, name } = useWords()
  const shown = manual ?? auto
  // Most requests are on no target and nobody said so: that need not be read on each of them.
  if (manual === null && auto !== 'target') return null
  return (
    <Group gap={8} mt={4}>
      <Badge variant="light" tt="none" color={verdictColors[shown] ?? 'gray'}>
        {name('verdict', shown)}
      </Badge>
      <Text size="sm" c="dimmed">
        {manual === null ? t('judgement.by_rule') : t('judgement.by_hand')}
      </Text>
    </Group>
  )
}

function FraudLine({ fraud: { score, signs } }: { fraud: Fraud }): ReactNode {
  const { t, language } = useWords()
  return (
    <section className={classes.fraud} data-level={levelOf(score)} aria-label={t('fraud.title')}>
      <Group gap={6} wrap="nowrap">
        <IconShieldQuestion size={16} aria-hidden className={classes.mark} />
        <Text size="sm" fw={600}>
          {t('fraud.score', { score })}
        </Text>
      </Group>
      <ul className={classes.signs}>
        {signs.map(({ sign, label, evidence }) => (
          <li key={sign}>
            <Text size="sm" className={classes.value}>
              {label[language]} <Evidence evidence={evidence} />
            </Text>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Evidence({ evidence }: { evidence: Record<string, unknown> }): ReactNode {
  const { name, language } = useWords()
  const parts = Object.entries(evidence).map(([what, value]) => {
    const shown = what === 'day' ? formatDate(String(value), language) : listed(value)
    return `${name('evidence', what)}: ${shown}`
  })
  return (
    <Text span size="sm" c="dimmed">
      {parts.join(' · ')}
    </Text>
  )
}

function listed(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

function levelOf(score: number): 'low' | 'middle' | 'high' {
  if (score >= 75) return 'high'
  return score >= 50 ? 'middle' : 'low'
}
