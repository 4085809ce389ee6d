import { EmptyState, Paper } from '@mantine/core'
import type { ReactNode } from 'react'

interface StatePanelProps {
  icon: ReactNode
  title: ReactNode
  text?: ReactNode
  children?: ReactNode
  /** Failures are announced at once; other states politely. */
  urgent?: boolean
  /** 1 where the panel is all there is to the page. */
  order?: 1 | 2
}

/** What a page says when it has nothing to show: why, and what to do about it. */
export function StatePanel({ icon, title, text, children, urgent, order = 2 }: StatePanelProps): ReactNode {
  return (
    <Paper withBorder px="md" py={48} role={urgent ? 'alert' : 'status'}>
      <EmptyState variant="light" color={urgent ? 'red' : 'pine'} maw={620} mx="auto">
        <EmptyState.Indicator>{icon}</EmptyState.Indicator>
        <EmptyState.Title order={order} m={0}>
          {title}
        </EmptyState.Title>
        {text && <EmptyState.Description>{text}</EmptyState.Description>}
        {children && <EmptyState.Actions>{children}</EmptyState.Actions>}
      </EmptyState>
    </Paper>
  )
}
