import type { Spelling } from './settings.ts'

/** What is to stand in place of a number of the site's own; that number itself when nothing is. */
export type NumberOf = (own: string) => string

/** Joins texts that follow each other on a page, so that a number split by inline tags is still found. No text holds it. */
export const SEAM = '\ufdd0'

// Spaces of all widths, brackets, dots, slashes, dashes, what wraps softly, our own seam: all but digits, letters, lists.
const GAP = '[^+,;\\wа-яё]*'

/** Replaces every spelling of these numbers, digit by digit: how a page writes its number stays the page's. */
export function respeller(spellings: readonly Spelling[]): (text: string, numberOf: NumberOf) => string {
  // What follows the code of another country is no number of ours: it is passed over, code and all.
  const pattern = new RegExp(`(^|[^\\d+]|(?=\\+))(?:${spellings.map(patternOf).join('|')})|\\+\\d{1,3}${GAP}`, 'gi')
  return (text, numberOf) =>
    text.replace(pattern, (found, before: string, ...groups: string[]) => {
      const at = groups.findIndex(Boolean)
      const spelling = spellings[at]
      return spelling ? before + respell(groups[at] as string, spelling, numberOf(spelling[3])) : found
    })
}

/** This number in place of a text; the seams must survive, they hold texts apart. */
export function inFull(number: string, text: string): string {
  return number + text.replace(/[^\ufdd0]/g, '')
}

/** `7` from `+7 495…` and `8 (495)…` alike: the code or what is dialled instead, both or neither, then the national digits. */
function patternOf([country, national, trunk]: Spelling): string {
  const spread = (signs: string): string => signs.split('').join(GAP).replace(/d/g, '\\d')
  return country
    ? // «+8 495» is no code of a country, and yet what many write.
      `((?:(?:(?:\\+|%2B)${GAP}|00)?${spread(country)}${GAP})?(?:\\+?${spread(trunk)}${GAP})?\\(?${spread(national)}(?![\\d@]))`
    : `(${national})`
}

function respell(spelled: string, [country, national, , own]: Spelling, number: string): string {
  const digits = number.slice(1 + country.length)
  let at = digits.length - spelled.replace(/\D/g, '').length
  if (number === own) return spelled
  // A number of another country or length has no place in the old format.
  return `+${country}${digits}` === number && digits.length === national.length
    ? spelled.replace(/\d/g, (digit) => (at++ < 0 ? digit : (digits[at - 1] as string)))
    : inFull(number, spelled)
}
