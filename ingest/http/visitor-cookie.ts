import type { IncomingHttpHeaders } from 'node:http'
import type { Site } from '#storage/settings/documents.ts'
import type { Sender } from './event-batch.ts'

const LONGEST_S = 34_560_000

/**
 * The visitor's cookie once more, as a header: Safari keeps what an answer sets for longer than the week that it allows
 * a script. Only when the tracker says that it has just written that cookie, and only where the browser will take it.
 */
export function visitorCookie(
  { visitor, cookie_domain }: { visitor: string; cookie_domain?: string | null | undefined },
  { consent }: Pick<Site, 'consent'>,
  { host, headers }: Pick<Sender, 'host' | 'headers'>,
): string | undefined {
  if (!cookie_domain || consent === 'cookieless' || !domain.test(cookie_domain)) return undefined
  if (host === undefined || !isWithin(host, cookie_domain) || !isSameSite(headers, cookie_domain)) return undefined
  // As the tracker writes it, or there would be two of them: without Secure, because a site that is half HTTP would have
  // two visitors for each; without HttpOnly, because the page reads it.
  return `tl_visitor=${visitor}; Domain=${cookie_domain}; Path=/; Max-Age=${LONGEST_S}; SameSite=Lax`
}

// One label is a top-level domain, or a machine of one's own that needs none of this.
const domain = /^(?=.{3,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/

/** Whether we answer under the domain. The browser knows best: before us may stand a proxy that tells us no host. */
function isSameSite(headers: IncomingHttpHeaders, domain: string): boolean {
  const said = headers['sec-fetch-site']
  if (said !== undefined) return said === 'same-origin' || said === 'same-site'
  return isWithin((headers.host ?? '').replace(/:\d+$/, '').toLowerCase(), domain)
}

function isWithin(host: string, domain: string): boolean {
  return `.${host}`.endsWith(`.${domain}`)
}
