import { Button, Paper, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { TimelineEntry } from '../../api/people.ts'
import { formatInstant } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'
import { EntryBlock } from './entry-block.tsx'
import { type Block, groupTimeline } from './group-timeline.ts'
import classes from './person.module.css'
import { SessionBlock } from './session-block.tsx'

interface TimelineProps {
  entries: readonly TimelineEntry[]
  /** Loads what came after; undefined when everything is here. */
  later: (() => void) | undefined
  isLoading: boolean
}

/** The history from the first click on, day by day. */
export function Timeline({ entries, later, isLoading }: TimelineProps): ReactNode {
  const { t } = useWords()
  const days = useDays(groupTimeline(entries))
  const sessions = new Map(entries.filter(({ kind }) => kind === 'session').map((entry) => [entry.id, entry]))
  return (
    <Paper withBorder p={{ base: 'sm', sm: 'lg' }} component="section" aria-labelledby="timeline">
      <Title order={2} size="h4" id="timeline" mb="md">
        {t('person.timeline')}
      </Title>
      {days.length === 0 && <Text c="dimmed">{t('person.timeline.empty')}</Text>}
      {days.map(({ day, blocks }) => (
        <section key={day} className={classes.day}>
          <Title order={3} size="h6" c="dimmed" fw={600} mb="xs">
            {day}
          </Title>
          <ol className={classes.blocks}>
            {blocks.map((block) => (
              <li key={keyOf(block)} className={classes.block}>
                {block.kind === 'session' ? (
                  <SessionBlock session={block.session} steps={block.steps} />
                ) : (
                  <EntryBlock entry={block.entry} sessions={sessions} />
                )}
              </li>
            ))}
          </ol>
        </section>
      ))}
      {later ? (
        <Button variant="default" fullWidth loading={isLoading} onClick={later}>
          {t('person.later')}
        </Button>
      ) : (
        days.length > 0 && (
          <Text size="sm" c="dimmed" ta="center">
            {t('person.end')}
          </Text>
        )
      )}
    </Paper>
  )
}

function keyOf(block: Block): string {
  const entry = block.kind === 'session' ? block.session : block.entry
  // Two messages about one deal may carry the same moment.
  return `${entry.kind} ${entry.id} ${entry.at} ${String(entry.status ?? '')}`
}

/** Cuts blocks into days of the site's time zone. */
function useDays(blocks: readonly Block[]): { day: string; blocks: Block[] }[] {
  const { language } = useWords()
  const { site } = useSite()
  const days: { day: string; blocks: Block[] }[] = []
  for (const block of blocks) {
    const { at } = block.kind === 'session' ? block.session : block.entry
    const day = formatInstant(at, 'day', { language, timezone: site?.timezone })
    const last = days.at(-1)
    if (last?.day === day) last.blocks.push(block)
    else days.push({ day, blocks: [block] })
  }
  return days
}
