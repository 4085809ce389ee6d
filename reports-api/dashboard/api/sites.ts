import { queryOptions } from '@tanstack/react-query'
import { ApiError, callApi } from './call-api.ts'

export interface Site {
  id: string
  name?: string
  timezone: string
  currency: string
  domains: string[]
}

/** The sites this token may list; null when it may not, and the reader has to name the site. */
export const sitesQuery = queryOptions({
  queryKey: ['sites'],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Site[] | null> => {
    try {
      const { sites } = await callApi<{ sites: Site[] }>('/v1/sites', { signal })
      return sites
    } catch (error) {
      if (error instanceof ApiError && error.code === 'forbidden') return null
      throw error
    }
  },
})
