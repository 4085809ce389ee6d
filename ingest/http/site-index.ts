import { domainToASCII } from 'node:url'
import { openTraffic, type TrafficOf } from '#ingest/enrich/traffic.ts'
import { encodeValues } from '#ingest/log/encode-row.ts'
import type { Site } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'

export interface KnownSite {
  document: Site
  /** Its id as JSON. */
  quoted: string
  /** Where a page of the site came from. */
  trafficOf: TrafficOf
  /** Whether a page of this host may send to the site. */
  allows(host: string): boolean
  /** Whether a link to this host stays with the site, be it on another domain of its own. */
  owns(host: string): boolean
}

/** The sites, in the form that every request asks for. */
export interface SiteIndex {
  get(id: string): KnownSite | undefined
  /** Whether the host belongs to any site at all. */
  knows(host: string): boolean
}

export function openSiteIndex(settings: Settings): SiteIndex {
  let sites = new Map<string, KnownSite>()
  let everyDomain = new Set<string>()
  read()
  settings.onChange((changed) => {
    if (changed.some(({ kind }) => kind === 'site')) read()
  })
  return {
    get: (id) => sites.get(id),
    knows: (host) => belongsTo(host, everyDomain),
  }

  function read(): void {
    const documents = settings.list('site').map(({ document }) => document)
    sites = new Map(documents.map((document) => [document.id, knownSite(document)]))
    everyDomain = new Set(documents.flatMap((document) => document.domains.map(asciiHost)))
  }
}

function knownSite(document: Site): KnownSite {
  const domains = new Set(document.domains.map(asciiHost))
  // These start no session when they are the referrer.
  const own_domains = new Set([...document.domains, ...document.cross_domains].map(asciiHost))
  return {
    document,
    quoted: encodeValues([document.id]),
    trafficOf: openTraffic([...own_domains]),
    allows: (host) => belongsTo(host, domains),
    owns: (host) => belongsTo(host, own_domains),
  }
}

/** A domain owns its subdomains, by whole labels: `evil-shop.ru` is none of `shop.ru`. */
function belongsTo(host: string, domains: ReadonlySet<string>): boolean {
  for (let rest = host; rest !== ''; ) {
    if (domains.has(rest)) return true
    const dot = rest.indexOf('.')
    rest = dot < 0 ? '' : rest.slice(dot + 1)
  }
  return false
}

function asciiHost(domain: string): string {
  return domainToASCII(domain) || domain.toLowerCase()
}
