import { Badge, Button, Text } from '@mantine/core'
import { IconChevronDown, IconWorld } from '@tabler/icons-react'
import { type ReactNode, useId, useState } from 'react'
import type { TimelineEntry } from '../../api/people.ts'
import { formatSpan } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { BlockFrame } from './block-frame.tsx'
import classes from './person.module.css'
import { hostOf, numberOf, pathOfUrl, sourceOf, textOf } from './read-entry.ts'
import { Step } from './step.tsx'

/** Steps that mean something by themselves and are never folded away. */
const telling = ['form', 'identify', 'custom']

/** A visit: where it came from, and what was done in it. */
export function SessionBlock({ session, steps }: { session: TimelineEntry; steps: TimelineEntry[] }): ReactNode {
  const { t, name } = useWords()
  const channel = textOf(session, 'channel')
  return (
    <BlockFrame
      at={session.at}
      icon={<IconWorld size={18} />}
      color="pine"
      title={
        <>
          {t('session.title')}
          {channel !== '' && `: ${name('channel', channel)}`}
        </>
      }
    >
      <Text size="sm" className={classes.value}>
        {sourceOf(session)}
      </Text>
      <SessionFacts session={session} />
      <Steps steps={steps} pages={numberOf(session, 'pages')} />
    </BlockFrame>
  )
}

function SessionFacts({ session }: { session: TimelineEntry }): ReactNode {
  const { t, language, name } = useWords()
  const device = textOf(session, 'device')
  const engaged_ms = numberOf(session, 'engaged_ms')
  const landing = pathOfUrl(textOf(session, 'landing_url'))
  const referrer = hostOf(textOf(session, 'referrer'))
  const numbers = Array.isArray(session.numbers) ? session.numbers.map(String) : []
  const number = numbers.join(', ')
  const parts = [
    landing && `${t('session.landing')} ${landing}`,
    referrer && `${t('session.referrer')} ${referrer}`,
    device && name('device', device),
    textOf(session, 'city'),
    engaged_ms ? t('session.engaged', { time: formatSpan(engaged_ms, language) }) : '',
  ].filter(Boolean)
  return (
    <>
      <Text size="sm" c="dimmed" className={classes.value}>
        {parts.join(' · ')}
      </Text>
      {number !== '' && (
        <Badge variant="default" tt="none" fw={500} mt={4} display="grid" w="fit-content">
          {t('session.numbers')} {number}
        </Badge>
      )}
    </>
  )
}

function Steps({ steps, pages }: { steps: TimelineEntry[]; pages: number | undefined }): ReactNode {
  const { t } = useWords()
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const shown = steps.filter(({ kind }) => kind !== 'leave' && (isOpen || telling.includes(kind)))
  const folded = steps.filter(({ kind }) => kind === 'page' || kind === 'click').length
  const count = pages ?? steps.filter(({ kind }) => kind === 'page').length
  return (
    <>
      {shown.length > 0 && (
        <ol className={classes.steps} id={id}>
          {shown.map((step) => (
            <Step key={`${step.kind} ${step.id}`} step={step} />
          ))}
        </ol>
      )}
      {folded > 0 && (
        <Button
          variant="subtle"
          size="compact-sm"
          mt={4}
          ml={-8}
          aria-expanded={isOpen}
          aria-controls={shown.length > 0 ? id : undefined}
          rightSection={<IconChevronDown size={14} style={isOpen ? { transform: 'rotate(180deg)' } : undefined} />}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? t('session.hide') : t('session.pages', { count })}
        </Button>
      )}
    </>
  )
}
