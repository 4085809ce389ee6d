import {
  Anchor,
  Button,
  Code,
  Group,
  List,
  Paper,
  SimpleGrid,
  Stack,
  Tabs,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { IconChecklist } from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useWords } from '../../i18n/language.tsx'
import { CopyLine } from '../../parts/copy-line.tsx'
import { SiteGate } from '../../parts/site-gate.tsx'
import { usePageTitle } from '../../parts/use-page-title.ts'
import { useSite } from '../../parts/use-site.ts'
import {
  isPlatform,
  ownDomainLine,
  type Platform,
  platforms,
  policyLines,
  QUEUE,
  readBase,
  tagLine,
} from './snippets.ts'

/** The line for the reader's own site, and where it is pasted. */
export function InstallPage(): ReactNode {
  const { t } = useWords()
  usePageTitle(t('install.title'))
  return <SiteGate>{(site) => <Install key={site} id={site} />}</SiteGate>
}

function Install({ id }: { id: string }): ReactNode {
  const { t } = useWords()
  const { site } = useSite()
  const [typed, setTyped] = useState(window.location.origin)
  const base = readBase(typed)
  const shownBase = base ?? window.location.origin
  return (
    <Stack gap="md" maw={960}>
      <div>
        <Title order={1} size="h2">
          {t('install.title')}
        </Title>
        <Text c="dimmed" size="sm">
          {t('install.lead', { site: site?.name || id })}
        </Text>
      </div>
      <Paper component="section" withBorder p="md" aria-label={t('install.pick')}>
        <Stack gap="md">
          <CopyLine text={tagLine(shownBase, id)} />
          <TextInput
            label={t('install.base')}
            description={t('install.base.hint')}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={base === undefined ? t('failed.bad_request') : undefined}
            inputMode="url"
            spellCheck={false}
            maw={480}
          />
          <PlatformSteps path={`/t/${id}.js`} />
          <Group gap="sm">
            <Text size="sm">{t('install.after')}</Text>
            <Button
              leftSection={<IconChecklist size={16} />}
              renderRoot={(props) => <Link to="/install/check" search={{ site: id }} {...props} />}
            >
              {t('install.check')}
            </Button>
          </Group>
        </Stack>
      </Paper>
      <Variants base={shownBase} domain={site?.domains[0] ?? 'shop.example'} />
      <Text size="sm" c="dimmed">
        {t('install.docs')}{' '}
        <Anchor href="/docs" underline="always">
          {t('app.reference')}
        </Anchor>
      </Text>
    </Stack>
  )
}

function PlatformSteps({ path }: { path: string }): ReactNode {
  const { t } = useWords()
  const navigate = useNavigate()
  const { on = 'html' } = useSearch({ from: '/install' })
  const choose = (next: string | null) =>
    isPlatform(next) && void navigate({ to: '.', search: (before) => ({ ...before, on: next }), replace: true })
  return (
    <Tabs value={on} onChange={choose}>
      <Tabs.List aria-label={t('install.pick')}>
        {platforms.map((platform) => (
          <Tabs.Tab key={platform} value={platform}>
            {t(`install.${platform}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {platforms.map((platform) => (
        <Tabs.Panel key={platform} value={platform} pt="md">
          <Steps platform={platform} path={path} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

function Steps({ platform, path }: { platform: Platform; path: string }): ReactNode {
  const { t, name } = useWords()
  const steps = platform === 'wordpress' ? t('install.wordpress.steps', { path }) : t(`install.${platform}.steps`)
  const note = name(`install.${platform}`, 'note')
  return (
    <Stack gap="sm">
      <List type="ordered" size="sm" spacing={6}>
        {steps.split('\n').map((step) => (
          <List.Item key={step}>{step}</List.Item>
        ))}
      </List>
      {note !== 'note' && (
        <Text size="sm" c="dimmed">
          {note}
        </Text>
      )}
    </Stack>
  )
}

/** What some sites need beside the line, each with what it is good for. */
function Variants({ base, domain }: { base: string; domain: string }): ReactNode {
  const { t } = useWords()
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Variant id="own" title={t('install.own')} text={t('install.own.text')}>
        <CopyLine text={ownDomainLine(domain)} />
      </Variant>
      <Variant id="consent" title={t('install.consent')} text={t('install.consent.text')}>
        <Text size="sm">{t('install.consent.yes')}</Text>
        <CopyLine text="throughline('consent', true)" />
        <Text size="sm">{t('install.consent.no')}</Text>
        <CopyLine text="throughline('consent', false)" />
      </Variant>
      <Variant id="queue" title={t('install.queue')} text={t('install.queue.text')}>
        <CopyLine text={QUEUE} />
      </Variant>
      <Variant id="policy" title={t('install.policy')} text={t('install.policy.text')}>
        <Code block>{policyLines(new URL(base).origin)}</Code>
      </Variant>
    </SimpleGrid>
  )
}

interface VariantProps {
  id: string
  title: string
  text: string
  children: ReactNode
}

function Variant({ id, title, text, children }: VariantProps): ReactNode {
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={`install-${id}`} style={{ minWidth: 0 }}>
      <Stack gap="xs">
        <Title id={`install-${id}`} order={2} size="h4">
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {text}
        </Text>
        {children}
      </Stack>
    </Paper>
  )
}
