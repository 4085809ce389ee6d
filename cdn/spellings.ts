import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Pool } from '#storage/settings/documents.ts'

/**
 * What the tracker looks for on a page, and `own`, what the service calls it: a number, an address, or the selector of an
 * area. A pattern has three groups: what must stand before, what people write before the number (a code, brackets), and
 * the number itself. A match without them stays as it is. A space stands for whatever may be between two digits.
 * `prefix` begins the numbers that have a place in the old format; `digits`, of an area, is how many follow it.
 */
export type Spelling = [pattern: string, own: string, prefix: string, digits?: number]

/** Worked out here, because the tables of all countries are thirty times the size of the tracker. */
export function spellingsOf(owns: readonly string[]): Spelling[] {
  return owns.map((own) => {
    if (own.includes('@')) return [grouped(EMAIL, '', literal(own), EMAIL_ENDS), own, '@']
    const { country, national, head } = partsOf(own)
    // The end of another number of the site is not this one.
    const longer = owns.filter((other) => other !== own && other.endsWith(national)).map((other) => `${plain(other)}|`)
    const pattern = grouped(NUMBER, head, spread(national), NUMBER_ENDS)
    return [`${longer.join('')}${pattern}|${FOREIGN}`, own, `+${country}`]
  })
}

/** Elements that show a number whatever they hold. Of the pool's numbers only the country and the length can be seen. */
export function areaOf(selector: string, { kind, numbers: [number = ''] }: Pool): Spelling {
  if (kind === 'email')
    return [grouped(EMAIL, '', orAll('[\\w.+-]{1,64}@[\\w.-]{1,250}\\w', EMAIL, '', EMAIL_ENDS), ''), selector, '@']
  const { country, national, head } = partsOf(number)
  const any = spread(national).replace(/\d/g, '\\d')
  return [
    `${grouped(NUMBER, head, orAll(any, NUMBER, head, NUMBER_ENDS), '')}|${FOREIGN}`,
    selector,
    `+${country}`,
    national.length,
  ]
}

/** What may be before a number, and what may not follow it: longer ones are others. */
const NUMBER = '^|[^\\d+]'
const NUMBER_ENDS = '(?![\\d@])'
// What follows the code of another country is no number of ours: it is passed over, code and all.
const FOREIGN = '\\+\\d{1,3} '
const EMAIL = '^|[^\\w.+-]'
const EMAIL_ENDS = '(?!\\.?[\\w-])'
/** How the tracker joins texts across tags; the last one has it behind it too, and an attribute has none. */
const SEAM = '\ufdd0'

function grouped(before: string, head: string, number: string, ends: string): string {
  return `(${before})(${head})(${number})${ends}`
}

/** The number; where there is none, nor one that we wrote in full, all that the area holds. */
function orAll(number: string, before: string, head: string, ends: string): string {
  return `${number}${ends}|^(?![^]*(?:(?:${before})${head}${number}${ends}|\\+\\d{9}))[^]*${SEAM}`
}

function plain(own: string): string {
  const { national, head } = partsOf(own)
  return `(?:${NUMBER})${head}${spread(national)}${NUMBER_ENDS}`
}

const spread = (digits: string): string => [...digits].join(' ')

const literal = (address: string): string => [...address].map((sign) => sign.replace(/\W/, '\\$&')).join(`${SEAM}*`)

/** `head` is `+7` or `8`, both or neither: the code, and what is dialled before the national digits inside the country. */
function partsOf(number: string): { country: string; national: string; head: string } {
  const [country, national, trunk] = dialled(number)
  // In Belarus «8 0 29» is dialled from afar and «0 29» at home.
  const inside = trunk.length > 1 ? `(?:${spread(trunk)}|${trunk.slice(-1)})` : trunk
  // «+8 495» is no code of a country, and yet what many write.
  return { country, national, head: `(?:(?:(?:\\+|%2B) |00)?${spread(country)} )?(?:\\+?${inside} )?\\(?` }
}

function dialled(number: string): [country: string, national: string, trunk: string] {
  const parsed = parsePhoneNumberFromString(number)
  if (!parsed) return [number.slice(1, 2), number.slice(2), number.slice(1, 2)]
  const { countryCallingCode } = parsed
  const national = String(parsed.nationalNumber)
  const written = parsed.formatNational().replace(/\D/g, '')
  const trunk = written.endsWith(national) ? written.slice(0, -national.length) : ''
  // America dials its own country code.
  return [countryCallingCode, national, trunk || countryCallingCode]
}
