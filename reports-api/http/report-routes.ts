import { z } from 'zod'
import { describeRegistry } from '#reports-api/registry/describe-registry.ts'
import { MatrixQuery } from '#reports-api/registry/matrix-query.ts'
import { ReportQuery, RowsQuery } from '#reports-api/registry/report-query.ts'
import { type MatrixAnswer as Matrix, runMatrix } from '#reports-api/registry/run-matrix.ts'
import { runReport } from '#reports-api/registry/run-report.ts'
import { runRows } from '#reports-api/registry/run-rows.ts'
import type { FailureCode } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { type Mask, maskFor } from './mask.ts'
import { after, siteFor, uncached } from './read-query.ts'
import { MatrixAnswer, RegistryAnswer, ReportAnswer, RowsAnswer } from './report-answers.ts'
import type { ReportsDeps } from './reports-deps.ts'

// Filter values travel to ClickHouse in an address, which may be a megabyte long once escaped.
const BODY_MAX_BYTES = 128 * 1024

/** Reports, the rows behind them, and the registry of what can be asked. */
export function reportRoutes(app: App, { reader, settings }: ReportsDeps): void {
  const answers = (schema: z.ZodType, failures: readonly FailureCode[] = []) => ({
    config: { scope: 'reports' as const, answer: { schema }, failures },
    bodyLimit: BODY_MAX_BYTES,
  })
  const unknown = ['unknown_metric', 'unknown_dimension', 'unknown_model'] as const
  const querystring = z.object({ after })

  app.get(
    '/v1/reports/registry',
    {
      schema: { tags: ['reports'], summary: 'Every metric, dimension and model', querystring },
      ...answers(RegistryAnswer),
    },
    (_, reply) => reply.header('cache-control', 'private, max-age=300').send(describeRegistry()),
  )

  app.post(
    '/v1/reports/query',
    {
      schema: { tags: ['reports'], summary: 'Metrics by dimensions', querystring, body: ReportQuery },
      ...answers(ReportAnswer, unknown),
    },
    async (request, reply) => {
      const site = siteFor(request, settings, request.body.site)
      const report = await runReport(reader, request.body, site)
      return reply.headers(uncached).send({ ...report, rows: report.rows.map(maskFor(request.access).free) })
    },
  )

  app.post(
    '/v1/reports/rows',
    {
      schema: { tags: ['reports'], summary: 'The rows behind a number', querystring, body: RowsQuery },
      ...answers(RowsAnswer, unknown),
    },
    async (request, reply) => {
      const site = siteFor(request, settings, request.body.site)
      const page = await runRows(reader, request.body, site)
      return reply.headers(uncached).send({ ...page, rows: page.rows.map(maskFor(request.access).free) })
    },
  )

  app.post(
    '/v1/reports/matrix',
    {
      schema: {
        tags: ['reports'],
        summary: 'Who assisted whom, or what project people came for and which they bought',
        querystring,
        body: MatrixQuery,
      },
      ...answers(MatrixAnswer, unknown),
    },
    async (request, reply) => {
      const site = siteFor(request, settings, request.body.site)
      const matrix = await runMatrix(reader, request.body, site)
      return reply.headers(uncached).send(maskValues(matrix, maskFor(request.access)))
    },
  )
}

/** The values of a dimension are masked as in the rows of a report. Those that then look alike are numbered: a cell is found by its values. */
function maskValues({ rows, columns, cells, ...rest }: Matrix, { free }: Mask): Matrix {
  const { by } = rest.meta
  const known = new Map<string | null, string | null>()
  const alike = new Map<string | null, number>()
  for (const value of new Set([...rows, ...columns].map((one) => one.value))) {
    const hidden = free({ [by]: value })[by] as string | null
    const count = (alike.get(hidden) ?? 0) + 1
    alike.set(hidden, count)
    known.set(value, count === 1 ? hidden : `${hidden} (${count})`)
  }
  const masked = <Value extends string | null>(value: Value) => known.get(value) as Value
  return {
    ...rest,
    rows: rows.map((row) => ({ ...row, value: masked(row.value) })),
    columns: columns.map((column) => ({ ...column, value: masked(column.value) })),
    cells: cells.map((cell) => ({ ...cell, row: masked(cell.row), column: masked(cell.column) })),
  }
}
