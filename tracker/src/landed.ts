import { campaignOf } from './campaign.ts'

// In Safari before 15 there is none.
const [loading] = performance.getEntriesByType('navigation')

/** The address that was loaded, when a router has taken its tags off before we came; until its page is counted. */
let landed = loading && campaignOf(loading.name) > campaignOf(location.href) ? loading.name : ''

export function forgetLanded(): void {
  landed = ''
}

/** Where the visitor is, as far as pages and tags are concerned. */
export const address = (): string => landed || location.href
