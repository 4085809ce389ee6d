import { on } from './guard.ts'
import { hold, numberFor } from './leases.ts'
import type { Lease } from './send.ts'
import { keep, recall } from './storage.ts'
import { swapAll } from './swap.ts'

const CACHE_KEY = 'tl_numbers'

const byHand: Node[] = []

/** Shows the numbers that the last page had, at once; true when there are any. Throws when none were kept. */
export function showKnownNumbers(): boolean {
  // A number cut in two by the arrival of the page itself.
  on(window, 'DOMContentLoaded', () => swapAll([document]))
  show(JSON.parse(recall(CACHE_KEY) as string).filter((lease: Lease) => new Date(lease.expires_at) > new Date()))
  return !!numberFor()
}

/** Shows what the server leased; a number it no longer leases gives way to the site's own. */
export function showNumbers(answer: Lease[]): void {
  keep(CACHE_KEY, JSON.stringify(answer))
  show(answer)
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
