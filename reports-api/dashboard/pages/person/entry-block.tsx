import { Anchor, Badge, Group, Text } from '@mantine/core'
import {
  IconBolt,
  IconBriefcase,
  IconMessage,
  IconNote,
  IconPhoneIncoming,
  IconPhoneOutgoing,
  IconPhoneX,
  IconSend,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { TimelineEntry } from '../../api/people.ts'
import { formatMoney, formatSpan } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { BlockFrame } from './block-frame.tsx'
import { MatchLine } from './call-match.tsx'
import { CreditPanel } from './credit-panel.tsx'
import { DealStatus } from './deals.tsx'
import { JudgementLine } from './judgement-line.tsx'
import classes from './person.module.css'
import { handOf, matchOf, numberOf, sourceOf, textOf } from './read-entry.ts'
import { Step } from './step.tsx'

interface EntryBlockProps {
  entry: TimelineEntry
  /** The visits that are loaded, to name the one a call came from. */
  sessions: ReadonlyMap<string, TimelineEntry>
}

/** What happened outside of a visit: calls, requests, deals, and what ad platforms were told. */
export function EntryBlock({ entry, sessions }: EntryBlockProps): ReactNode {
  switch (entry.kind) {
    case 'call':
      return <CallBlock entry={entry} sessions={sessions} />
    case 'lead':
      return <LeadBlock entry={entry} />
    case 'deal':
      return <DealBlock entry={entry} />
    case 'postback':
      return <PostbackBlock entry={entry} />
    default:
      return <OtherBlock entry={entry} />
  }
}

function CallBlock({ entry, sessions }: EntryBlockProps): ReactNode {
  const { t, language, name } = useWords()
  const isOut = textOf(entry, 'direction') === 'out'
  const status = textOf(entry, 'status')
  const isAnswered = status === '' || status === 'answered'
  const talk_s = numberOf(entry, 'talk')
  const Icon = isAnswered ? (isOut ? IconPhoneOutgoing : IconPhoneIncoming) : IconPhoneX
  const match = matchOf(entry)
  const recording = textOf(entry, 'recording_url')
  const from = textOf(entry, 'from')
  return (
    <BlockFrame
      at={entry.at}
      icon={<Icon size={18} />}
      color={isAnswered ? 'blue' : 'red'}
      title={
        <>
          {isOut ? t('entry.call.out') : t('entry.call.in')}{' '}
          {from === '' ? t('call.withheld') : t('call.from', { phone: from })}{' '}
          {t('call.to', { phone: textOf(entry, 'to') })}
        </>
      }
    >
      <Group gap={8}>
        {status !== '' && (
          <Badge variant="light" tt="none" color={isAnswered ? 'pine' : 'red'}>
            {name('call_status', status)}
          </Badge>
        )}
        {talk_s !== undefined && talk_s > 0 && (
          <Text size="sm">{t('call.talk', { time: formatSpan(talk_s * 1000, language) })}</Text>
        )}
        {textOf(entry, 'operator') !== '' && (
          <Text size="sm" c="dimmed">
            {textOf(entry, 'operator')}
          </Text>
        )}
        {/^https?:/.test(recording) && (
          <Anchor size="sm" href={recording} target="_blank" rel="noreferrer">
            {t('call.recording')}
          </Anchor>
        )}
      </Group>
      {match && <MatchLine match={match} sessions={sessions} />}
      <JudgementLine entry={entry} />
      {!isOut && <CreditPanel of="calls" id={entry.id} />}
    </BlockFrame>
  )
}

function LeadBlock({ entry }: { entry: TimelineEntry }): ReactNode {
  const { t, name } = useWords()
  const kind = textOf(entry, 'lead_kind')
  const contact = [textOf(entry, 'name'), textOf(entry, 'phone'), textOf(entry, 'email')].filter(Boolean).join(' · ')
  return (
    <BlockFrame
      at={entry.at}
      icon={<IconMessage size={18} />}
      color="violet"
      title={
        <>
          {t('entry.lead')}
          {kind !== '' && `: ${name('lead_kind', kind)}`}
        </>
      }
    >
      {[sourceOf(entry), contact, textOf(entry, 'text')].filter(Boolean).map((line) => (
        <Text key={line} size="sm" className={classes.value}>
          {line}
        </Text>
      ))}
      <JudgementLine entry={entry} />
      <CreditPanel of="leads" id={entry.id} />
    </BlockFrame>
  )
}

function DealBlock({ entry }: { entry: TimelineEntry }): ReactNode {
  const { t, language } = useWords()
  const amount = textOf(entry, 'amount')
  const details = ['stage', 'reason', 'manager'].map((field) => textOf(entry, field)).filter(Boolean)
  return (
    <BlockFrame
      at={entry.at}
      icon={<IconBriefcase size={18} />}
      color={textOf(entry, 'status') === 'won' ? 'pine' : 'gray'}
      title={
        <>
          {t('entry.deal')} {entry.id}
        </>
      }
    >
      <Group gap={8}>
        <DealStatus status={textOf(entry, 'status')} />
        {amount !== '' && (
          <Text size="sm" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
            {formatMoney(amount, { language, currency: textOf(entry, 'currency') || 'RUB', whole: true })}
          </Text>
        )}
        {details.length > 0 && (
          <Text size="sm" c="dimmed">
            {details.join(' · ')}
          </Text>
        )}
      </Group>
    </BlockFrame>
  )
}

const postbackColors: Record<string, string> = { sent: 'pine', failed: 'red', pending: 'yellow' }

function PostbackBlock({ entry }: { entry: TimelineEntry }): ReactNode {
  const { t, name } = useWords()
  const state = textOf(entry, 'state')
  const attempts = numberOf(entry, 'attempts')
  return (
    <BlockFrame
      at={entry.at}
      icon={<IconSend size={18} />}
      color="grape"
      title={
        <>
          {t('entry.postback')} {textOf(entry, 'destination')}
        </>
      }
    >
      <Group gap={8}>
        {state !== '' && (
          <Badge variant="light" tt="none" color={postbackColors[state] ?? 'gray'}>
            {name('postback', state)}
          </Badge>
        )}
        {attempts !== undefined && (
          <Text size="sm" c="dimmed">
            {t('postback.attempts', { count: attempts })}
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {textOf(entry, 'error')}
        </Text>
      </Group>
    </BlockFrame>
  )
}

/** Steps whose visit is not loaded, notes, and kinds that a newer service may add. */
function OtherBlock({ entry }: { entry: TimelineEntry }): ReactNode {
  const { name } = useWords()
  const isNote = entry.kind === 'note'
  if (['page', 'form', 'click', 'custom', 'identify'].includes(entry.kind)) {
    return (
      <ol className={classes.steps}>
        <Step step={entry} />
      </ol>
    )
  }
  return (
    <BlockFrame
      at={entry.at}
      icon={isNote ? <IconNote size={18} /> : <IconBolt size={18} />}
      color="gray"
      title={name('entry', entry.kind)}
    >
      <Text size="sm" className={classes.value}>
        {textOf(entry, 'comment', 'verdict', 'dispute')}
      </Text>
      <ByHand entry={entry} />
    </BlockFrame>
  )
}

function ByHand({ entry }: { entry: TimelineEntry }): ReactNode {
  const { t, name } = useWords()
  const { merge, split } = handOf(entry)
  if (merge.length === 0 && !split) return null
  return (
    <Text size="sm" className={classes.value}>
      {split
        ? t('why.was_split', { what: `${name('kind', split.kind)} ${split.value}` })
        : t('why.was_merged', { persons: merge.join(', ') })}
    </Text>
  )
}
