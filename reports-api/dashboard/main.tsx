import '@mantine/core/styles.css'
import './main.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api/call-api.ts'
import { LanguageProvider } from './i18n/language.tsx'
import { createDashboardRouter } from './router.tsx'
import { theme } from './theme.ts'

const retries_max = 2

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Only what may pass by itself is tried again; a refusal stays one.
      retry: (count, error) => count < retries_max && error instanceof ApiError && isPassing(error.status),
      refetchOnWindowFocus: false,
    },
  },
})

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <LanguageProvider>
          <RouterProvider router={createDashboardRouter()} />
        </LanguageProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)

function isPassing(status: number): boolean {
  return status === 0 || status === 429 || status >= 502
}
