import { List, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Why, WhyStep } from '../../api/people.ts'
import { formatInstant } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'
import classes from './person.module.css'

interface WhyChainProps {
  steps: readonly WhyStep[]
  shared: NonNullable<Why['broken']>['shared']
}

/** The facts that lead from one identifier to another, one a line; those that do not join are marked. */
export function WhyChain({ steps, shared }: WhyChainProps): ReactNode {
  const { t, name } = useWords()
  const around = Object.entries(shared?.around ?? {}).map(([kind, count]) => `${name('kind', kind)} ${count}`)
  return (
    <>
      <List type="ordered" size="sm" my={4}>
        {steps.map((step) => (
          <ChainStep key={`${step.from.kind} ${step.from.value} ${step.to.kind} ${step.to.value}`} step={step} />
        ))}
      </List>
      {shared && (
        <Text size="sm" className={classes.value}>
          {t('why.shared', {
            ...{ kind: name('kind', shared.kind), value: shared.value, rule: name('shared_rule', shared.rule) },
            ...{ max: shared.max, around: around.join(', ') },
          })}
        </Text>
      )}
    </>
  )
}

function ChainStep({ step }: { step: WhyStep }): ReactNode {
  const { t, language, name } = useWords()
  const { site } = useSite()
  const named = ({ kind, value }: WhyStep['from']) => `${name('kind', kind)} ${value}`
  const at = formatInstant(step.at, 'moment', { language, timezone: site?.timezone })
  return (
    <List.Item>
      <Text span size="sm" {...(!step.joins && { c: 'red' })} className={classes.value ?? ''}>
        {t('why.step', {
          ...{ from: named(step.from), to: named(step.to), fact: name('fact', step.fact), id: step.id, at },
          rule: name('why_rule', step.rule),
        })}
        {!step.joins && ' ✕'}
      </Text>
    </List.Item>
  )
}
