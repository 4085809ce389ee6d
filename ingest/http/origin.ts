import type { IncomingHttpHeaders } from 'node:http'
import cors from '@fastify/cors'
import type { FastifyRequest } from 'fastify'
import { splitAddress } from '#domain/traffic/address.ts'
import type { App } from '#shell/http.ts'
import type { SiteIndex } from './site-index.ts'

const PREFLIGHT_KEPT_S = 24 * 3600

/**
 * The host of the page that sends: from Origin, else from Referer. Undefined when the browser names neither, '' when
 * what it names is no address. `Origin: null` names nothing: pages with `Referrer-Policy: no-referrer` send it.
 */
export function senderHost(headers: IncomingHttpHeaders): string | undefined {
  const named = headers.origin === 'null' ? headers.referer : (headers.origin ?? headers.referer)
  if (named === undefined) return undefined
  return /^https?:/i.test(named) ? (splitAddress(named)?.host ?? '') : ''
}

/** Lets pages of known sites read the answers of these routes, and answers their preflights. */
export async function allowKnownOrigins(scope: App, sites: SiteIndex, paths: readonly string[]): Promise<void> {
  const isKnown = ({ url, headers }: FastifyRequest) =>
    headers.origin !== undefined &&
    headers.origin !== 'null' &&
    // Preflights of all paths come by here; those of the token routes get no leave.
    paths.includes(url.split('?', 1)[0] as string) &&
    sites.knows(senderHost(headers) ?? '')
  scope.addHook('onRequest', async (_, reply) => {
    reply.header('cross-origin-resource-policy', 'cross-origin')
  })
  await scope.register(cors, {
    delegator: (request, done) =>
      done(null, {
        origin: isKnown(request),
        credentials: true,
        methods: ['POST'],
        allowedHeaders: ['content-type'],
        maxAge: PREFLIGHT_KEPT_S,
        strictPreflight: false,
      }),
  })
  scope.addHook('onRequest', async (_, reply) => {
    reply.header('vary', 'Origin')
  })
}
