import { campaignOf } from './campaign.ts'
import { guard } from './guard.ts'

/**
 * The address that was loaded, when a router has taken its tags off before we came; until its page is counted. Only where
 * the tags decide which number is shown: it costs fifty bytes.
 */
export let landed = with_calls && findLanded()

export function forgetLanded(): void {
  landed = false
}

function findLanded(): string | false | undefined {
  return guard(() => {
    // The entry of the loading is the first of all; with any other there are no tags.
    const [{ name }] = performance.getEntries() as [PerformanceEntry]
    return campaignOf(name) > campaignOf(location.search) && name
  })()
}
