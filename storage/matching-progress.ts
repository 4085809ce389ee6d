import { bucketsOf, SITE_BUCKETS, siteBucket, wholeShare } from '#domain/site-share.ts'
import type { Params } from './client.ts'

/**
 * How far matching has read each log, as a subquery of `node`, `table` and `segment`: with a site, or with all of them.
 * Several processes may share the sites, and were perhaps of another number before; of a log that one of them has not
 * begun there is no row for all sites.
 */
export function readToSql(site?: string): { sql: string; params: Params } {
  const buckets = site === undefined ? bucketsOf(wholeShare) : [siteBucket(site)]
  return {
    sql: `(SELECT node, table, min(segment) AS segment FROM ${readToByBucketSql('1')}
      GROUP BY node, table HAVING count() = ${site === undefined ? SITE_BUCKETS : 1})`,
    params: { buckets },
  }
}

/**
 * The same by `bucket` of sites, of those in the parameter `buckets`: the furthest of whoever had it. `where` is a
 * condition on the rows of `matching_positions`.
 */
export function readToByBucketSql(where: string): string {
  return `(SELECT node, table, bucket, max(segment) AS segment
    FROM (
      SELECT node, table, shares, share, segment, arrayJoin({buckets:Array(UInt8)}) AS bucket
      FROM matching_positions FINAL WHERE ${where}
    )
    WHERE share = bucket % greatest(shares, 1)
    GROUP BY node, table, bucket)`
}
