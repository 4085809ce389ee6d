import { guard } from './guard.ts'
import { nationalOf, type Rule } from './respell.ts'
import type { Lease } from './send.ts'
import { settings } from './settings.ts'
import { keep, recall } from './storage.ts'
import { swapNumbers } from './swap.ts'

const CACHE_KEY = 'tl_numbers'

let leases: Lease[] = []
/** By the number that may stand on the page: the site's own, and after them all that have stood in their place. */
const rules = new Map<string, Rule & { own: string }>()
for (const from of settings.replaces) {
  const own = `+${from[0]}${from[1]}`
  rules.set(own, { from, own, to: own })
}

/** Shows the numbers that the last page had, at once; true when there are any. */
export const showKnownNumbers = guard((): boolean => {
  const now = new Date().toISOString()
  const known = JSON.parse(recall(CACHE_KEY) || '[]').filter((lease: Lease) => lease.expires_at > now)
  if (known.length) show(known)
  return known.length > 0
})

/** Shows what the server leased; a number it no longer leases gives way to the site's own. */
export function showNumbers(answer: Lease[]): void {
  keep(CACHE_KEY, JSON.stringify(answer))
  show(answer)
}

/** The number shown in place of `own`; without it, the first there is. */
export function numberFor(own?: string): string | undefined {
  return leases.find(({ replaces }) => !own || replaces.includes(own))?.number
}

function show(answer: Lease[]): void {
  leases = answer
  for (const rule of [...rules.values()]) {
    const { own, from } = rule
    const to = numberFor(own) || own
    const national = nationalOf(to, from)
    rule.to = to
    // Written like the number it replaced; one of another country could only be written in full.
    if (!rules.has(to))
      rules.set(to, { from: national ? [from[0], national, from[2]] : ['', to.slice(1), ''], own, to })
  }
  swapNumbers([...rules.values()])
}
