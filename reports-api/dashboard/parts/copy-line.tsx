import { ActionIcon, Code, CopyButton, Group, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useWords } from '../i18n/language.tsx'

/** A line to be pasted elsewhere. */
export function CopyLine({ text }: { text: string }): ReactNode {
  const { t } = useWords()
  return (
    <Group gap="xs" wrap="nowrap" w="100%" align="stretch">
      <Code block flex={1} ta="left" style={{ overflowX: 'auto' }} tabIndex={0}>
        {text}
      </Code>
      <CopyButton value={text} timeout={2000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('app.copied') : t('app.copy')}>
            <ActionIcon
              onClick={copy}
              variant="default"
              h="auto"
              w={40}
              aria-label={copied ? t('app.copied') : t('app.copy')}
            >
              {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  )
}
