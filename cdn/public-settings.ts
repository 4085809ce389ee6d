import { domainToASCII } from 'node:url'
import type { Pool, Site } from '#storage/settings/documents.ts'
import { areaOf, type Spelling, spellingsOf } from './spellings.ts'

/** All that a visitor's browser gets to know of a site. Whoever adds a field publishes it. */
export interface PublicSettings {
  site: string
  consent: Site['consent']
  /** The site's own numbers. Left out where no numbers are replaced. */
  replaces?: Spelling[]
  /** Elements whose text gives way to a number. Left out when there are none. */
  areas?: Spelling[]
  /** Attributes in which numbers are replaced, `href` among them. Left out where no numbers are. */
  attributes?: string[]
  hash_routes?: true
  /** As `navigator` names them; left out when there are none. */
  signals?: ('globalPrivacyControl' | 'doNotTrack')[]
  /** Fits `.host>.other` where links from one host take a visitor along to the other; left out when none do. */
  linked?: string
  /** A pattern of the names of fields that are sent beside phone, email and name; left out when there are none. */
  kept?: string
}

/** Names what may be seen, field by field, so that a new setting stays private until somebody decides otherwise. */
export function publicSettings(site: Site, all: readonly Pool[]): PublicSettings {
  const pools = all.filter((pool) => pool.site === site.id)
  const own = [...new Set(pools.flatMap((pool) => pool.replaces))].sort()
  const areas = pools.flatMap((pool) => (pool.selectors ?? []).map((selector) => areaOf(selector, pool)))
  const attributes = ['href', ...(site.swap_attributes ?? ['title', 'aria-label'])]
  return {
    site: site.id,
    consent: site.consent,
    ...((own.length > 0 || areas.length > 0) && { replaces: spellingsOf(own), attributes }),
    ...(areas.length > 0 && { areas }),
    ...(site.form_values.length > 0 && { kept: fieldPattern(site.form_values) }),
    ...(site.hash_routes && { hash_routes: true }),
    ...(site.privacy_signals.length > 0 && { signals: site.privacy_signals.map((name) => signals[name]) }),
    ...(isLinked(site) && { linked: linkPattern([...site.domains, ...site.cross_domains]) }),
  }
}

const signals = { gpc: 'globalPrivacyControl', dnt: 'doNotTrack' } as const

/** Without cookies there is nobody to take along: who a visitor is ends with the page. */
function isLinked({ cross_domains, consent }: Site): boolean {
  return cross_domains.length > 0 && consent !== 'cookieless'
}

/** From a page of any host to those domains that it is not in. Of two that lie in each other the wider: they share cookies. */
function linkPattern(domains: readonly string[]): string {
  const hosts = [...new Set(domains.map((domain) => domainToASCII(domain) || domain))].sort()
  const widest = hosts.filter((host) => !hosts.some((other) => host.endsWith(`.${other}`)))
  const domain = `\\.${oneOf(widest)}`
  return `^(?!.*(${domain})>.*\\1$).*${domain}$`
}

/** A regular expression is shorter than what the tracker would need to look through a list. */
function fieldPattern(names: readonly string[]): string {
  if (names.includes('*')) return '.'
  return `^${oneOf(names)}$`
}

function oneOf(texts: readonly string[]): string {
  return `(${texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`
}
