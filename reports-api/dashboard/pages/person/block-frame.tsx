import { Group, Text, ThemeIcon } from '@mantine/core'
import type { ReactNode } from 'react'
import { formatInstant } from '../../format/dates.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'
import classes from './person.module.css'

interface BlockFrameProps {
  at: string
  icon: ReactNode
  color: string
  title: ReactNode
  children?: ReactNode
}

/** One stop on the line: when, what kind of thing, and its story. */
export function BlockFrame({ at, icon, color, title, children }: BlockFrameProps): ReactNode {
  const { language } = useWords()
  const { site } = useSite()
  return (
    <div className={classes.frame}>
      <ThemeIcon variant="light" color={color} size={32} radius="xl" className={classes.stop} aria-hidden>
        {icon}
      </ThemeIcon>
      <div className={classes.grow}>
        <Group justify="space-between" align="baseline" gap="sm" wrap="nowrap">
          <Text component="h4" m={0} size="sm" fw={600} className={classes.value}>
            {title}
          </Text>
          <Text size="sm" c="dimmed" component="time" dateTime={at} className={classes.time}>
            {formatInstant(at, 'time', { language, timezone: site?.timezone })}
          </Text>
        </Group>
        {children}
      </div>
    </div>
  )
}
