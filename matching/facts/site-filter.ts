import { bucketsOf, hasSite, type Share, SITE_BUCKETS, wholeShare } from '#domain/site-share.ts'
import type { Params } from '#storage/client.ts'

/** A condition for SQL on the site of a row. */
export interface SiteFilter {
  /** Every site passes. */
  isAll: boolean
  has(site: string): boolean
  /** Behind other conditions: `AND …`, or nothing. */
  and(column: string): string
  params: Params
}

/** The rows of one site, or of those that a process has. */
export function siteFilter({
  site,
  share = wholeShare,
}: {
  site?: string | undefined
  share?: Share | undefined
}): SiteFilter {
  if (site !== undefined) {
    return {
      isAll: false,
      has: (other) => other === site,
      and: (column) => `AND ${column} = {site:String}`,
      params: { site },
    }
  }
  if (share.of === 1) return { isAll: true, has: () => true, and: () => '', params: {} }
  return {
    isAll: false,
    has: (other) => hasSite(share, other),
    // No range of the sort key, but rows of one site stand together in it: of the others no column but this one is read.
    and: (column) => `AND CRC32(${column}) % ${SITE_BUCKETS} IN {buckets:Array(UInt8)}`,
    params: { buckets: bucketsOf(share) },
  }
}
