import { Button } from '@mantine/core'
import { IconMapQuestion } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWords } from '../../i18n/language.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'

/** An address of the dashboard that leads nowhere. */
export function LostPage(): ReactNode {
  const { t } = useWords()
  return (
    <StatePanel order={1} icon={<IconMapQuestion size={28} />} title={t('app.lost.title')} text={t('app.lost.text')}>
      <Button renderRoot={(props) => <Link to="/" {...props} />}>{t('app.home')}</Button>
    </StatePanel>
  )
}
