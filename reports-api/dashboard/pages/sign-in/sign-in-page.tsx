import { Alert, Box, Button, Center, Checkbox, Group, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { keepToken, signOutReason } from '../../access/token-store.ts'
import { ApiError } from '../../api/call-api.ts'
import { fetchRegistry } from '../../api/registry.ts'
import { useWords } from '../../i18n/language.tsx'
import { PageMenu } from '../../layout/page-menu.tsx'
import { useFailureText } from '../../parts/failure-panel.tsx'
import { Mark } from '../../parts/mark.tsx'

/** The door: a token is kept only after the API has accepted it. */
export function SignInPage(): ReactNode {
  const { t } = useWords()
  return (
    <Box component="main" mih="100dvh" p="md">
      <Group justify="flex-end">
        <PageMenu />
      </Group>
      <Center mih="75dvh">
        <Stack w={400} maw="100%" gap="lg">
          <Group>
            <Mark size={44} />
            <div>
              <Text fw={650} size="xl" lh={1.2}>
                Throughline
              </Text>
              <Text size="sm" c="dimmed">
                {t('sign_in.lead')}
              </Text>
            </div>
          </Group>
          <Paper withBorder p="lg" shadow="sm">
            <SignInForm />
          </Paper>
        </Stack>
      </Center>
    </Box>
  )
}

function SignInForm(): ReactNode {
  const { t } = useWords()
  const [token, setToken] = useState('')
  const [remember, setRemember] = useState(false)
  const [isEmpty, setEmpty] = useState(false)
  const trial = useMutation({
    mutationFn: (candidate: string) => fetchRegistry({ token: candidate }),
    onSuccess: (_, candidate) => keepToken(candidate, remember),
  })
  const problem = useSignInProblem(trial.error)
  const reason = signOutReason()
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        const candidate = token.trim()
        setEmpty(candidate === '')
        if (candidate !== '') trial.mutate(candidate)
      }}
    >
      <Stack>
        <Title order={1} size="h3">
          {t('sign_in.title')}
        </Title>
        {reason && !trial.error && (
          <Alert color={reason === 'refused' ? 'orange' : 'pine'} role="status">
            {reason === 'refused' ? t('sign_in.refused') : t('sign_in.signed_out')}
          </Alert>
        )}
        <PasswordInput
          label={t('sign_in.token')}
          description={t('sign_in.token.hint')}
          placeholder="tl_…"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={isEmpty ? t('sign_in.empty') : problem}
          visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show'), tabIndex: 0 }}
          autoComplete="current-password"
          spellCheck={false}
          autoFocus
        />
        <Checkbox
          label={t('sign_in.remember')}
          description={t('sign_in.remember.hint')}
          checked={remember}
          onChange={(event) => setRemember(event.currentTarget.checked)}
        />
        <Button type="submit" loading={trial.isPending} fullWidth>
          {t('sign_in.submit')}
        </Button>
      </Stack>
    </form>
  )
}

/** At the door 401 and 403 have words of their own: which of the two it is decides whom to ask. */
function useSignInProblem(error: unknown): string | undefined {
  const { t } = useWords()
  const words = useFailureText(error)
  if (!error) return undefined
  if (error instanceof ApiError && error.status === 401) return t('sign_in.unauthorized')
  if (error instanceof ApiError && error.status === 403) return t('sign_in.forbidden')
  return words
}
