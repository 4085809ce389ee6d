import { CLICK_TO_RING_MS, JITTER_MS, weights } from './call-model.ts'
import { presence } from './match-call.ts'

/** How far a provider's clock is looked for on either side of ours. */
export const SKEW_MAX_MS = 60_000

/** Clocks are told apart this finely. */
const SKEW_STEP_MS = 1_000

/** How far single messages may waver around the clock, as standard deviations that are tried. */
const JITTERS_MS = [1_000, JITTER_MS, 8_000] as const

/** Leases that begin or end further from a call say nothing of the clock. */
export const CLOCK_REACH_MS = SKEW_MAX_MS + 4 * 8_000

/** What one call says of its provider's clock. All in milliseconds, against the moment the provider gave. */
export interface ClockEvidence {
  /** Leases of the number: from, last seen, end of the reserve. */
  leases: readonly (readonly [from: number, seen: number, to: number])[]
  /** Clicks on phone links in sessions that held the number. */
  clicks: readonly number[]
  /** When the first message about it was here, less how long the call took by then: it had rung before that. */
  heard: number
  /** Of a call that can hardly have rung then: the leases of its number by clocks that are off by whole quarter hours. */
  far?: readonly (readonly [from: number, seen: number, to: number])[]
}

/** A provider's clock over some days, as its calls show it. */
export interface ProviderClock {
  /** By how many whole quarter hours it is ahead of ours. */
  shift_ms: number
  /** How far it is ahead beside that. */
  skew_ms: number
  /** How far a moment it gives may be off after that, as a standard deviation. */
  jitter_ms: number
  /** How many calls said something of it. */
  calls: number
}

/** A clock of which nothing is known. */
export const unknownClock: ProviderClock = { shift_ms: 0, skew_ms: 0, jitter_ms: JITTER_MS, calls: 0 }

const SKEWS = (2 * SKEW_MAX_MS) / SKEW_STEP_MS + 1

/** Thousandths of a natural logarithm, as integers: their sums are the same in every order. */
export type Support = Int32Array

/** How well each clock that is tried agrees with a call. */
export function supportOf(evidence: ClockEvidence): Support {
  const support = new Int32Array(SKEWS * JITTERS_MS.length)
  let place = 0
  for (const jitter_ms of JITTERS_MS) {
    for (let skew_ms = -SKEW_MAX_MS; skew_ms <= SKEW_MAX_MS; skew_ms += SKEW_STEP_MS) {
      support[place++] = Math.round(1000 * Math.log(likelihood(evidence, skew_ms, jitter_ms)))
    }
  }
  return support
}

/** How often such a call comes at this moment, were the clock so. */
function likelihood({ leases, clicks, heard }: ClockEvidence, skew_ms: number, jitter_ms: number): number {
  const moment = { at_ms: -skew_ms, jitter_ms }
  let rate = weights.unknown as number
  for (const [from_ms, seen_ms, to_ms] of leases) rate += presence({ from_ms, seen_ms, to_ms }, moment)
  const isClicked = clicks.some((click_ms) => {
    const waited_ms = moment.at_ms - click_ms
    return waited_ms >= 0 && waited_ms <= CLICK_TO_RING_USUAL_MS
  })
  // Who clicks may leave the page for the telephone: whether it was still on screen then says nothing of the clock.
  if (isClicked) rate = CLICKED
  // A message that comes before the call it tells of has another clock; some senders count the seconds of a call otherwise.
  if (moment.at_ms > heard + jitter_ms) rate *= HEARD_BEFORE
  return rate
}

/** Most calls ring so soon after the click; within it a clock is as good as another. */
const CLICK_TO_RING_USUAL_MS = Math.min(20_000, CLICK_TO_RING_MS.most)
const CLICKED = 4
const HEARD_BEFORE = 0.05

/** The clock that agrees best with all calls, and how far it may be off. Most clocks are right. */
export function estimateClock(sum: Support, calls: number): Omit<ProviderClock, 'shift_ms'> {
  let best = 0
  const posterior = Array.from(sum, (support, place) => support / 1000 + prior(place))
  posterior.forEach((one, place) => {
    const known = posterior[best] as number
    if (one > known || (one === known && Math.abs(skewAt(place)) < Math.abs(skewAt(best)))) best = place
  })
  const skew_ms = skewAt(best)
  const width_ms = widthAround(skew_ms, posterior, posterior[best] as number)
  const jitter_ms = JITTERS_MS[Math.floor(best / SKEWS)] as number
  return { skew_ms, jitter_ms: Math.round(Math.hypot(jitter_ms, width_ms) / 500) * 500, calls }
}

function skewAt(place: number): number {
  return -SKEW_MAX_MS + (place % SKEWS) * SKEW_STEP_MS
}

/** A clock like ours is the rule; all others are as unlikely as they are far off. */
function prior(place: number): number {
  const skew_ms = Math.abs(skewAt(place))
  const isUsual = (JITTERS_MS[Math.floor(place / SKEWS)] as number) === JITTER_MS
  const ofSkew = skew_ms === 0 ? 0 : skew_ms <= SKEW_STEP_MS ? -1 : -4 - skew_ms / 25_000
  return ofSkew - (isUsual ? 0 : 1)
}

/** The distance from the best clock within which two in three of all chances lie. */
function widthAround(skew_ms: number, posterior: readonly number[], best: number): number {
  const byDistance = new Float64Array(SKEWS)
  posterior.forEach((one, place) => {
    const distance = Math.abs(skewAt(place) - skew_ms) / SKEW_STEP_MS
    byDistance[distance] = (byDistance[distance] as number) + Math.exp(one - best)
  })
  const total = byDistance.reduce((sum, chance) => sum + chance, 0)
  let within = 0
  const steps = byDistance.findIndex((chance) => {
    within += chance
    return within >= 0.68 * total
  })
  return Math.max(0, steps) * SKEW_STEP_MS
}

export function addSupport(sum: Support, more: Support): void {
  for (let place = 0; place < sum.length; place++) sum[place] = (sum[place] as number) + (more[place] as number)
}

export function noSupport(): Support {
  return new Int32Array(SKEWS * JITTERS_MS.length)
}
