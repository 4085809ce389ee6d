import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import proxyAddr from '@fastify/proxy-addr'
import type { FastifyHttpOptions } from 'fastify'
import type { Door } from './door.ts'
import { headFault } from './head-fault.ts'

/**
 * Looks at a request before the framework does. Answers it and says true, or touches nothing and says false: then the
 * routes have it. For the one request that is nearly all of the traffic; it must answer as its route would.
 */
export type Front = (request: IncomingMessage, response: ServerResponse) => boolean

/** What a front needs of the app. */
export interface Fronts {
  /** Asked in turn; added while the routes are. */
  list: Front[]
  /** The address of the caller, as `request.ip` has it. */
  addressOf(request: IncomingMessage): string
  /** Every request enters by it; a front says when one of its own has been read. */
  door: Door
}

export function openFronts(trustProxy: readonly string[], door: Door): Fronts {
  if (trustProxy.length === 0) return { list: [], door, addressOf: ({ socket }) => socket.remoteAddress ?? '' }
  const isTrusted = proxyAddr.compile([...trustProxy])
  return { list: [], door, addressOf: (request) => proxyAddr.all(request, isTrusted).at(-1) ?? '' }
}

/** The server as the framework would make it, with the fronts before its handler. */
export function createFrontedServer(
  fronts: Fronts,
  handler: RequestListener,
  options: FastifyHttpOptions<Server> & { connectionTimeout?: number; maxRequestsPerSocket?: number },
): Server {
  const server = createServer(options.http ?? {}, (request, response) => {
    fronts.door.enter(request, response)
    // Odd ones are told so by the framework.
    if (!headFault(request)) for (const front of fronts.list) if (front(request, response)) return
    handler(request, response)
  })
  fronts.door.guard(server)
  if (options.keepAliveTimeout !== undefined) server.keepAliveTimeout = options.keepAliveTimeout
  if (options.requestTimeout !== undefined) server.requestTimeout = options.requestTimeout
  if (options.connectionTimeout !== undefined) server.setTimeout(options.connectionTimeout)
  if (options.maxRequestsPerSocket) server.maxRequestsPerSocket = options.maxRequestsPerSocket
  return server
}
