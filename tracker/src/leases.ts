import { guard } from './guard.ts'
import type { Lease } from './send.ts'

/** Asked before a number is shown; on `false` the page's own one stays. */
type Ask = (change: { own: string; number: string }) => unknown

/** What is to stand in place of a number of the site's own; nothing when it stays. */
export type NumberOf = (own: string) => string | undefined

let leases: Lease[] = []
let ask: Ask = () => {}

/** From now on the visit has these numbers. */
export function hold(answer: Lease[]): void {
  leases = answer
}

/** Has every number asked about before it is shown, from the next answer of the service on. */
export function onSwap(asked: Ask): void {
  ask = guard(asked)
}

/** The number leased in place of `own`; without it, the first there is. */
export function numberFor(own?: string): string | undefined {
  return (leases.find(({ replaces }) => !own || replaces.includes(own)) || ({} as Partial<Lease>)).number
}

/** The same, when the page lets it be shown. */
export function allowedFor(own: string): string | undefined {
  const number = numberFor(own)
  return number && ask({ own, number }) !== false ? number : undefined
}
