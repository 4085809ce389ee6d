import type { Spelling } from './settings.ts'

/** A number that may stand on the page, and the E.164 number to be shown instead. */
export interface Rule {
  from: Spelling
  to: string
}

/** Joins texts that follow each other on a page, so that a number split by inline tags is still found. No text holds it. */
export const SEAM = '\ufdd0'

// Spaces of all widths, brackets, dots, slashes, dashes, what wraps softly, our own seam: all but digits and letters.
const GAP = '[^+\\wа-я]*'

/** Replaces every spelling of the rules' numbers, digit by digit: how a page writes its number stays the page's. */
export function respeller(rules: readonly Rule[]): (text: string) => string {
  const pattern = new RegExp(`(^|[^\\d+])(?:${rules.map(spellingsOf).join('|')})(?!\\d)`, 'g')
  return (text) => text.replace(pattern, (found, before: string) => respell(found, before, rules))
}

/** The national digits of a number, if it is of the same country and length; else nothing. */
export function nationalOf(number: string, [country, national]: Spelling): string {
  const start = 1 + country.length
  return number.startsWith(`+${country}`) && number.length === start + national.length ? number.slice(start) : ''
}

/** `7` from `+7 495…` and `8 (495)…` alike: the code or the trunk digit, or neither, then the national digits. */
function spellingsOf({ from: [country, national, trunk] }: Rule): string {
  const code = `(?:\\+${GAP}|00)?${country}${GAP}(?:\\(${trunk}\\)${GAP})?`
  return `(?:${code}|${trunk}${GAP})?\\(?${national.split('').join(GAP)}`
}

function respell(found: string, before: string, rules: readonly Rule[]): string {
  const digits = found.replace(/\D/g, '')
  for (const { from, to } of rules) {
    if (!digits.endsWith(from[1])) continue
    const national = nationalOf(to, from)
    let at = national.length - digits.length
    // Another country or length has no place in the old format; the seams must survive, they hold texts apart.
    return national
      ? found.replace(/\d/g, (digit) => (at++ < 0 ? digit : (national[at - 1] as string)))
      : before + to + found.replace(/[^\ufdd0]/g, '')
  }
  return found
}
