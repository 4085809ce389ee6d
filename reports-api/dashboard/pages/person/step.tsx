import { Text } from '@mantine/core'
import { IconBolt, IconClick, IconFileText, IconForms, IconLogin2 } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { TimelineEntry } from '../../api/people.ts'
import { formatInstant } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'
import { CreditPanel } from './credit-panel.tsx'
import { JudgementLine } from './judgement-line.tsx'
import classes from './person.module.css'
import { pathOfUrl, textOf } from './read-entry.ts'

const icons: Record<string, typeof IconFileText> = {
  page: IconFileText,
  form: IconForms,
  click: IconClick,
  custom: IconBolt,
  identify: IconLogin2,
}

/** Something done on a page of the site. */
export function Step({ step }: { step: TimelineEntry }): ReactNode {
  const { language, name } = useWords()
  const { site } = useSite()
  const Icon = icons[step.kind] ?? IconBolt
  const form = readForm(step)
  return (
    <li className={classes.step} data-strong={step.kind === 'form' || undefined}>
      <Icon size={16} aria-hidden className={classes.icon} />
      <div className={classes.grow}>
        <Text size="sm" className={classes.value}>
          {name('entry', step.kind)} <StepObject step={step} />
        </Text>
        {form.length > 0 && (
          <Text size="sm" c="dimmed" className={classes.value}>
            {form.map(([field, value]) => `${field}: ${value}`).join(' · ')}
          </Text>
        )}
        {step.kind === 'form' && <JudgementLine entry={step} />}
        {step.kind === 'form' && !step.same_as && <CreditPanel of="leads" id={step.id} />}
      </div>
      <Text size="xs" c="dimmed" component="time" dateTime={step.at} className={classes.time}>
        {formatInstant(step.at, 'time', { language, timezone: site?.timezone })}
      </Text>
    </li>
  )
}

function StepObject({ step }: { step: TimelineEntry }): ReactNode {
  const { name } = useWords()
  const path = pathOfUrl(textOf(step, 'url'))
  if (step.kind === 'page') {
    return (
      <b title={textOf(step, 'url')}>
        {textOf(step, 'title') || path}
        {textOf(step, 'title') !== '' && path !== '' && <span className={classes.path}> {path}</span>}
      </b>
    )
  }
  if (step.kind === 'click') {
    const { kind = '', target = '' } = (step.click ?? {}) as { kind?: string; target?: string }
    return (
      <>
        {kind !== '' && name('click', kind)} <b>{target}</b>
      </>
    )
  }
  const form = (step.form ?? {}) as { name?: string; id?: string }
  return <b>{form.name || form.id || textOf(step, 'name') || path}</b>
}

/** What was written into a form, as far as the site keeps it and the token may see it. */
function readForm({ kind, form }: TimelineEntry): [string, string][] {
  if (kind !== 'form') return []
  const values = (form as { fields?: unknown } | undefined)?.fields
  if (typeof values !== 'object' || values === null) return []
  return Object.entries(values).map(([field, value]) => [field, String(value)])
}
