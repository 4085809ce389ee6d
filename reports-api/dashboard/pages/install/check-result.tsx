import { Alert, Badge, Button, Group, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { IconBug, IconPhone } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { FindingLevel, InstallCheck } from '../../api/install-checks.ts'
import { useWords, type Words } from '../../i18n/language.tsx'
import { levelColors, levelIcons } from '../status/level.tsx'

/** What was found on a page: the verdict, each finding with what to do, and the phones. */
export function CheckResult({ check }: { check: InstallCheck }): ReactNode {
  const { t } = useWords()
  const level = worst(check)
  const VerdictIcon = levelIcons[level]
  return (
    <Stack gap="md">
      <Alert color={levelColors[level]} role="status" icon={<VerdictIcon size={20} />}>
        <Text size="md" fw={600}>
          {t(`check.verdict.${level}`)}
        </Text>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {t('check.where', { url: check.url })}
        </Text>
      </Alert>
      <Findings check={check} />
      {check.phones.length > 0 && <Phones phones={check.phones} />}
      {check.status === 200 && <OpenWith url={check.url} />}
    </Stack>
  )
}

function worst({ findings }: InstallCheck): FindingLevel {
  const levels = findings.map(({ level }) => level)
  return levels.includes('bad') ? 'bad' : levels.includes('warn') ? 'warn' : 'good'
}

function Findings({ check }: { check: InstallCheck }): ReactNode {
  const words = useWords()
  return (
    <Paper withBorder component="ul" m={0} px="md" py="xs" style={{ listStyle: 'none' }}>
      {check.findings.map((found) => {
        const Icon = levelIcons[found.level]
        const text = wordsOf(found, words)
        return (
          <Group key={text} component="li" wrap="nowrap" align="start" gap="sm" py={8}>
            <Icon
              size={20}
              style={{ flexShrink: 0, color: `var(--mantine-color-${levelColors[found.level]}-filled)` }}
              role="img"
              aria-label={words.t(`status.level.${found.level}`)}
            />
            <Text size="sm" style={{ overflowWrap: 'anywhere', minWidth: 0 }}>
              {text}
            </Text>
          </Group>
        )
      })}
    </Paper>
  )
}

function wordsOf({ code, values }: InstallCheck['findings'][number], { t, name }: Words): string {
  // A newer service may find what this page has no words for: then its code is shown.
  const key = `check.${code}` as 'check.page_unreachable'
  const reason = values.reason === undefined ? '' : name('check.reason', values.reason)
  return name('check', code) === code ? code : t(key, { ...values, reason })
}

function Phones({ phones }: { phones: InstallCheck['phones'] }): ReactNode {
  const { t } = useWords()
  return (
    <Paper component="section" withBorder px="md" py="sm" aria-labelledby="check-phones">
      <Title id="check-phones" order={2} size="h4" mb="xs">
        {t('check.phones')}
      </Title>
      <Table.ScrollContainer minWidth={480} type="native" tabIndex={0} aria-labelledby="check-phones">
        <Table aria-labelledby="check-phones">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('check.phones.phone')}</Table.Th>
              <Table.Th scope="col">{t('check.phones.written')}</Table.Th>
              <Table.Th scope="col">{t('check.phones.where')}</Table.Th>
              <Table.Th scope="col">{t('check.phones.pool')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {phones.map((phone) => (
              <Table.Tr key={phone.phone} style={{ fontVariantNumeric: 'tabular-nums' }}>
                <Table.Td>{phone.phone}</Table.Td>
                <Table.Td>{phone.written}</Table.Td>
                <Table.Td>
                  {[phone.in_text && t('check.phones.in_text'), phone.in_link && t('check.phones.in_link')]
                    .filter(Boolean)
                    .join(', ')}
                </Table.Td>
                <Table.Td>
                  <Swapper phone={phone} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  )
}

function Swapper({ phone: { pool, is_tracked } }: { phone: InstallCheck['phones'][number] }): ReactNode {
  const { t } = useWords()
  if (pool !== null) {
    return (
      <Badge variant="default" tt="none">
        {pool}
      </Badge>
    )
  }
  return (
    <Text size="sm" c="dimmed">
      {t(is_tracked ? 'check.phones.tracked' : 'check.phones.nobody')}
    </Text>
  )
}

/** What only a browser can see: the page itself, with the tag's own words. */
function OpenWith({ url }: { url: string }): ReactNode {
  const { t } = useWords()
  return (
    <Group gap="md" align="start">
      <Stack gap={4} flex="1 1 280px">
        <Button
          component="a"
          href={withFlag(url, 'tl_test')}
          target="_blank"
          rel="noreferrer"
          variant="default"
          leftSection={<IconPhone size={16} />}
        >
          {t('check.open.test')}
        </Button>
        <Text size="xs" c="dimmed">
          {t('check.open.test.hint')}
        </Text>
      </Stack>
      <Stack gap={4} flex="1 1 280px">
        <Button
          component="a"
          href={withFlag(url, 'tl_debug')}
          target="_blank"
          rel="noreferrer"
          variant="default"
          leftSection={<IconBug size={16} />}
        >
          {t('check.open.debug')}
        </Button>
        <Text size="xs" c="dimmed">
          {t('check.open.debug.hint')}
        </Text>
      </Stack>
    </Group>
  )
}

function withFlag(url: string, flag: string): string {
  const address = new URL(url)
  address.search += `${address.search ? '&' : '?'}${flag}`
  return address.href
}
