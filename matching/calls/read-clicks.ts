import type { Store } from '#storage/client.ts'
import { splitKeys } from '../history/query-by-keys.ts'
import { CLICK_TO_RING_MS } from './call-model.ts'
import { CLOCK_REACH_MS } from './clock-evidence.ts'
import { clickerKey, type Lease } from './match-call.ts'

/** Digits at the end of a number that are the same however its beginning is written. */
const DIGITS_COMPARED = 9

/** When phone links were clicked. */
export interface Clicks {
  /** Clicks on links of the number called, by `clickerKey`, in the sessions that held it a moment before the call. */
  before(call: CalledNumber, leases: readonly Lease[]): Map<string, number[]>
}

interface CalledNumber {
  to: string
  at: number
}

export interface Click {
  visitor: string
  session: string
  at_ms: number
  target: string
}

/** The clicks on phone links around these calls, in the sessions that held their numbers. */
export async function readClicks(
  store: Store,
  site: string,
  calls: readonly (CalledNumber & { id: string })[],
  leases: ReadonlyMap<string, readonly Lease[]>,
): Promise<Clicks> {
  const visitors = new Set<string>()
  let first_ms = Infinity
  let last_ms = -Infinity
  for (const call of calls) {
    for (const lease of leases.get(call.id) ?? []) {
      if (lease.visitor === '' || !isHeldAround(call.at, lease)) continue
      visitors.add(lease.visitor)
      first_ms = Math.min(first_ms, call.at - BEFORE_MS)
      last_ms = Math.max(last_ms, call.at + AFTER_MS)
    }
  }
  const clicks: Click[] = []
  for (const keys of splitKeys(visitors)) {
    const some = await store.query<Click>(
      `SELECT DISTINCT t.visitor AS visitor, t.session AS session, toFloat64(toUnixTimestamp64Milli(t.at)) AS at_ms,
         t.click_target AS target
       FROM events AS t
       WHERE t.site = {site:String} AND t.visitor IN {keys:Array(String)}
         AND t.type = 'click' AND t.click_kind = 'phone' AND t.bot = 0
         AND t.at >= fromUnixTimestamp64Milli({first_ms:Int64}) AND t.at <= fromUnixTimestamp64Milli({last_ms:Int64})`,
      { site, keys, first_ms, last_ms },
    )
    for (const click of some) clicks.push(click)
  }
  return indexClicks(clicks)
}

/** Makes clicks found by the calls they may have led to. */
export function indexClicks(clicks: readonly Click[]): Clicks {
  const moments = new Map<string, number[]>()
  for (const click of clicks) {
    const key = `${clickerKey(click)}\n${endOf(click.target)}`
    const known = moments.get(key)
    if (known) known.push(click.at_ms)
    else moments.set(key, [click.at_ms])
  }
  return {
    before(call, leases) {
      const found = new Map<string, number[]>()
      for (const lease of leases) {
        // Clicks of others are known as well, for the sake of other calls: they must not matter here.
        if (!isHeldAround(call.at, lease)) continue
        const near = (moments.get(`${clickerKey(lease)}\n${endOf(call.to)}`) ?? []).filter(
          (at_ms) => at_ms >= call.at - BEFORE_MS && at_ms <= call.at + AFTER_MS,
        )
        if (near.length > 0) found.set(clickerKey(lease), near)
      }
      return found
    },
  }
}

const BEFORE_MS = CLOCK_REACH_MS + CLICK_TO_RING_MS.most
const AFTER_MS = CLOCK_REACH_MS

/** Whether a click that led to a call may have happened while this lease went on. */
function isHeldAround(at_ms: number, lease: Lease): boolean {
  return lease.from_ms <= at_ms + AFTER_MS && Math.max(lease.to_ms, lease.seen_ms) >= at_ms - BEFORE_MS
}

/** A link says `tel:8495…` as well as `tel:+7495…`. */
function endOf(number: string): string {
  return number.replace(/\D/g, '').slice(-DIGITS_COMPARED)
}
