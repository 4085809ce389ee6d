import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { EventBatch } from '#ingest/wire/event.ts'
import { Receipt, writeReceipt } from '#ingest/wire/receipt.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { type Body, type BodyLimits, browserBodies, importBodies, tokenBodies } from './body.ts'
import type { Sender } from './event-batch.ts'
import { type ImportDeps, ImportQuery, importFailures, isImport, takeImport } from './import-events.ts'
import { senderHost } from './origin.ts'
import { type EventDeps, takeBatch, takeEvents } from './take-events.ts'

/** POST /v1/events: from browsers, and with a token from servers. The answer waits for the disk and never for ClickHouse. */
export function eventRoute(app: App, deps: EventDeps & ImportDeps): void {
  app.post(
    '/v1/events',
    {
      schema: {
        tags: ['browser', 'facts'],
        summary: 'Takes events of visitors.',
        consumes: ['application/json', 'text/plain', 'application/x-ndjson'],
        querystring: ImportQuery,
        body: z.union([EventBatch, z.array(EventBatch)]),
        response: { 202: Receipt },
      },
      // Events are checked one by one in the handler: a bad one must not cost its neighbours.
      validatorCompiler: () => (data) => ({ value: data }),
      // Ours, and of one type: to check it by its schema would take as long as reading the request.
      serializerCompiler: () => (receipt: Receipt) => writeReceipt(receipt),
      config: { bodies, failures: importFailures },
    },
    (request, reply) => {
      const body = request.body as unknown as Body | undefined
      reply.code(202).header('cache-control', 'no-store')
      if (isImport(request)) {
        const sender = readSender(request, deps.now())
        return takeImport(request, deps, (line, intake) => takeBatch(line.index, line.value, sender, intake, deps))
      }
      return takeEvents(body, readSender(request, deps.now()), deps, (cookie) => reply.header('set-cookie', cookie))
    },
  )
}

function bodies(request: FastifyRequest): BodyLimits {
  if (isImport(request)) return importBodies
  return hasToken(request) ? { ...tokenBodies, text: tokenBodies.json } : browserBodies
}

/** Whether a request may write facts like a server. A token that is not valid is no visitor's slip: it is told. */
export function hasToken(request: FastifyRequest): boolean {
  if (!request.access && /^bearer /i.test(request.headers.authorization ?? '')) {
    throw new Failure('unauthorized', 'This token is not valid.')
  }
  return request.access?.allows('ingest') ?? false
}

function readSender(request: FastifyRequest, received_at: number): Sender {
  return {
    host: senderHost(request.headers),
    address: request.ip,
    user_agent: request.headers['user-agent'] ?? '',
    headers: request.headers,
    hasToken: hasToken(request),
    access: request.access,
    received_at,
  }
}
