import { guard } from './guard.ts'
import type { Lease } from './send.ts'
import { keep, recall } from './storage.ts'
import { swapIn, swapPage } from './swap.ts'

/** Asked before a number is shown; on `false` the page's own one stays. */
type Ask = (change: { own: string; number: string }) => unknown

const CACHE_KEY = 'tl_numbers'

let leases: Lease[] = []
const asks: Ask[] = []
const byHand: Node[] = []

/** Shows the numbers that the last page had, at once; true when there are any. */
export function showKnownNumbers(): boolean {
  const now = new Date().toISOString()
  const known = JSON.parse(recall(CACHE_KEY) || '[]').filter((lease: Lease) => lease.expires_at > now)
  if (known.length) show(known)
  return known.length > 0
}

/** Shows what the server leased; a number it no longer leases gives way to the site's own. */
export function showNumbers(answer: Lease[]): void {
  keep(CACHE_KEY, JSON.stringify(answer))
  show(answer)
}

/** Has every number asked about before it is shown, from the next answer of the service on. */
export function onSwap(ask: Ask): void {
  asks.push(guard(ask))
}

/** Shows the numbers below a node from now on, asking nobody: in a closed shadow root, or where they were refused. */
export function swapByHand(node: Node): void {
  byHand.push(node)
  show(leases)
}

/** The number shown in place of `own`; without it, the first there is. */
export function numberFor(own?: string): string | undefined {
  return (leases.find(({ replaces }) => !own || replaces.includes(own)) || ({} as Partial<Lease>)).number
}

function show(answer: Lease[]): void {
  leases = answer
  const numberOf = (own: string): string => numberFor(own) || own
  swapPage((own) => {
    const number = numberOf(own)
    return number !== own && asks.some((ask) => ask({ own, number }) === false) ? own : number
  })
  swapIn(byHand, numberOf)
}
