import type { IncomingHttpHeaders } from 'node:http'
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
export function allowKnownOrigins(scope: App, sites: SiteIndex, paths: readonly string[]): void {
  scope.addHook('onRequest', async (request, reply) => {
    reply.header('vary', 'Origin').header('cross-origin-resource-policy', 'cross-origin')
    const { origin } = request.headers
    if (origin === undefined || origin === 'null' || !sites.knows(senderHost(request.headers) ?? '')) return
    reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true')
    if (request.method !== 'OPTIONS') return
    reply
      .header('access-control-allow-methods', 'POST')
      .header('access-control-allow-headers', 'content-type')
      .header('access-control-max-age', String(PREFLIGHT_KEPT_S))
  })
  for (const path of paths) {
    // `rateLimit: false`: a browser that is told to wait must still be able to read that it is.
    scope.options(path, { schema: { hide: true }, config: { rateLimit: false } }, async (_, reply) => {
      return reply.code(204).send()
    })
  }
}
