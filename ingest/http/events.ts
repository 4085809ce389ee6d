import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Places } from '#ingest/enrich/place.ts'
import type { Leases } from '#ingest/leases/leases.ts'
import type { Sight } from '#ingest/leases/pools-for-session.ts'
import { encodeRow } from '#ingest/log/encode-row.ts'
import { EventBatch } from '#ingest/wire/event.ts'
import { Receipt } from '#ingest/wire/receipt.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { type Body, type BodyLimits, browserBodies, importBodies, tokenBodies } from './body.ts'
import { inGroups, isOneObject, readElements, readObject } from './elements.ts'
import { openBatch, readEvent, type Sender } from './event-batch.ts'
import type { BatchColumns } from './event-row.ts'
import type { FactDeps } from './fact-route.ts'
import { type ImportDeps, ImportQuery, importFailures, isImport, takeImport } from './import-events.ts'
import { type Intake, laterPosition, openIntake, REFUSED_FROM_BROWSERS_MAX } from './intake.ts'
import { senderHost } from './origin.ts'

export interface EventDeps extends FactDeps, ImportDeps {
  leases: Leases
  places: Places
}

/** POST /v1/events: from browsers, and with a token from servers. The answer waits for the disk and never for ClickHouse. */
export function eventRoute(app: App, deps: EventDeps): void {
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
      serializerCompiler: () => (receipt: Receipt) => JSON.stringify(receipt),
      config: { bodies, failures: importFailures },
    },
    (request, reply) => {
      const body = request.body as unknown as Body | undefined
      reply.code(202).header('cache-control', 'no-store')
      if (isImport(request)) {
        const sender = readSender(request, deps.now())
        return takeImport(request, deps, (line, intake) => takeBatch(line.index, line.value, sender, intake, deps))
      }
      return takeEvents(body, readSender(request, deps.now()), deps)
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
    hasToken: hasToken(request),
    access: request.access,
    received_at,
  }
}

const speaking = ['site_not_found', 'domain_not_allowed', 'forbidden'] as const

async function takeEvents(body: Body | undefined, sender: Sender, deps: EventDeps): Promise<Receipt> {
  const intake = openIntake({
    fact: 'event',
    table: 'events',
    log: deps.log,
    metrics: deps.metrics,
    speaking,
    ...(!sender.hasToken && { refused_max: REFUSED_FROM_BROWSERS_MAX }),
  })
  // Numbers are for a page that waits for them: one batch, one visitor. It is also what nearly every request is.
  if (body && isOneObject(body)) {
    const page = await takeBatch(0, readObject(body), sender, intake, deps)
    const receipt = await intake.finish()
    return page ? withNumbers(receipt, page, deps.leases) : receipt
  }
  for await (const elements of readElements(body)) {
    for (const element of elements) {
      if ('value' in element) await takeBatch(element.index, element.value, sender, intake, deps)
      else
        intake.refuse(
          { index: element.index },
          { field: element.field, message: element.message, reason: 'unreadable' },
        )
    }
    await intake.relieve()
  }
  return intake.finish()
}

/** What the numbers of a page hang on. Not the batch itself: a hundred requests wait for the disk with what they hold. */
interface TakenBatch {
  columns: BatchColumns
  address: string
  /** Whether numbers are asked for. */
  lease: boolean | undefined
  /** Where the first accepted page of the batch came from. */
  sight: Sight | undefined
}

async function takeBatch(
  index: number,
  value: unknown,
  sender: Sender,
  intake: Pick<Intake, 'accept' | 'refuse'>,
  { sites, places }: EventDeps,
): Promise<TakenBatch | undefined> {
  const batch = openBatch(value, sender, sites, places)
  if ('reason' in batch) {
    intake.refuse({ index }, batch)
    return undefined
  }
  let sight: Sight | undefined
  const rest = inGroups(batch.envelope.events, (event, place) => {
    const read = readEvent(event, batch)
    if ('reason' in read) return intake.refuse({ index, event: place }, read)
    const { row, traffic } = read
    intake.accept(encodeRow('events', row), `${row.site}\n${row.id}`)
    if (row.type === 'page' && traffic) {
      sight ??= { source: traffic.source, channel: traffic.channel, landing_url: row.url }
    }
  })
  if (rest) await rest
  return { columns: batch.columns, address: batch.address, lease: batch.envelope.lease ?? undefined, sight }
}

/** Lets the session have its numbers, now that its page is on disk. */
async function withNumbers(
  receipt: Receipt,
  { columns, address, lease, sight }: TakenBatch,
  leases: Leases,
): Promise<Receipt> {
  const session = { site: columns.site, visitor: columns.visitor, session: columns.session }
  if (columns.session === '' || columns.bot === 1) return lease ? { ...receipt, numbers: [] } : receipt
  // A browser shows that somebody is there now; a server that asks for no numbers may be telling of last year.
  const is_live = columns.trusted === 0 || lease === true
  if (sight && is_live) leases.notePage(session, sight)
  if (!lease) {
    if (is_live) leases.touch(session)
    return receipt
  }
  try {
    const { numbers, position } = await leases.numbersFor(session, address)
    return { ...receipt, numbers, position: laterPosition(receipt.position, position) }
  } catch (error) {
    // The events are safe, and that is what the answer is about; the page keeps the number it has.
    if (error instanceof Failure) return { ...receipt, numbers: [] }
    throw error
  }
}
