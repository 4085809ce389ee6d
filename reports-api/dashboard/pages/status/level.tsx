import { Badge } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useWords } from '../../i18n/language.tsx'
import type { ItemLevel, Level } from './judge.ts'

export const levelColors = { good: 'pine', warn: 'orange', bad: 'red' } as const satisfies Record<Level, string>

export const levelIcons = { good: IconCircleCheck, warn: IconAlertTriangle, bad: IconCircleX } as const

/** How something is, in a word, a shape and a colour: whoever misses one of them has the others. */
export function LevelBadge({ level }: { level: ItemLevel }): ReactNode {
  const { t } = useWords()
  if (level === 'unknown') return null
  const Icon = levelIcons[level]
  return (
    <Badge
      variant="default"
      leftSection={<Icon size={14} aria-hidden color={`var(--mantine-color-${levelColors[level]}-filled)`} />}
      tt="none"
      fw={600}
      style={{ flexShrink: 0 }}
    >
      {t(`status.level.${level}`)}
    </Badge>
  )
}
