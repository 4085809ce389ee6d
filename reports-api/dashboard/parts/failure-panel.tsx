import { Button, Text } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { ApiError } from '../api/call-api.ts'
import { useWords } from '../i18n/language.tsx'
import { StatePanel } from './state-panel.tsx'

interface FailurePanelProps {
  error: unknown
  retry?: () => void
  /** 1 where the panel is all there is to the page. */
  order?: 1 | 2
}

/** A failure in the reader's words, with a way on; the code helps whoever they ask for help. */
export function FailurePanel({ error, retry, order = 2 }: FailurePanelProps): ReactNode {
  const { t } = useWords()
  return (
    <StatePanel
      urgent
      order={order}
      icon={<IconPlugConnectedX size={28} />}
      title={t('failed.title')}
      text={
        <>
          {useFailureText(error)}
          {error instanceof ApiError && (
            <Text span display="block" size="xs" mt="xs">
              {t('failed.code', { code: error.code })}
            </Text>
          )}
        </>
      }
    >
      {retry && <Button onClick={retry}>{t('app.retry')}</Button>}
    </StatePanel>
  )
}

/** The words for a failure: ours for the codes we know, else the API's own. */
export function useFailureText(error: unknown): string {
  const { name } = useWords()
  if (!(error instanceof ApiError)) return name('failed', 'internal')
  const words = name('failed', error.code)
  return words === error.code ? error.message : words
}
