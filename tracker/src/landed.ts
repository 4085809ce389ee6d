import { campaignOf } from './campaign.ts'

// The entry of the loading is the first of all; in Safari before 15 there may be none.
const [{ name } = {} as Partial<PerformanceEntry>] = performance.getEntries()

/** The address that was loaded, when a router has taken its tags off before we came; until its page is counted. */
let landed = campaignOf(name) > campaignOf(location.href) ? name : undefined

export function forgetLanded(): void {
  landed = undefined
}

/** Where the visitor is, as far as pages and tags are concerned. */
export const address = (): string => landed || location.href
