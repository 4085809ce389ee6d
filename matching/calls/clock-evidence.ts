import { CLICK_TO_RING_MS, JITTER_MS } from './call-model.ts'
import { passed } from './match-call.ts'

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

/**
 * How people call is tried beside the clock: a number is read and dialled first, so that nobody rings the moment a page
 * opens, and many or hardly any call after they have left it. Else a clock that is right would be taken for one that is
 * ahead by as much as callers take.
 */
const HABITS = [0, 6_000, 12_000].flatMap((earliest_ms) =>
  [0.8, 0.97].map((on_screen_share) => ({ earliest_ms, on_screen_share })),
)

type Habit = (typeof HABITS)[number]

/** The clocks that are tried, for each jitter and each way of calling. */
const PLACES = SKEWS * HABITS.length * JITTERS_MS.length

/** Thousandths of a natural logarithm, as integers: their sums are the same in every order. */
export type Support = Int32Array | Int16Array

/** How well each clock that is tried agrees with a call. */
export function supportOf(evidence: ClockEvidence): Support {
  const support = new Int16Array(PLACES)
  let place = 0
  for (const jitter_ms of JITTERS_MS) {
    for (const habit of HABITS) {
      for (let skew_ms = -SKEW_MAX_MS; skew_ms <= SKEW_MAX_MS; skew_ms += SKEW_STEP_MS) {
        support[place++] = Math.round(1000 * Math.log(likelihood(evidence, { at_ms: -skew_ms, jitter_ms }, habit)))
      }
    }
  }
  return support
}

interface Moment {
  at_ms: number
  jitter_ms: number
}

/** How often such a call comes at this moment, were the clock so. */
function likelihood({ leases, clicks, heard }: ClockEvidence, moment: Moment, habit: Habit): number {
  const { at_ms, jitter_ms } = moment
  let rate = OF_NOBODY
  for (const lease of leases) rate += rateWithin(lease, moment, habit)
  const isClicked = clicks.some((click_ms) => {
    const waited_ms = at_ms - click_ms
    return waited_ms >= 0 && waited_ms <= CLICK_TO_RING_USUAL_MS
  })
  // Who clicks may leave the page for the telephone: whether it was still on screen then says nothing of the clock.
  if (isClicked) rate = CLICKED
  // A message that comes before the call it tells of has another clock; some senders count the seconds of a call otherwise.
  if (at_ms > heard + jitter_ms) rate *= HEARD_BEFORE
  return rate
}

/**
 * Of who calls out of a visit, how often at this moment, against any moment of a visit of two minutes. The shorter a lease,
 * the more it says: both its edges stand near the call, and a clock has to fit between them.
 */
function rateWithin(
  [from_ms, seen_ms, to_ms]: ClockEvidence['leases'][number],
  { at_ms, jitter_ms }: Moment,
  { earliest_ms, on_screen_share }: Habit,
): number {
  const left_ms = Math.max(seen_ms, from_ms)
  const begun_ms = Math.min(from_ms + earliest_ms, left_ms)
  const over_ms = Math.max(to_ms, left_ms)
  const since = (edge_ms: number) => passed(at_ms - edge_ms, jitter_ms)
  const [begun, left, over] = [since(begun_ms), since(left_ms), since(over_ms)]
  return (
    (begun - left) * (on_screen_share / lengthOf(SCREEN_MS, left_ms - begun_ms)) +
    (left - over) * ((1 - on_screen_share) / lengthOf(RESERVE_MS, over_ms - left_ms))
  )
}

function lengthOf({ least, most }: { least: number; most: number }, length_ms: number): number {
  return Math.min(most, Math.max(least, length_ms)) / USUAL_SCREEN_MS
}

const USUAL_SCREEN_MS = 120_000
/** Whoever stays longer does not call any later for it. */
const SCREEN_MS = { least: 10_000, most: 300_000 } as const
const RESERVE_MS = { least: 60_000, most: 600_000 } as const
/** A call from somebody who has the number from elsewhere, on the same scale. */
const OF_NOBODY = 0.02

