import { z } from 'zod'
import { describeRegistry } from '#reports-api/registry/describe-registry.ts'
import { ReportQuery, RowsQuery } from '#reports-api/registry/report-query.ts'
import { runReport } from '#reports-api/registry/run-report.ts'
import { runRows } from '#reports-api/registry/run-rows.ts'
import type { App } from '#shell/http.ts'
import { after, siteFor, uncached } from './read-query.ts'
import type { ReportsDeps } from './reports-deps.ts'

// Filter values travel to ClickHouse in an address, which may be a megabyte long once escaped.
const BODY_MAX_BYTES = 128 * 1024

/** Reports, the rows behind them, and the registry of what can be asked. */
export function reportRoutes(app: App, { reader, settings }: ReportsDeps): void {
  const scope = { config: { scope: 'reports' as const }, bodyLimit: BODY_MAX_BYTES }
  const querystring = z.object({ after })

  app.get(
    '/v1/reports/registry',
    { schema: { tags: ['reports'], summary: 'Every metric, dimension and model', querystring }, ...scope },
    (_, reply) => reply.header('cache-control', 'private, max-age=300').send(describeRegistry()),
  )

  app.post(
    '/v1/reports/query',
    { schema: { tags: ['reports'], summary: 'Metrics by dimensions', querystring, body: ReportQuery }, ...scope },
    async (request, reply) => {
      const site = siteFor(request, settings, request.body.site)
      return reply.headers(uncached).send(await runReport(reader, request.body, site))
    },
  )

  app.post(
    '/v1/reports/rows',
    { schema: { tags: ['reports'], summary: 'The rows behind a number', querystring, body: RowsQuery }, ...scope },
    async (request, reply) => {
      const site = siteFor(request, settings, request.body.site)
      return reply.headers(uncached).send(await runRows(reader, request.body, site))
    },
  )
}
