import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Access } from './access.ts'
import { answerSocket } from './answer-socket.ts'
import { type DoorLimits, openDoor } from './door.ts'
import { Failure, type FailureCode } from './failure.ts'
import { answerFailure } from './failure-answer.ts'
import { createFrontedServer, type Fronts, openFronts } from './front.ts'
import { headFault } from './head-fault.ts'

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
    /** A server of the same routes for one more address. */
    anotherServer(): Server
  }
  interface FastifyRequest {
    /** Who asks, on routes with a scope; also on public ones when a valid token was sent. */
    access?: Access
  }
}

export interface AppLimits extends DoorLimits {
  headers_timeout_ms?: number
}

export interface AppOptions {
  limits?: AppLimits
  log: FastifyBaseLogger
  /** Networks of the proxies in front, as CIDR. A number or `true` would believe what visitors write. */
  trustProxy: string[]
  authorize(authorization: string | undefined): Access | undefined
}

/** For the headers of a request, and for a new connection to send any. Bodies have limits of their own: `slow-bodies.ts`. */
const HEADERS_TIMEOUT_MS = 15_000
const HEADERS_LOOK_MS = 2_000

/** An empty app: zod checks requests and answers, errors have one shape, scopes are enforced. */
export function createApp({ log, trustProxy, authorize, limits = {} }: AppOptions): App {
  const door = openDoor(trustProxy, limits)
  const fronts = openFronts(trustProxy, door)
  let makeServer: (() => Server) | undefined
  const app = Fastify({
    serverFactory(handler, options) {
      makeServer = () => createFrontedServer(fronts, handler, options)
      return makeServer()
    },
    loggerInstance: log,
    trustProxy: trustProxy.length > 0 ? trustProxy : false,
    // A line for each request would be most of the log; what fails is logged by the error handler.
    logController: new LogController({ disableRequestLogging: true }),
    // Requests write next to nothing: a logger for each would be made for nothing.
    childLoggerFactory: (logger) => logger,
    // What still comes in over open connections is answered as ever, and the connection closed: Fastify's own 503 says
    // neither when to come back nor what is wrong.
    return503OnClosing: false,
    http: {
      // `headFault` answers for it, in our shape.
      requireHostHeader: false,
      headersTimeout: limits.headers_timeout_ms ?? HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(HEADERS_LOOK_MS, limits.headers_timeout_ms ?? HEADERS_LOOK_MS),
    },
    frameworkErrors: (error, request, reply) => {
      // No hook has seen this request, so nobody would watch its body.
      reply.header('connection', 'close').header('x-content-type-options', 'nosniff')
      return sendFailure(error, request, reply)
    },
    clientErrorHandler: answerNoRequest,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
  }).withTypeProvider<ZodTypeProvider>() as App
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('access', undefined)
  app.decorate('fronts', fronts)
  app.decorate('anotherServer', () => {
    const server = (makeServer as () => Server)() // The app has been made, and its server with it.
    for (const listener of app.server.listeners('clientError')) server.on('clientError', listener as () => void)
    return server
  })
  app.addHook('onClose', (_, done) => {
    door.close()
    done()
  })
  // Not async, here and in every hook of a busy route: the promise would cost more than what the hook does.
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    // Requests that a test puts in by hand have come by no server.
    door.enter(raw, reply.raw)
    // No answer is to be taken for a page or a script because of what a stranger wrote into it.
    reply.header('x-content-type-options', 'nosniff')
    const fault = headFault(raw)
    if (fault) throw fault
    admit(request, authorize)
    if (request.access) door.trust(raw)
    done()
  })
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  // The framework says so to what comes in from then on. Who was here before would keep the connection, and so the stop.
  app.addHook('onSend', (_, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (request, _, done) => {
    door.leave(request.raw)
    done()
  })
  app.setErrorHandler(sendFailure)
  app.setNotFoundHandler((request) => {
    throw new Failure('not_found', `There is nothing at ${request.method} ${pathOf(request)}.`)
  })
  return app
}

function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = answerFailure(error, { log: request.log, path: pathOf(request), reqId: request.id })
  if (answer.retry_after !== undefined) reply.header('retry-after', answer.retry_after)
  return reply.code(answer.status).send(answer.body)
}

/** For what is no request at all. Nothing is logged: the error holds the bytes that came, tokens and bodies among them. */
function answerNoRequest({ code }: { code: string }, socket: Socket): void {
  const status = unreadable[code] ?? 400
  const message = status === 400 ? 'This is no HTTP request.' : `${STATUS_CODES[status]}.`
  answerSocket(socket, { status, code: codes[status] ?? 'bad_request', message })
}

const codes: Record<number, FailureCode> = { 408: 'too_slow', 413: 'too_large', 431: 'too_large' }
const unreadable: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

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
