import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ImportProgress } from '#ingest/imports/import-progress.ts'
import { linesToKeep } from '#ingest/imports/import-state.ts'
import { type ImportWriter, openImportWriter } from '#ingest/imports/import-writer.ts'
import type { Imports } from '#ingest/imports/imports.ts'
import type { Log } from '#ingest/log/log.ts'
import { factId, SITE_ID_LENGTH_MAX } from '#ingest/wire/fields.ts'
import type { Receipt } from '#ingest/wire/receipt.ts'
import type { Access } from '#shell/access.ts'
import { Failure, type FailureCode } from '#shell/failure.ts'
import { type Body, readFailure } from './body.ts'
import { ofLine } from './elements.ts'
import type { IntakeMetrics } from './intake-metrics.ts'
import { readLines } from './lines.ts'

/** A long import, which can go on after a break. */
export const ImportQuery = z.object({
  import: factId
    .optional()
    .describe(
      'Makes the body (NDJSON, of any length) a part of the long import of this name. Ask `GET /v1/imports/{id}` for its durable lines L after a break, and send from line L on with `from_line=L`',
    ),
  from_line: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe(
      'Which line of the whole import the first line of this body is, counted from 0. Durable lines are skipped',
    ),
  site: z.string().min(1).max(SITE_ID_LENGTH_MAX).optional().describe('The site of the lines that name none'),
})

export const importFailures = [
  'unauthorized',
  'forbidden',
  'import_in_use',
  'import_gap',
  'too_many_imports',
  'starting',
] as const satisfies FailureCode[]

export interface ImportDeps {
  imports: Imports
  log: Log
  metrics: IntakeMetrics
  /** Aborted when the service stops. */
  stopping: AbortSignal
  /** How long a full log is waited for. */
  room_wait_ms?: number
}

/** Takes one line, which is a batch of events. */
export type TakeLine = (
  line: { index: number; value: unknown },
  intake: Pick<ImportWriter, 'accept' | 'refuse'>,
) => unknown

const ROOM_WAIT_MS = 30_000
/** After so many lines other requests get their turn. */
const GROUP_MAX = 256

export function isImport(request: FastifyRequest): boolean {
  return (request.query as { import?: unknown }).import !== undefined
}

/** Reads lines for as long as they come. What was read before a break is durable, and told by `GET /v1/imports/{id}`. */
export async function takeImport(request: FastifyRequest, deps: ImportDeps, takeLine: TakeLine): Promise<Receipt> {
  const body = request.body as unknown as (Body & { shape: 'ndjson' }) | undefined
  let progress: ImportProgress
  let query: z.output<typeof ImportQuery>
  try {
    const access = admit(request)
    query = readQuery(request.query)
    progress = await deps.imports.begin(query.import as string, query.from_line, access)
  } catch (error) {
    body?.giveUp()
    throw error
  }
  const before = progress.state
  const connection = watchConnection(request, deps.stopping)
  let failure: unknown
  try {
    await takeBody(
      body,
      { ...query, before: before.lines },
      openWriter(connection.signal, progress, deps),
      deps.stopping,
      takeLine,
    )
  } catch (error) {
    failure = readFailure(error)
  } finally {
    connection.leave()
  }
  await progress.end(failure === undefined)
  if (failure !== undefined) throw withLines(failure, linesToKeep(progress.state))
  return receiptOf(before, progress.state)
}

function admit(request: FastifyRequest): Access {
  const { access } = request
  if (!access) throw new Failure('unauthorized', 'An import needs a token.')
  if (!access.allows('ingest')) throw new Failure('forbidden', 'This token lacks the scope "ingest".')
  return access
}

function readQuery(query: unknown): z.output<typeof ImportQuery> {
  const parsed = ImportQuery.safeParse(query)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = String(issue?.path[0] ?? 'import')
  throw new Failure('bad_request', `${field}: ${issue?.message ?? 'is not valid'}`, { field })
}

/** Rows that wait for a full log must not outlive the connection that brought them, nor hold up a stop. */
function watchConnection({ raw }: FastifyRequest, stopping: AbortSignal): { signal: AbortSignal; leave(): void } {
  const gone = new AbortController()
  const onClose = () => gone.abort()
  raw.socket.once('close', onClose)
  return { signal: AbortSignal.any([gone.signal, stopping]), leave: () => raw.socket.off('close', onClose) }
}

function openWriter(signal: AbortSignal, progress: ImportProgress, deps: ImportDeps): ImportWriter {
  const { log, metrics, room_wait_ms = ROOM_WAIT_MS } = deps
  return openImportWriter({ log, metrics, progress, room_wait_ms, signal })
}

interface Part {
  from_line: number
  /** The durable lines when this request came. */
  before: number
  site?: string | undefined
}

async function takeBody(
  body: (Body & { shape: 'ndjson' }) | undefined,
  part: Part,
  writer: ImportWriter,
  stopping: AbortSignal,
  takeLine: TakeLine,
): Promise<void> {
  if (!body) throw new Failure('bad_request', 'The body is empty.', { field: 'body' })
  const groups = readLines(body.chunks)
  try {
    for (;;) {
      const { done, value } = await groups.next()
      if (done) {
        await writer.reach(Math.max(part.before, part.from_line + value))
        break
      }
      for (const [place, line] of value.entries()) {
        if (place > 0 && place % GROUP_MAX === 0) await turn()
        const index = part.from_line + line.index
        if (index < part.before) continue
        await takeElement(ofLine({ ...line, index }), part.site, writer, takeLine)
        await writer.reach(index + 1)
      }
      if (stopping.aborted) throw new Failure('starting', 'The service is stopping.', { retry_after_s: 2 })
    }
  } catch (error) {
    body.giveUp()
    // What was read before the break is kept. If that fails too, the first trouble is the one to tell.
    await writer.finish().catch(() => {})
    throw error
  }
  await writer.finish()
}

async function takeElement(
  element: ReturnType<typeof ofLine>,
  site: string | undefined,
  writer: ImportWriter,
  takeLine: TakeLine,
): Promise<void> {
  if ('value' in element) await takeLine({ index: element.index, value: withSite(element.value, site) }, writer)
  else {
    const { index, field, message } = element
    writer.refuse({ index }, { field, message, reason: 'unreadable' })
  }
}

function withSite(value: unknown, site: string | undefined): unknown {
  if (site === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return 'site' in value ? value : { ...value, site }
}

function withLines(error: unknown, lines: number): unknown {
  if (!(error instanceof Failure)) return error
  const { code, message, field, retry_after_s, cause } = error
  return new Failure(code, message, {
    details: { ...error.details, lines },
    ...(field !== undefined && { field }),
    ...(retry_after_s !== undefined && { retry_after_s }),
    ...(cause !== undefined && { cause }),
  })
}

/** What this request came to. Its position is that of the whole import: the lines it skipped may be on their way too. */
function receiptOf(before: ImportProgress['state'], { lines, ...after }: ImportProgress['state']): Receipt {
  const rejected = after.rejected.slice(before.rejected.length)
  const rejected_total = after.rejected_total - before.rejected_total
  if (after.accepted === 0) {
    const [first] = rejected
    const why = first ? `Nothing was accepted; first: ${first.field} ${first.message}` : 'The body holds no facts.'
    const details = { lines: 0, rejected_total, rejected }
    throw new Failure('nothing_accepted', why, { field: first?.field ?? 'body', details })
  }
  const accepted = after.accepted - before.accepted
  return { accepted, rejected_total, rejected, position: after.position, lines }
}
