import type { FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import {
  DestinationDocument,
  type DocumentKind,
  type Documents,
  PoolDocument,
  SiteDocument,
  TokenDocument,
  UserDocument,
  type Versioned,
} from '#storage/settings/documents.ts'
import { readDocument } from './read-document.ts'
import { ById } from './read-query.ts'
import type { ReportsDeps } from './reports-deps.ts'
import { HIDDEN_SECRET, mayChange, reachable, shown } from './settings-access.ts'
import { documentAnswers } from './settings-answers.ts'

const collections = {
  sites: 'site',
  pools: 'pool',
  destinations: 'destination',
  users: 'user',
  tokens: 'token',
} as const satisfies Record<string, DocumentKind>

const bodies = {
  site: SiteDocument,
  pool: PoolDocument,
  destination: DestinationDocument,
  user: UserDocument,
  token: TokenDocument,
} as const

// Ten thousand numbers or blocked values, with room.
const BODY_MAX_BYTES = 2 * 1024 * 1024

/** GET, PUT and DELETE of settings documents. Answers hold the document and its version, which `If-Match` guards. */
export function settingsRoutes(app: App, deps: ReportsDeps): void {
  for (const [collection, kind] of Object.entries(collections)) documentRoutes(app, deps, collection, kind)
  rotateRoute(app, deps)
}

function documentRoutes(app: App, deps: ReportsDeps, collection: string, kind: DocumentKind): void {
  const { settings } = deps
  const scope = 'admin' as const
  const answer = { schema: documentAnswers[kind] }
  const config = { scope, answer, failures: ['setting_not_found'] as const }
  const tags = ['settings']

  const list = { schema: { tags, summary: `All ${collection}` }, config: { scope, answer: listOf(collection, kind) } }
  app.get(`/v1/${collection}`, list, (request, reply) =>
    reply.header('cache-control', 'no-store').send({
      [collection]: settings
        .list(kind)
        .filter(({ document }) => reachable(request.access, kind, document))
        .map((found) => shown(kind, found)),
    }),
  )

  app.get(
    `/v1/${collection}/:id`,
    { schema: { tags, summary: `One ${kind}`, params: ById }, config },
    (request, reply) => send(reply, kind, present(request, deps, kind, request.params.id)),
  )

  const schema = { tags, summary: `Creates or replaces one of the ${collection}`, params: ById, body: bodies[kind] }
  app.put(
    `/v1/${collection}/:id`,
    {
      schema,
      config: { scope, answer, failures: ['version_conflict', 'store_away'] },
      bodyLimit: BODY_MAX_BYTES,
      validatorCompiler: bodyUnchecked,
    },
    async (request, reply) => {
      const { id } = request.params
      const old = settings.get(kind, id)
      if (old) mayChange(request.access, kind, old.document)
      const { document, secret } = makeDocument(kind, id, asObject(request.body), deps)
      mayChange(request.access, kind, document)
      const stored = await settings.put(kind, id, document as never, changeOf(request))
      return send(reply, kind, stored, secret)
    },
  )

  const removal = {
    schema: { tags, summary: `Removes one ${kind}`, params: ById },
    config: { scope, answer: { status: 204 }, failures: removalFailures },
  }
  app.delete(`/v1/${collection}/:id`, removal, async (request, reply) => {
    const { id } = request.params
    present(request, deps, kind, id)
    await settings.remove(kind, id, changeOf(request))
    return reply.code(204).send()
  })
}

const removalFailures = ['setting_not_found', 'setting_in_use', 'version_conflict', 'store_away'] as const

function listOf(collection: string, kind: DocumentKind) {
  return { schema: z.object({ [collection]: z.array(documentAnswers[kind]) }) }
}

/** The schema tells the reference what a body is; it is checked by hand, so that an unknown field is refused by name. */
const bodyUnchecked: FastifySchemaCompiler<unknown> = (route) =>
  route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route as never)

function asObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw new Failure('bad_request', 'body: must be one object', { field: 'body' })
}

function rotateRoute(app: App, deps: ReportsDeps): void {
  const schema = { tags: ['settings'], summary: 'A new secret; the old one is void at once', params: ById }
  const config = {
    scope: 'admin' as const,
    answer: { schema: documentAnswers.token },
    failures: ['setting_not_found', 'version_conflict', 'store_away'] as const,
  }
  app.post('/v1/tokens/:id/rotate', { schema, config }, async (request, reply) => {
    const { id } = request.params
    const { document } = present(request, deps, 'token', id)
    const secret = deps.mintSecret()
    const rotated = { ...(document as Documents['token']), secret_hash: deps.hashSecret(secret) }
    return send(reply, 'token', await deps.settings.put('token', id, rotated, changeOf(request)), secret)
  })
}

function present(request: FastifyRequest, { settings }: ReportsDeps, kind: DocumentKind, id: string) {
  const found = settings.get(kind, id)
  if (!found) throw new Failure('setting_not_found', `There is no ${kind} "${id}".`)
  mayChange(request.access, kind, found.document)
  return found
}

/** The document to store; of a new token also its secret, which nobody will see again. */
function makeDocument(
  kind: DocumentKind,
  id: string,
  body: Record<string, unknown>,
  { settings, mintSecret, hashSecret }: ReportsDeps,
): { document: Documents[DocumentKind]; secret?: string } {
  if (kind === 'token') {
    const old = settings.get('token', id)
    const token = readDocument(TokenDocument, id, body)
    if (old) return { document: { ...token, secret_hash: old.document.secret_hash } }
    const secret = mintSecret()
    return { document: { ...token, secret_hash: hashSecret(secret) }, secret }
  }
  if (kind === 'destination') {
    // What a caller was shown instead of the secret, sent back, means the secret that is stored.
    const given = body.secret === HIDDEN_SECRET ? undefined : body.secret
    const secret = given ?? settings.get('destination', id)?.document.secret
    return { document: readDocument(DestinationDocument, id, { ...body, secret }) }
  }
  if (kind === 'pool') return { document: readDocument(PoolDocument, id, body) }
  if (kind === 'site') return { document: readDocument(SiteDocument, id, body) }
  return { document: readDocument(UserDocument, id, body) }
}

function changeOf(request: FastifyRequest): { by: string; if_version?: number } {
  const by = request.access?.token ?? ''
  const guard = request.headers['if-match']
  if (guard === undefined || guard.trim() === '*') return { by }
  const version = /^\s*(?:W\/)?"?(\d{1,10})"?\s*$/.exec(guard)?.[1]
  if (version === undefined) throw new Failure('bad_request', 'If-Match: must be one version', { field: 'If-Match' })
  return { by, if_version: Number(version) }
}

function send<Kind extends DocumentKind>(
  reply: FastifyReply,
  kind: Kind,
  found: Versioned<Documents[Kind]>,
  secret?: string,
): FastifyReply {
  return reply
    .header('etag', `"${found.version}"`)
    .header('cache-control', 'no-store')
    .send({ ...shown(kind, found), ...(secret !== undefined && { secret }) })
}