/** Most calls ring so soon after the click; within it a clock is as good as another. */
const CLICK_TO_RING_USUAL_MS = Math.min(20_000, CLICK_TO_RING_MS.most)
const CLICKED = 4
const HEARD_BEFORE = 0.05

/** The clock that agrees best with all calls, however soon people ring, and how far it may be off. Most clocks are right. */
export function estimateClock(sum: Support, calls: number): Omit<ProviderClock, 'shift_ms'> {
  const posterior = Array.from(sum, (support, place) => support / 1000 + prior(place))
  const top = posterior.reduce((most, one) => Math.max(most, one), -Infinity)
  const bySkew = new Float64Array(SKEWS)
  const byJitter = new Float64Array(SKEWS * JITTERS_MS.length)
  posterior.forEach((one, place) => {
    const chance = Math.exp(one - top)
    const jitter = Math.floor(place / (SKEWS * HABITS.length))
    bySkew[place % SKEWS] = (bySkew[place % SKEWS] as number) + chance
    byJitter[jitter * SKEWS + (place % SKEWS)] = (byJitter[jitter * SKEWS + (place % SKEWS)] as number) + chance
  })
  let best = SKEWS >> 1
  bySkew.forEach((chance, place) => {
    const known = bySkew[best] as number
    if (chance > known || (chance === known && Math.abs(skewAt(place)) < Math.abs(skewAt(best)))) best = place
  })
  const chances = JITTERS_MS.map((_, jitter) => byJitter[jitter * SKEWS + best] as number)
  const jitter_ms = JITTERS_MS[chances.indexOf(Math.max(...chances))] as number
  const skew_ms = skewAt(best)
  const width_ms = Math.min(UNSURE_MAX_MS, widthAround(skew_ms, bySkew))
  return { skew_ms, jitter_ms: Math.round(Math.hypot(jitter_ms, width_ms) / 500) * 500, calls }
}

/** However little is known of a clock, leases keep their edges: most clocks are right. */
const UNSURE_MAX_MS = 5_000

function skewAt(place: number): number {
  return -SKEW_MAX_MS + (place % SKEWS) * SKEW_STEP_MS
}

/** A clock like ours is the rule; all others are as unlikely as they are far off. */
function prior(place: number): number {
  const skew_ms = Math.abs(skewAt(place))
  const isUsual = JITTERS_MS[Math.floor(place / (SKEWS * HABITS.length))] === JITTER_MS
  const ofSkew = skew_ms === 0 ? 0 : skew_ms <= SKEW_STEP_MS ? -1 : -5 - skew_ms / 25_000
  const { earliest_ms } = HABITS[Math.floor(place / SKEWS) % HABITS.length] as Habit
  return ofSkew - (isUsual ? 0 : 1) - earliest_ms / SLOWNESS_MS
}

/** Where calls do not tell, somebody who rings so much later at the earliest is less likely by a factor of e. */
const SLOWNESS_MS = 12_000

/** The distance from the best clock within which two in three of all chances lie. */
function widthAround(skew_ms: number, bySkew: Float64Array): number {
  const byDistance = new Float64Array(SKEWS)
  bySkew.forEach((chance, place) => {
    const distance = Math.abs(skewAt(place) - skew_ms) / SKEW_STEP_MS
    byDistance[distance] = (byDistance[distance] as number) + chance
  })
  const total = byDistance.reduce((sum, chance) => sum + chance, 0)
  let reached = 0
  const steps = byDistance.findIndex((chance) => {
    reached += chance
    return reached >= 0.68 * total
  })
  return Math.max(0, steps) * SKEW_STEP_MS
}

export function addSupport(sum: Support, more: Support): void {
  for (let place = 0; place < sum.length; place++) sum[place] = (sum[place] as number) + (more[place] as number)
}

export function noSupport(): Support {
  return new Int32Array(PLACES)
}
