import { z } from 'zod'
import type { Imports } from '#ingest/imports/imports.ts'
import { factId } from '#ingest/wire/fields.ts'
import { REJECTIONS_LISTED_MAX, Rejection } from '#ingest/wire/receipt.ts'
import type { Access } from '#shell/access.ts'
import type { App } from '#shell/http.ts'

const ImportStatus = z
  .object({
    id: z.string(),
    lines: z.number().int().describe('The lines before this one, counted from 0, are durable: send again from here'),
    accepted: z.number().int().describe('Events of those lines, repeats included'),
    rejected_total: z.number().int(),
    rejected: z
      .array(Rejection)
      .describe(`The first ${REJECTIONS_LISTED_MAX}; \`index\` is the line of the whole import`),
    position: z.string().nullable().describe('Read with ?after=POSITION to see what was written so far'),
    state: z
      .enum(['running', 'waiting', 'done'])
      .describe('A request sends it now; the last one broke off; the last one was read to its end'),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Import', description: 'How far a long import has come.' })

/** GET /v1/imports/{id}: where to go on. Never ahead of the disk; behind it by a second at most while it runs. */
export function importRoute(app: App, { imports }: { imports: Imports }): void {
  app.get(
    '/v1/imports/:id',
    {
      schema: {
        tags: ['facts'],
        summary: 'How many lines of a long import are durable.',
        description: 'For the token that began it, and for `admin` tokens that reach every site.',
        params: z.object({ id: factId }),
        response: { 200: ImportStatus },
      },
      config: { scope: 'ingest', failures: ['import_not_found'] as const },
    },
    async ({ params, access }, reply) => {
      const { state, is_running } = await imports.status(params.id, access as Access) // The route has a scope.
      const { id, lines, accepted, rejected_total, rejected, position, is_ended, updated_at_ms } = state
      return reply.header('cache-control', 'no-store').send({
        ...{ id, lines, accepted, rejected_total, rejected },
        position: position || null,
        state: is_running ? ('running' as const) : is_ended ? ('done' as const) : ('waiting' as const),
        updated_at: new Date(updated_at_ms).toISOString(),
      })
    },
  )
}
