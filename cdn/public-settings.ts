import { domainToASCII } from 'node:url'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Pool, Site } from '#storage/settings/documents.ts'

/** A number as people write it: country code, national digits, and the digit dialled before them inside the country. */
export type Spelling = [country: string, national: string, trunk: string]

/** All that a visitor's browser gets to know of a site. Whoever adds a field publishes it. */
export interface PublicSettings {
  site: string
  consent: Site['consent']
  replaces: Spelling[]
  form_values: string[]
  hash_routes?: true
  /** As `navigator` names them; left out when there are none. */
  signals?: ('globalPrivacyControl' | 'doNotTrack')[]
  /** A pattern of the domains that links take a visitor along to; left out when there are none. */
  linked?: string
}

/** Names what may be seen, field by field, so that a new setting stays private until somebody decides otherwise. */
export function publicSettings(site: Site, pools: readonly Pool[]): PublicSettings {
  const own = pools.filter((pool) => pool.site === site.id).flatMap((pool) => pool.replaces)
  return {
    site: site.id,
    consent: site.consent,
    replaces: [...new Set(own)].sort().map(spellingOf),
    form_values: site.form_values,
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

/** Worked out here, because the tables of all countries are thirty times the size of the tracker. */
function spellingOf(number: string): Spelling {
  const parsed = parsePhoneNumberFromString(number)
  if (!parsed) return ['', number.slice(1), '']
  const national = String(parsed.nationalNumber)
  const dialled = parsed.formatNational().replace(/\D/g, '')
  const trunk = dialled.endsWith(national) ? dialled.slice(0, -national.length) : ''
  return [parsed.countryCallingCode, national, trunk]
}
