import { guard, on } from './guard.ts'
import { hold, numberFor } from './leases.ts'
import type { Lease } from './send.ts'
import { keep, kept } from './storage.ts'
import { swapAll } from './swap.ts'

const CACHE_KEY = 'tl_numbers'

const byHand: Node[] = []
/** Who asked for a number before the service had answered; there is none any more when it has. */
let waiting: (() => void)[] | 0 = []

/** Shows the numbers that the last page had, at once. Throws when none were kept. */
export function showKnownNumbers(): void {
  // A number cut in two by the arrival of the page itself.
  on('DOMContentLoaded', () => swapAll([document]))
  show(JSON.parse(kept()[CACHE_KEY] as string).filter((lease: Lease) => new Date(lease.expires_at) > new Date()))
}

/** Shows what the server leased; a number it no longer leases gives way to the site's own. */
export function showNumbers(answer: Lease[]): void {
  // Piece by piece, because Prototype.js 1.6 makes text of every array that goes through JSON.
  keep(CACHE_KEY, `[${answer.map((lease) => JSON.stringify(lease))}]`)
  show(answer)
  const acts = waiting || []
  waiting = 0
  acts.map((act) => act())
}

/** What is shown in place of `own`; where nothing is known yet, told with the first answer. */
export function getNumber(own?: string, tell?: (number?: string) => void): string | undefined {
  const number = numberFor(own)
  if (tell) number || !waiting ? tell(number) : waiting.push(guard(() => tell(numberFor(own))))
  return number
}

/** Shows the numbers below a node from now on, asking nobody: in a closed shadow root, or where they were refused. */
export function swapByHand(node: Node): void {
  byHand.push(node)
  swapAll(byHand, numberFor)
}

function show(answer: Lease[]): void {
  hold(answer)
  swapAll([document])
  swapAll(byHand, numberFor)
}
