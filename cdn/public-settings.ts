import { domainToASCII } from 'node:url'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Pool, Site } from '#storage/settings/documents.ts'

/**
 * What is replaced on a page, and `own`, what the service calls it. A number as people write it: country code, national
 * digits, and what is dialled before them inside the country. Without a country `national` is a regular expression; when
 * `own` is a selector, `d` stands for any digit.
 */
export type Spelling = [country: string, national: string, trunk: string, own: string]

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
    replaces: own.flatMap((name) => (name.includes('@') ? spellingsOfAddress(name) : spellingsOf(name))),
    ...(areas.length > 0 && { areas }),
    ...((own.length > 0 || areas.length > 0) && { attributes }),
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
  return `^(${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})$`
}

/** Worked out here, because the tables of all countries are thirty times the size of the tracker. */
function spellingsOf(number: string): Spelling[] {
  const [country, national, trunk] = partsOf(number)
  const spelling: Spelling = [country, national, trunk, number]
  // In Belarus «8 0 29» is dialled from afar and «0 29» at home.
  return trunk.length > 1 ? [spelling, [country, national, trunk.slice(-1), number]] : [spelling]
}

function partsOf(number: string): [country: string, national: string, trunk: string] {
  const parsed = parsePhoneNumberFromString(number)
  if (!parsed) return [number.slice(1, 2), number.slice(2), number.slice(1, 2)]
  const { countryCallingCode } = parsed
  const national = String(parsed.nationalNumber)
  const dialled = parsed.formatNational().replace(/\D/g, '')
  const trunk = dialled.endsWith(national) ? dialled.slice(0, -national.length) : ''
  // America dials its own country code.
  return [countryCallingCode, national, trunk || countryCallingCode]
}

/** The address itself, and before it what may look like it: the end of a longer address, which stays as it is. */
function spellingsOfAddress(address: string): Spelling[] {
  // U+FDD0 is how the tracker joins texts across tags.
  const pattern = [...address].map((sign) => sign.replace(/\W/, '\\$&')).join('\ufdd0*')
  return [
    ['', `[\\w.+-]{1,64}${pattern}`, '', '-'],
    ['', `${pattern}(?!\\.?[\\w-])`, '', address],
  ]
}

/** Of the pool's numbers only the country and the length can be seen. */
function areaOf(selector: string, { kind, numbers: [number = ''] }: Pool): Spelling {
  if (kind === 'email') return ['', '(?!)', '', selector]
  const [country, national, trunk] = partsOf(number)
  return [country, 'd'.repeat(national.length), trunk, selector]
}
