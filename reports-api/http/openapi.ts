import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { failures } from '#shell/failure.ts'
import type { App, RouteScope } from '#shell/http.ts'

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
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { docExpansion: 'list', deepLinking: true } })
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
  ['settings', 'Sites, number pools, destinations, users and tokens'],
  ['operation', 'How the service is doing'],
] as const

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>

/** Beside what the schemas say: the scope a route asks for, and the one shape that all failures have. */
const describeRoute: Transform = (route) => {
  const { schema, url } = jsonSchemaTransform(route as never) as { schema: Record<string, unknown>; url: string }
  if (!schema || schema.hide === true) return { schema: schema as never, url }
  const scope = (route.route.config as { scope?: RouteScope } | undefined)?.scope
  const response = (schema.response ?? {}) as Record<string, unknown>
  return {
    url,
    schema: {
      ...schema,
      ...(scope && { security: [{ token: [scope] }], description: scopeNote(schema.description, scope) }),
      response: {
        ...(Object.keys(response).length > 0 ? response : { 200: { description: 'Done', type: 'object' } }),
        default: { description: 'A failure; `code` says which', $ref: '#/components/schemas/Error' },
      },
    } as never,
  }
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
