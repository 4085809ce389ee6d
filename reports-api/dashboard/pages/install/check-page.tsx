import { Anchor, Button, Group, Loader, Paper, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApiError } from '../../api/call-api.ts'
import { installCheckQuery } from '../../api/install-checks.ts'
import { useWords } from '../../i18n/language.tsx'
import { FailurePanel, useFailureText } from '../../parts/failure-panel.tsx'
import { SiteGate } from '../../parts/site-gate.tsx'
import { StatePanel } from '../../parts/state-panel.tsx'
import { usePageTitle } from '../../parts/use-page-title.ts'
import { useSite } from '../../parts/use-site.ts'
import { CheckResult } from './check-result.tsx'

/** Whether the tag is well on a page. The page asked about is in the address, so that a result can be passed on. */
export function CheckPage(): ReactNode {
  const { t } = useWords()
  usePageTitle(t('check.title'))
  return <SiteGate>{(site) => <Check key={site} id={site} />}</SiteGate>
}

function Check({ id }: { id: string }): ReactNode {
  const { t } = useWords()
  const navigate = useNavigate()
  const { site } = useSite()
  const { url } = useSearch({ from: '/install/check' })
  const { data, error, isFetching, refetch } = useQuery({
    ...installCheckQuery(id, url ?? ''),
    enabled: url !== undefined,
  })
  const failure = useFailureText(error)
  // What was typed is wrong, not the page: it is said at the field.
  const isMistyped = error instanceof ApiError && ['bad_request', 'domain_not_allowed'].includes(error.code)
  return (
    <Stack gap="md" maw={960}>
      <div>
        <Title order={1} size="h2">
          {t('check.title')}
        </Title>
        <Text c="dimmed" size="sm">
          {t('check.lead', { site: site?.name || id })}{' '}
          <Anchor
            underline="always"
            inherit
            renderRoot={(props) => <Link to="/install" search={{ site: id }} {...props} />}
          >
            {t('check.snippets')}
          </Anchor>
        </Text>
      </div>
      <Paper withBorder p="md">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            const asked = withScheme(String(new FormData(event.currentTarget).get('url') ?? ''))
            if (asked === url) void refetch()
            else if (asked) void navigate({ to: '.', search: { site: id, url: asked } })
          }}
        >
          <Group align="end" wrap="wrap" gap="sm">
            <TextInput
              key={url ?? site?.domains[0] ?? ''}
              name="url"
              label={t('check.url')}
              defaultValue={url ?? firstAddress(site?.domains[0])}
              error={isMistyped}
              aria-describedby={isMistyped ? 'check-url-error' : undefined}
              inputMode="url"
              autoComplete="url"
              spellCheck={false}
              flex="1 1 320px"
            />
            <Button type="submit" loading={isFetching}>
              {t('check.run')}
            </Button>
          </Group>
          {isMistyped && (
            <Text id="check-url-error" role="alert" size="sm" c="var(--mantine-color-error)" mt={6}>
              {failure}
            </Text>
          )}
        </form>
      </Paper>
      {isFetching ? (
        <Waiting />
      ) : error ? (
        !isMistyped && <Failed error={error} retry={() => void refetch()} />
      ) : (
        data && <CheckResult check={data} />
      )}
    </Stack>
  )
}

function Waiting(): ReactNode {
  const { t } = useWords()
  return (
    <Stack gap="sm">
      <Text size="sm" role="status">
        <Loader size={12} mr={8} aria-hidden />
        {t('check.running')}
      </Text>
      <Skeleton h={48} />
      <Skeleton h={200} />
    </Stack>
  )
}

function Failed({ error, retry }: { error: unknown; retry(): void }): ReactNode {
  const { t } = useWords()
  if (error instanceof ApiError && error.status === 403) {
    return (
      <StatePanel
        urgent
        icon={<IconLock size={28} />}
        title={t('status.forbidden.title')}
        text={t('check.forbidden.text')}
      />
    )
  }
  return <FailurePanel error={error} retry={retry} />
}

/** People type `shop.example/contacts`. */
function withScheme(typed: string): string {
  const text = typed.trim()
  return text === '' || /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`
}

/** The demo, and whoever tries things out, is on this very machine. */
function firstAddress(domain: string | undefined): string {
  if (domain === undefined) return ''
  return domain === window.location.hostname ? `${window.location.origin}/demo/` : `https://${domain}/`
}
