import { queryOptions } from '@tanstack/react-query'
import { callApi } from './call-api.ts'

export type FindingLevel = 'good' | 'warn' | 'bad'

/** POST /v1/install-checks: what is right and wrong with the tag on a page. */
export interface InstallCheck {
  url: string
  status: number | null
  findings: { code: string; level: FindingLevel; values: Record<string, string> }[]
  phones: {
    phone: string
    written: string
    in_text: boolean
    in_link: boolean
    pool: string | null
    is_tracked: boolean
  }[]
}

export function installCheckQuery(site: string, url: string) {
  return queryOptions({
    queryKey: ['install-check', site, url],
    queryFn: ({ signal }) => callApi<InstallCheck>('/v1/install-checks', { body: { site, url }, signal }),
    // Somebody else's page is fetched when the reader asks for it, and at no other time.
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}
