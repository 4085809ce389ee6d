import { campaignOf } from './campaign.ts'
import { guard } from './guard.ts'

/** The address that was loaded, when a router has taken its tags off before we came; until its page is counted. */
let landed = guard(() => {
  // In Safari before 15 there is none; and some pages have a clock of their own in place of `performance`.
  const [{ name }] = performance.getEntriesByType('navigation') as [PerformanceEntry]
  return campaignOf(location.href).includes(campaignOf(name)) ? '' : name
})()

export function forgetLanded(): void {
  landed = ''
}

/** Where the visitor is, as far as pages and tags are concerned. */
export const address = (): string => landed || location.href
