import { nanoid } from 'nanoid'
import { z } from 'zod'
import { formatPosition } from '#domain/position.ts'
import { encodeRow } from '#ingest/log/encode-row.ts'
import type { Log } from '#ingest/log/log.ts'
import { Erasure, ErasureProgress, namedIdentifier } from '#ingest/wire/erasure.ts'
import type { Access } from '#shell/access.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import type { Store } from '#storage/client.ts'
import { type ErasureKey, erasureKey } from '#storage/erasure-keys.ts'
import type { IntakeMetrics } from './intake-metrics.ts'
import type { SiteIndex } from './site-index.ts'

export interface ErasureDeps {
  sites: SiteIndex
  log: Log
  now: Clock
  metrics: IntakeMetrics
  /** Undefined, or throwing, while ClickHouse is away. */
  store: () => Store | undefined
}

const BODY_BYTES_MAX = 4_096

/** Erasures of this process that ClickHouse may not have yet. */
const RECENT_MAX = 1_000

const uncached = { 'cache-control': 'no-store' }

/** POST /v1/erasures and GET /v1/erasures/{id}. The fact keeps a keyed hash; matching does the work. */
export function erasureRoutes(app: App, deps: ErasureDeps): void {
  const recent = new Map<string, ErasureProgress>()
  let key: ErasureKey | undefined
  const hashing = async () => {
    key ??= await asking(deps, erasureKey)
    return key
  }
  app.post(
    '/v1/erasures',
    {
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        tags: ['facts'],
        summary: 'Erases a person: rows and fields everywhere, and says when the bytes are gone.',
        body: Erasure,
        response: { 202: ErasureProgress },
      },
      config: { scope: 'admin', failures: ['site_not_found', 'store_away'] as const },
    },
    async (request, reply) => {
      const progress = await takeErasure(request.body, request.access, deps, await hashing())
      recent.set(progress.id, progress)
      for (const oldest of recent.keys()) if (recent.size > RECENT_MAX) recent.delete(oldest)
      return reply.code(202).headers(uncached).send(progress)
    },
  )
  app.get(
    '/v1/erasures/:id',
    {
      schema: {
        tags: ['facts'],
        summary: 'How far an erasure is',
        params: z.object({ id: z.string().max(64) }),
        response: { 200: ErasureProgress },
      },
      config: { scope: 'admin', failures: ['erasure_not_found', 'store_away'] as const },
    },
    async (request, reply) => {
      const { id } = request.params
      const found = (await asking(deps, (store) => readProgress(store, id))) ?? recent.get(id)
      // An erasure of other sites is not told from one that is not there.
      if (!found || !request.access?.reaches(found.site)) {
        throw new Failure('erasure_not_found', `There is no erasure "${id}", or it was made a moment ago.`)
      }
      return reply.headers(uncached).send(found)
    },
  )
}

async function takeErasure(
  asked: Erasure,
  access: Access | undefined,
  { sites, log, now, metrics }: ErasureDeps,
  key: ErasureKey,
): Promise<ErasureProgress> {
  if (!access?.reaches(asked.site)) {
    throw new Failure('forbidden', `This token may not write to site "${asked.site}".`, { field: 'site' })
  }
  const site = sites.get(asked.site)
  if (!site) throw new Failure('site_not_found', `There is no site "${asked.site}".`, { field: 'site' })
  const { kind, value } = namedIdentifier(asked, site.document.region)
  if (value === undefined) throw new Failure('bad_request', `${kind}: cannot be read`, { field: kind })
  const received_at = now()
  const id = `er-${nanoid(16)}`
  const row = {
    ...{ site: asked.site, id, received_at, kind, key: key.id, hash: key.hash(asked.site, kind, value) },
    // What this log has taken and ClickHouse does not have yet.
    waits_for: formatPosition(log.status().on_the_way),
  }
  const position = await log.append([{ table: 'erasures', rows: [encodeRow('erasures', row)] }])
  metrics.accepted('erasure', 1)
  const requested_at = new Date(received_at).toISOString()
  return { id, site: asked.site, state: 'waiting', counts: {}, requested_at, done_at: null, position }
}

interface ProgressRow {
  site: string
  requested_at: string
  state: ErasureProgress['state'] | ''
  reason: string
  counts: Record<string, string>
  done_at: string | null
}

async function readProgress(store: Store, id: string): Promise<ErasureProgress | undefined> {
  const [row] = await store.query<ProgressRow>(
    `SELECT e.site AS site, e.received_at AS requested_at, r.state AS state, r.reason AS reason, r.counts AS counts,
       r.done_at AS done_at
     FROM (SELECT site, id, received_at FROM erasures WHERE id = {id:String} LIMIT 1) AS e
     LEFT JOIN (SELECT site, id, state, reason, counts, done_at FROM erasure_runs FINAL WHERE id = {id:String}) AS r
       ON r.site = e.site AND r.id = e.id`,
    { id },
  )
  if (!row) return undefined
  const { site, requested_at, state, reason, counts, done_at } = row
  return {
    ...{ id, site, state: state || 'waiting', requested_at, done_at },
    ...(reason !== '' && { reason }),
    counts: Object.fromEntries(Object.entries(counts).map(([table, count]) => [table, Number(count)])),
  }
}

async function asking<Answer>({ store }: ErasureDeps, ask: (store: Store) => Promise<Answer>): Promise<Answer> {
  try {
    const open = store()
    if (!open) throw new Error('ClickHouse is away.')
    return await ask(open)
  } catch (error) {
    throw new Failure('store_away', 'ClickHouse is away; it is needed for erasures.', {
      retry_after_s: 5,
      cause: error,
    })
  }
}
