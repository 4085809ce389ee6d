import type { NumberOf } from './leases.ts'
import type { Spelling } from './settings.ts'

/** Follows each text of a page, so that a number split by inline tags is still found. A text that holds it is not looked at. */
export const SEAM = '\ufdd0'

// Spaces of all widths, brackets, dots, slashes, dashes, what wraps softly, our own seam: all but digits, letters, lists.
const GAP = '[^+,;\\wа-я]*'

const compiled: Record<string, RegExp> = {}

/** Replaces every spelling of these numbers, digit by digit: how a page writes its number stays the page's. */
export function respell(text: string, spellings: readonly Spelling[], numberOf: NumberOf): string {
  for (const [pattern, own, prefix] of spellings) {
    compiled[pattern] = compiled[pattern] || RegExp(pattern.replace(/ /g, GAP), 'gi')
    text = text.replace(compiled[pattern], (found, before: string, head: string, spelled?: string) => {
      const number = spelled && numberOf(own)
      if (!number) return found
      let at = prefix.length
      const digits = spelled.replace(/\d/g, () => number[at++] as string)
      // A number of another country or length has no place in the old format; the seams stay, they hold texts apart.
      return (
        before +
        (number.startsWith(prefix) && at === number.length
          ? head + digits
          : number + (head + spelled).replace(/[^\ufdd0]/g, ''))
      )
    })
  }
  return text
}
