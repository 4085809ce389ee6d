import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { type Site, sitesQuery } from '../api/sites.ts'

export interface SiteChoice {
  /** The id in the address, else the first site there is; undefined while unknown. */
  id: string | undefined
  /** Its settings, where the token may read them. */
  site: Site | undefined
  /** Null when the token may not list sites. */
  sites: Site[] | null | undefined
  failure: unknown
  retry(): void
}

/** The site that the page is about. */
export function useSite(): SiteChoice {
  const { site: asked } = useSearch({ strict: false }) as { site?: string }
  const { data: sites, error, refetch } = useQuery(sitesQuery)
  const site = asked === undefined ? sites?.[0] : sites?.find(({ id }) => id === asked)
  return { id: asked ?? site?.id, site, sites, failure: error, retry: () => void refetch() }
}
