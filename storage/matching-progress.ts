import { SITE_BUCKETS, siteBucket } from '#domain/site-share.ts'
import type { Params } from './client.ts'

/**
 * How far matching has read each log, as a subquery of `node`, `table` and `segment`: with a site, or with all of them.
 * Several processes may share the sites, and were perhaps of another number before; of a log that one of them has not
 * begun there is no row for all sites. `where` is a condition on the rows of `matching_positions`.
 */
export function readToSql(site: string | undefined, where = '1'): { sql: string; params: Params } {
  if (site !== undefined) {
    return {
      sql: `(SELECT node, table, max(segment) AS segment FROM matching_positions FINAL
        WHERE ${where} AND share = {bucket:UInt8} % greatest(shares, 1) GROUP BY node, table)`,
      params: { bucket: siteBucket(site) },
    }
  }
  return {
    sql: `(SELECT node, table, min(read_to) AS segment
      FROM (
        SELECT node, table, bucket, max(segment) AS read_to
        FROM (
          SELECT node, table, segment,
            arrayJoin(arrayFilter(one -> one % greatest(shares, 1) = share, range(${SITE_BUCKETS}))) AS bucket
          FROM matching_positions FINAL WHERE ${where}
        )
        GROUP BY node, table, bucket
      )
      GROUP BY node, table HAVING count() = ${SITE_BUCKETS})`,
    params: {},
  }
}
