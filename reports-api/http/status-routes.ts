import { formatPosition } from '#domain/position.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { readToSql } from '#storage/matching-progress.ts'
import { StatusAnswer } from './answers.ts'
import { OfSite, siteFor, uncached } from './read-query.ts'
import type { Reader } from './reader.ts'
import type { ReportsDeps } from './reports-deps.ts'

/** How far history is behind the facts, and how the log is doing. */
export function statusRoutes(app: App, { reader, settings, log_status, matching_status, now }: ReportsDeps): void {
  const schema = { tags: ['operation'], summary: 'How far history is behind', querystring: OfSite }
  const config = { scope: 'reports' as const, answer: { schema: StatusAnswer } }
  app.get('/v1/status', { schema, config }, async (request, reply) => {
    const { site } = request.query
    siteFor(request, settings, site)
    const log = await log_status?.()
    const progress = await readProgress(reader, site).catch(awayIsNoAnswer)
    const waiting_since = Math.min(
      ...(progress ?? []).map(({ unread_since_ms }) => unread_since_ms ?? Infinity),
      log?.oldest_ms ?? Infinity,
    )
    return reply.headers(uncached).send({
      site,
      position: progress?.find(({ node }) => node === log?.node)?.position ?? progress?.[0]?.position ?? null,
      positions: progress?.map(({ position }) => position) ?? [],
      lag_ms: Number.isFinite(waiting_since) ? Math.max(0, now() - waiting_since) : progress ? 0 : null,
      ...(log && {
        log: {
          node: log.node,
          bytes: log.bytes,
          age_ms: log.oldest_ms === null ? 0 : Math.max(0, now() - log.oldest_ms),
          segments_waiting: log.segments_waiting,
          full: log.full,
          last_flush_error: log.last_flush_error,
        },
      }),
      ...(matching_status && { matching: matching_status() ?? null }),
    })
  })
}

/** How far history is, of all logs. Rejects while ClickHouse is away. */
export async function readHistoryProgress(
  reader: Reader,
): Promise<{ positions: string[]; unread_since_ms: number | undefined }> {
  const progress = await readProgress(reader)
  const unread = progress.map(({ unread_since_ms }) => unread_since_ms).filter((ms) => ms !== undefined)
  return {
    positions: progress.map(({ position }) => position),
    unread_since_ms: unread.length > 0 ? Math.min(...unread) : undefined,
  }
}

/** Without ClickHouse the log is asked about most: how much waits in it, and what keeps it from being written. */
function awayIsNoAnswer(error: unknown): undefined {
  if (error instanceof Failure && error.code === 'store_away') return undefined
  throw error
}

interface Progress {
  node: string
  position: string
  /** When the oldest fact came that history does not include. */
  unread_since_ms: number | undefined
}

interface ProgressRow {
  node: string
  table: string
  read_to: string | null
  unread_since_ms: string | null
}

/** What has landed beside what matching has read of a site, or of all. Costs are no matter of matching: what has landed is read. */
async function readProgress(reader: Reader, site?: string): Promise<Progress[]> {
  const { sql, params } = readToSql(site)
  const rows = await reader.query<ProgressRow>(
    `SELECT node, table, if(table = 'costs', landed_to, any(read_up_to)) AS read_to,
       minIf(toUnixTimestamp64Milli(first_received_at), table != 'costs' AND segment > ifNull(read_up_to, -1)) AS unread_since_ms
     FROM (
       SELECT s.node AS node, s.table AS table, s.segment AS segment, s.first_received_at AS first_received_at,
         p.read_up_to AS read_up_to, max(s.segment) OVER (PARTITION BY s.node, s.table) AS landed_to
       FROM (SELECT node, table, segment, first_received_at FROM segments FINAL) AS s
       LEFT JOIN (SELECT node, table, toNullable(toInt64(segment)) AS read_up_to FROM ${sql}) AS p
         ON p.node = s.node AND p.table = s.table
     )
     GROUP BY node, table, landed_to
     ORDER BY node, table`,
    params,
  )
  const byNode = new Map<string, ProgressRow[]>()
  for (const row of rows) byNode.set(row.node, [...(byNode.get(row.node) ?? []), row])
  return [...byNode].map(([node, tables]) => {
    const read = tables.filter(({ read_to }) => read_to !== null).map(({ table, read_to }) => [table, Number(read_to)])
    const unread = tables.map(({ unread_since_ms }) => Number(unread_since_ms)).filter((ms) => ms > 0)
    return {
      node,
      position: formatPosition([{ node, segments: Object.fromEntries(read) }]),
      unread_since_ms: unread.length > 0 ? Math.min(...unread) : undefined,
    }
  })
}
