import { Button, Stack } from '@mantine/core'
import { IconUser, IconUsersGroup } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWords } from '../i18n/language.tsx'
import { StatePanel } from './state-panel.tsx'

interface SharedPanelProps {
  site: string
  /** What was asked for. */
  value: string
  /** As the failure carries them: ids of persons. */
  candidates: unknown
}

/** An identifier that several people use: it is nobody's, and the reader chooses whom they meant. */
export function SharedPanel({ site, value, candidates }: SharedPanelProps): ReactNode {
  const { t } = useWords()
  const ids = Array.isArray(candidates) ? candidates.filter((id): id is string => typeof id === 'string') : []
  return (
    <StatePanel
      order={1}
      icon={<IconUsersGroup size={28} />}
      title={t('find.shared.title', { value })}
      text={ids.length > 0 ? t('find.shared.text') : t('find.shared.nobody')}
    >
      <Stack gap={6}>
        {ids.map((id) => (
          <Button
            key={id}
            variant="default"
            leftSection={<IconUser size={16} />}
            renderRoot={(props) => <Link to="/persons/$person" params={{ person: id }} search={{ site }} {...props} />}
          >
            {id}
          </Button>
        ))}
      </Stack>
    </StatePanel>
  )
}
