import type { IncomingHttpHeaders } from 'node:http'
import cors from '@fastify/cors'
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

/** What an answer says to the browser of a page: names and values in turn. */
export function originHeaders(headers: IncomingHttpHeaders, sites: SiteIndex): readonly string[] {
  if (headers.origin === undefined || !isKnown(headers, sites)) return everyAnswer
  return [...everyAnswer, 'access-control-allow-origin', headers.origin, 'access-control-allow-credentials', 'true']
}

const everyAnswer = ['cross-origin-resource-policy', 'cross-origin', 'vary', 'Origin'] as const

/** Whether a page of a site of ours asks. */
function isKnown(headers: IncomingHttpHeaders, sites: SiteIndex): boolean {
  return headers.origin !== undefined && headers.origin !== 'null' && sites.knows(senderHost(headers) ?? '')
}

/**
 * Lets pages of known sites read the answers of these routes, and answers their preflights. The package speaks for the
 * preflights alone: it puts its options together anew for each request, which would cost a post as much as its JSON.
 */
export async function allowKnownOrigins(scope: App, sites: SiteIndex, paths: readonly string[]): Promise<void> {
  scope.addHook('onRequest', ({ method, headers }, reply, done) => {
    const named = originHeaders(method === 'OPTIONS' ? {} : headers, sites)
    for (let at = 0; at < named.length; at += 2) reply.header(named[at] as string, named[at + 1])
    done()
  })
  await scope.register(async (preflights: App) => {
    await preflights.register(cors, {
      delegator: (request, done) =>
        done(null, {
          // Preflights of all paths come by here; those of the token routes get no leave.
          origin: paths.includes(request.url.split('?', 1)[0] as string) && isKnown(request.headers, sites),
          credentials: true,
          methods: ['POST'],
          allowedHeaders: ['content-type'],
          maxAge: PREFLIGHT_KEPT_S,
          strictPreflight: false,
        }),
    })
  })
}
