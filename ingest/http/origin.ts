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

/**
 * Lets pages of known sites read the answers of these routes, and answers their preflights. The package speaks for the
 * preflights alone: it puts its options together anew for each request, which would cost a post as much as its JSON.
 */
export async function allowKnownOrigins(scope: App, sites: SiteIndex, paths: readonly string[]): Promise<void> {
  const isKnown = ({ headers }: FastifyRequest) =>
    headers.origin !== undefined && headers.origin !== 'null' && sites.knows(senderHost(headers) ?? '')
  scope.addHook('onRequest', (request, reply, done) => {
    reply.header('cross-origin-resource-policy', 'cross-origin').header('vary', 'Origin')
    if (request.method !== 'OPTIONS' && isKnown(request)) {
      reply
        .header('access-control-allow-origin', request.headers.origin)
        .header('access-control-allow-credentials', 'true')
    }
    done()
  })
  await scope.register(async (preflights: App) => {
    await preflights.register(cors, {
      delegator: (request, done) =>
        done(null, {
          // Preflights of all paths come by here; those of the token routes get no leave.
          origin: paths.includes(request.url.split('?', 1)[0] as string) && isKnown(request),
          credentials: true,
          methods: ['POST'],
          allowedHeaders: ['content-type'],
          maxAge: PREFLIGHT_KEPT_S,
          strictPreflight: false,
        }),
    })
  })
}
