import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { type FailureCode, failures } from '#shell/failure.ts'
import type { App, RouteScope } from '#shell/http.ts'

/** What a route answers when all is well, for the reference: nothing is checked by it on the way out. */
interface Answer {
  status?: number
  description?: string
  type?: string
  /** Left out where the answer has no body. */
  schema?: z.ZodType
}

declare module 'fastify' {
  interface FastifyContextConfig {
    answer?: Answer
    /** Beyond those that all routes of its sort can meet. */
    failures?: readonly FailureCode[]
  }
}

/** `/openapi.json` and `/docs`, made from the schemas of routes. Called before any route is. */
export async function registerOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Throughline', version: '1', description: `${about}\n\n${failureTable()}` },
      tags: tags.map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token `tl_…`' } },
        schemas: { Error: errorSchema() as never },
      },
    },
    transform: describeRoute,
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', deepLinking: true },
    // The page shares its origin with the dashboard, where the token is kept.
    staticCSP: true,
    transformStaticCSP: (policy) => `${policy.replace(/upgrade-insecure-requests;?/, '')}; frame-ancestors 'none'`,
  })
  app.get('/openapi.json', { schema: { hide: true } }, (_, reply) =>
    reply.header('cache-control', 'no-cache').send(app.swagger()),
  )
}

const about = `From the ad click to the deal. Times are ISO 8601 UTC, money is a decimal string with its currency beside it.
Every read takes \`?after=POSITION\`, with the position that a write answered with, and waits until history includes it.`

const tags = [
  ['reports', 'Numbers, and the rows behind them'],
  ['persons', 'One customer: identifiers, timeline, deals'],
  ['history', 'Single sessions, calls, leads, deals and facts'],
  ['streams', 'Everything, one JSON object a line'],
  ['browser', 'What pages send; the origin is checked, no token is asked for'],
  ['facts', 'What happened, one, many or line by line; answered once it is on disk'],
  ['settings', 'Sites, number pools, destinations, users and tokens'],
  ['operation', 'How the service is doing'],
] as const

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>

/** Beside what the schemas say: the scope a route asks for, what it answers, and what it fails with. */
const describeRoute: Transform = (route) => {
  const { config, schema: own } = route.route as DescribedRoute
  const answered = { ...(route.schema as object), response: { ...answerOf(config?.answer), ...own?.response } }
  const { schema, url } = jsonSchemaTransform({ ...route, schema: answered } as never) as {
    schema: Record<string, unknown>
    url: string
  }
  if (!schema || schema.hide === true) return { schema: schema as never, url }
  const scope = config?.scope
  const response = extensible(schema.response) as Record<string, unknown>
  const isGuarded = scope === 'admin' && own?.tags?.includes('settings') && route.route.method !== 'GET'
  return {
    url,
    schema: {
      ...schema,
      ...(scope && { security: [{ token: [scope] }], description: scopeNote(schema.description, scope) }),
      ...(isGuarded && { headers: ifMatch }),
      response: {
        ...(Object.keys(response).length > 0 ? response : withoutBody(config?.answer?.status ?? 200)),
        ...failuresOf(route.route as DescribedRoute),
        default: { description: 'Another failure; `code` says which', $ref: errorRef },
      },
    } as never,
  }
}

interface DescribedRoute {
  method: string | string[]
  url: string
  config?: { scope?: RouteScope; answer?: Answer; failures?: readonly FailureCode[] }
  schema?: { tags?: readonly string[]; body?: unknown; params?: unknown; querystring?: unknown; response?: object }
}

function answerOf(answer: Answer | undefined): object {
  const { status = 200, description = 'Done', type = 'application/json', schema } = answer ?? {}
  return schema ? { [status]: { description, content: { [type]: { schema } } } } : {}
}

/** A status that says everything; the shape that the generator reads as «no body». */
function withoutBody(status: number): object {
  return { [status]: { description: 'Done', type: 'null' } }
}

const ifMatch = {
  type: 'object',
  properties: { 'if-match': { type: 'string', description: 'The version that the change is made on' } },
}

/** Fields are added within v1, so that a reader who refuses what it does not know would break. */
function extensible(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(extensible)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).filter(([key, value]) => key !== 'additionalProperties' || value !== false)
  return Object.fromEntries(entries.map(([key, value]) => [key, extensible(value)]))
}

const errorRef = '#/components/schemas/Error'

/** What a route can fail with, by status: told by what it takes and reads, and by itself. */
function failuresOf({ config, schema, url }: DescribedRoute): Record<string, object> {
  const tags = schema?.tags ?? []
  const isFact = tags.includes('facts')
  const isRead = config?.scope === 'reports'
  const codes: FailureCode[] = [
    ...(schema?.body || schema?.params || schema?.querystring ? (['bad_request'] as const) : []),
    ...(config?.scope ? (['unauthorized', 'forbidden'] as const) : []),
    ...(schema?.body ? (['too_large', 'unsupported_type'] as const) : []),
    ...(isFact && schema?.body ? (['nothing_accepted', 'log_full'] as const) : []),
    ...(tags.includes('browser') ? (['site_not_found', 'domain_not_allowed', 'rate_limited', 'busy'] as const) : []),
    ...(isRead && !url.endsWith('/registry') ? (['site_not_found', 'store_away', 'history_behind'] as const) : []),
    ...(config?.failures ?? []),
  ]
  const byStatus = new Map<number, FailureCode[]>()
  for (const code of new Set(codes)) {
    const { status } = failures[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      { description: of.map((code) => `\`${code}\``).join(', '), $ref: errorRef },
    ]),
  )
}

function scopeNote(description: unknown, scope: RouteScope): string {
  const note = `Needs a token with the scope \`${scope}\`.`
  return typeof description === 'string' ? `${description}\n\n${note}` : note
}

function errorSchema(): object {
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message'],
        properties: {
          code: { type: 'string', enum: Object.keys(failures) },
          message: { type: 'string' },
          field: { type: 'string', description: 'The field of the request that is wrong' },
        },
      },
    },
  }
}

function failureTable(): string {
  const rows = Object.entries(failures).map(([code, { status, fix }]) => `| \`${code}\` | ${status} | ${fix} |`)
  return ['| code | status | what to do |', '| --- | --- | --- |', ...rows].join('\n')
}
