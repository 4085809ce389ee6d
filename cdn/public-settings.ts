import { domainToASCII } from 'node:url'
import type { Pool, Site } from '#storage/settings/documents.ts'
import { areaOf, type Spelling, spellingsOf } from './spellings.ts'

/** All that a visitor's browser gets to know of a site. Whoever adds a field publishes it. */
export interface PublicSettings {
  site: string
  consent: Site['consent']
  replaces: Spelling[]
  /** Elements whose text gives way to a number. Left out when there are none. */
  areas?: Spelling[]
  /** Attributes in which numbers are replaced, `href` among them. Left out where no numbers are. */
  attributes?: string[]
  hash_routes?: true
  /** As `navigator` names them; left out when there are none. */
  signals?: ('globalPrivacyControl' | 'doNotTrack')[]
  /** A pattern of the domains that links take a visitor along to; left out when there are none. */
  linked?: string
  quiet: string
  kept: string
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
    replaces: spellingsOf(own),
    ...(areas.length > 0 && { areas }),
    ...((own.length > 0 || areas.length > 0) && { attributes }),
    quiet: quietLinks([...site.domains, ...site.cross_domains].map(domainToASCII)),
    kept: site.form_values.includes('*') ? '' : `^${oneOf(site.form_values)}$`,
    ...(site.hash_routes && { hash_routes: true }),
    ...(site.privacy_signals.length > 0 && { signals: site.privacy_signals.map((name) => signals[name]) }),
    ...(isLinked(site) && { linked: domainPattern([...site.domains, ...site.cross_domains]) }),
  }
}

const signals = { gpc: 'globalPrivacyControl', dnt: 'doNotTrack' } as const

/** Without cookies there is nobody to take along: who a visitor is ends with the page. */
function isLinked({ cross_domains, consent }: Site): boolean {
  return cross_domains.length > 0 && consent !== 'cookieless'
}

/** Finds which of the domains `.host` is in; of two that lie in each other the wider, because they share their cookies. */
function domainPattern(domains: readonly string[]): string {
  const hosts = [...new Set(domains.map((domain) => domainToASCII(domain) || domain))].sort()
  const widest = hosts.filter((host) => !hosts.some((other) => host.endsWith(`.${other}`)))
  return `\\.(?:${widest.join('|').replaceAll('.', '\\.')})$`
}

/** Links that lead nowhere else: to pages of the site, which are no files, to `blob:`, `data:` and `javascript:`. */
function quietLinks(own: readonly string[]): string {
  return `^([bdj]|https?://([^/]*[.])?${oneOf(own)}/(?!.*[.](${FILES})$))`
}

const FILES = 'pdf|PDF|(doc|xls|ppt)x?|zip|rar|apk|exe'

/** A regular expression is shorter than what the tracker would need to look through a list. */
function oneOf(texts: readonly string[]): string {
  return `(${texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`
}
