import { campaignOf } from './campaign.ts'
import { guard } from './guard.ts'

/** The page was loaded anew or came by the back button: no ad was clicked. Until it is counted. */
export let isOld: unknown
/** The address that was loaded, when a router has taken its tags off before we came; until its page is counted. */
let landed = guard(() => {
  // In Safari before 15 there is none; and some pages have a clock of their own in place of `performance`.
  const [{ name, type }] = performance.getEntriesByType('navigation') as [PerformanceNavigationTiming]
  // `reload` and `back_forward`, and neither `navigate` nor `prerender`.
  isOld = /o/.test(type)
  return campaignOf(location.href).includes(campaignOf(name)) ? '' : name
})()

export function forgetLanded(): void {
  isOld = landed = ''
}

/** Where the visitor is, as far as pages and tags are concerned. */
export const address = (): string => landed || location.href
