import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Access } from './access.ts'
import { Failure, type FailureCode } from './failure.ts'
import { answerFailure } from './failure-answer.ts'
import { createFrontedServer, type Fronts, openFronts } from './front.ts'

/** The one type of an HTTP app, shared by every file of routes. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** Scopes a route may ask for. A route without `scope` in its config is public. */
export type RouteScope = 'ingest' | 'reports' | 'admin'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: RouteScope
  }
  interface FastifyInstance {
    fronts: Fronts
  }
  interface FastifyRequest {
    /** Who asks, on routes with a scope; also on public ones when a valid token was sent. */
    access?: Access
  }
}

export interface AppOptions {
  log: FastifyBaseLogger
  /** Networks of the proxies in front, as CIDR. A number or `true` would believe what visitors write. */
  trustProxy: string[]
  authorize(authorization: string | undefined): Access | undefined
}

/** Long enough for a large import over a slow line; headers that trickle in are cut off by Node after one minute. */
const REQUEST_TIMEOUT_MS = 300_000

/** An empty app: zod checks requests and answers, errors have one shape, scopes are enforced. */
export function createApp({ log, trustProxy, authorize }: AppOptions): App {
  const fronts = openFronts(trustProxy)
  const app = Fastify({
    serverFactory: (handler, options) => createFrontedServer(fronts, handler, options),
    loggerInstance: log,
    trustProxy: trustProxy.length > 0 ? trustProxy : false,
    // A line for each request would be most of the log; what fails is logged by the error handler.
    logController: new LogController({ disableRequestLogging: true }),
    // Requests write next to nothing: a logger for each would be made for nothing.
    childLoggerFactory: (logger) => logger,
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: answerNoRequest,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
  }).withTypeProvider<ZodTypeProvider>() as App
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorate('fronts', fronts)
  app.decorateRequest('access', undefined)
  // Not async, here and in every hook of a busy route: the promise would cost more than what the hook does.
  app.addHook('onRequest', (request, reply, done) => {
    // No answer is to be taken for a page or a script because of what a stranger wrote into it.
    reply.header('x-content-type-options', 'nosniff')
    admit(request, authorize)
    done()
  })
  app.setErrorHandler((error: unknown, request, reply) => {
    const answer = answerFailure(error, { log: request.log, path: pathOf(request), reqId: request.id })
    if (answer.retry_after !== undefined) reply.header('retry-after', answer.retry_after)
    return reply.code(answer.status).send(answer.body)
  })
  app.setNotFoundHandler((request) => {
    throw new Failure('not_found', `There is nothing at ${request.method} ${pathOf(request)}.`)
  })
  return app
}

/** For what is no request at all. Nothing is logged: the error holds the bytes that came, tokens and bodies among them. */
function answerNoRequest({ code }: { code: string }, socket: Socket): void {
  if (!socket.writable) return void socket.destroy()
  const status = unreadable[code] ?? 400
  const message = status === 400 ? 'This is no HTTP request.' : `${STATUS_CODES[status]}.`
  const error = { code: (status === 431 ? 'too_large' : 'bad_request') satisfies FailureCode, message }
  const body = JSON.stringify({ error })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  )
}

const unreadable: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** The path without its query, which can hold personal data. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] as string
}

function admit(request: FastifyRequest, authorize: AppOptions['authorize']): void {
  const { scope } = request.routeOptions.config
  const { authorization } = request.headers
  const access = authorization === undefined ? undefined : authorize(authorization)
  if (access) request.access = access
  if (!scope) return
  if (!access) {
    throw new Failure(
      'unauthorized',
      request.headers.authorization ? 'This token is not valid.' : 'This route needs a token.',
    )
  }
  if (!access.allows(scope)) throw new Failure('forbidden', `This token lacks the scope "${scope}".`)
}
