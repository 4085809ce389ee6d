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
  quiet: string
  kept: string
}

/** Names what may be seen, field by field, so that a new setting stays private until somebody decides otherwise. */
export function publicSettings(site: Site, pools: readonly Pool[]): PublicSettings {
  const own = pools.filter((pool) => pool.site === site.id).flatMap((pool) => pool.replaces)
  return {
    site: site.id,
    consent: site.consent,
    replaces: [...new Set(own)].sort().map(spellingOf),
    quiet: quietLinks([...site.domains, ...site.cross_domains].map(domainToASCII)),
    kept: site.form_values.includes('*') ? '' : `^${oneOf(site.form_values)}$`,
  }
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

/** Worked out here, because the tables of all countries are thirty times the size of the tracker. */
function spellingOf(number: string): Spelling {
  const parsed = parsePhoneNumberFromString(number)
  if (!parsed) return ['', number.slice(1), '']
  const national = String(parsed.nationalNumber)
  const dialled = parsed.formatNational().replace(/\D/g, '')
  const trunk = dialled.endsWith(national) ? dialled.slice(0, -national.length) : ''
  return [parsed.countryCallingCode, national, trunk]
}
