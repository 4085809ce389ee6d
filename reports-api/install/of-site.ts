import { domainToASCII } from 'node:url'
import type { Site } from '#storage/settings/documents.ts'

/** Whether an address belongs to a site: to one of its domains, or to a subdomain of one. */
export function isOfSite({ hostname, protocol }: URL, { domains }: Site): boolean {
  if (protocol !== 'http:' && protocol !== 'https:') return false
  return domains
    .map((domain) => domainToASCII(domain) || domain.toLowerCase())
    .some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))
}
