import { crc32 } from 'node:zlib'

/** Sites fall into so many buckets, whatever the number of processes: who has a site's bucket has the site. */
export const SITE_BUCKETS = 64

/** The sites that one of several matching processes has: those of every `of`th bucket, from `index` on. */
export interface Share {
  index: number
  of: number
}

/** Every site, where one process has them all. */
export const wholeShare: Share = { index: 0, of: 1 }

/** The same for one id for ever, on every machine; in SQL `CRC32(site) % 64`. */
export function siteBucket(site: string): number {
  return crc32(site) % SITE_BUCKETS
}

export function bucketsOf({ index, of }: Share): number[] {
  return Array.from({ length: SITE_BUCKETS }, (_, bucket) => bucket).filter((bucket) => bucket % of === index)
}

export function hasSite({ index, of }: Share, site: string): boolean {
  return siteBucket(site) % of === index
}

/** Whether a site may be in both. Shares of different numbers of processes are taken for such. */
export function overlap(a: Share, b: Share): boolean {
  return a.of !== b.of || a.index === b.index
}

/** `2 of 3`, for people, who count from one. */
export function shareName({ index, of }: Share): string {
  return `${index + 1} of ${of}`
}

/** What a process has reached with all of its share: a number that only grows. */
export interface Reached {
  share: Share
  value: number
}

/**
 * How far each bucket is. Processes may have been of other numbers before: what any of them reached, which then had the
 * bucket, it has reached.
 */
export function reachedByBucket(reached: readonly Reached[]): (number | undefined)[] {
  return Array.from({ length: SITE_BUCKETS }, (_, bucket) => {
    const own = reached.filter(({ share }) => bucket % share.of === share.index).map(({ value }) => value)
    return own.length > 0 ? Math.max(...own) : undefined
  })
}
