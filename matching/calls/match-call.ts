/** How far a provider's clock may be off before a call falls out of its lease. */
export const CLOCK_SKEW_MS = 5_000

/** A lease older than this no longer matches: nobody looks at one page for a week. */
export const LEASE_LIFE_MAX_MS = 7 * 86_400_000

/** Runners-up kept beside a match. */
const CANDIDATES_MAX = 10

export type MatchReason =
  | 'number_on_screen'
  | 'number_in_reserve'
  | 'known_caller'
  | 'static_number'
  | 'sender_says'
  | 'several_candidates'
  | 'nobody_held_it'
  | 'not_tracked'

/** One lease of the number, by the newest word on it. */
export interface Lease {
  session: string
  visitor: string
  pool: string
  from_ms: number
  /** Last sign of life on screen. */
  seen_ms: number
  /** The end of the reserve. */
  to_ms: number
}

export interface Candidate {
  session: string
  visitor: string
  confidence: number
  reason: MatchReason
}

export interface Held {
  /** Absent when several had an equal claim. */
  best: (Candidate & { pool: string }) | undefined
  /** All others who may have called, the likeliest first. */
  candidates: Candidate[]
}

const confidences = { number_on_screen: 0.99, one_visitor: 0.95, number_in_reserve: 0.9, before_lease: 0.85 }

/** Says who held the number when it rang; undefined when nobody did. */
export function matchCall(called_at_ms: number, leases: readonly Lease[]): Held | undefined {
  const near = leases.filter((lease) => called_at_ms - lease.from_ms <= LEASE_LIFE_MAX_MS)
  const held = near.filter((lease) => lease.from_ms <= called_at_ms)
  // Strictly on screen first: the tolerance for skewed clocks must not make two candidates where there is one.
  const tiers: [Candidate['reason'], number, Lease[]][] = [
    ['number_on_screen', confidences.number_on_screen, held.filter((lease) => called_at_ms <= lease.seen_ms)],
    [
      'number_on_screen',
      confidences.number_in_reserve,
      held.filter((lease) => called_at_ms <= Math.min(lease.seen_ms + CLOCK_SKEW_MS, lease.to_ms)),
    ],
    ['number_in_reserve', confidences.number_in_reserve, held.filter((lease) => called_at_ms <= lease.to_ms)],
    [
      'number_on_screen',
      confidences.before_lease,
      near.filter(
        (lease) => lease.from_ms - CLOCK_SKEW_MS <= called_at_ms && called_at_ms <= lease.seen_ms + CLOCK_SKEW_MS,
      ),
    ],
  ]
  const reachable = newestPerSession(tiers.flatMap(([, , tier]) => tier))
  const won = tiers.find(([, , tier]) => tier.length > 0)
  if (!won) return undefined
  const [reason, confidence, tier] = won
  const winners = newestPerSession(tier)
  const best = winners[0] as Lease
  const others = reachable.filter((lease) => lease.session !== best.session)
  const isOne = (leases: readonly Lease[]) => leases.every(({ visitor }) => visitor !== '' && visitor === best.visitor)
  if (winners.length === 1 || isOne(winners)) {
    // Whichever of their visits it was, the person is certain; the newest of those likeliest is the one on screen.
    const isCertain = reachable.length > 1 && isOne(reachable)
    const sure = winners.length > 1 ? confidences.one_visitor : confidence
    return {
      best: {
        ...named(best),
        ...{ pool: best.pool, reason, confidence: isCertain ? Math.max(sure, confidences.one_visitor) : sure },
      },
      candidates: others.map((lease) => ({ ...named(lease), reason: 'number_in_reserve' as const, confidence: 0.05 })),
    }
  }
  const share = Math.round(1000 / winners.length) / 1000
  return {
    best: undefined,
    candidates: winners.slice(0, CANDIDATES_MAX).map((lease) => ({ ...named(lease), reason, confidence: share })),
  }
}

function named({ session, visitor }: Lease): { session: string; visitor: string } {
  return { session, visitor }
}

/** One lease a session, the newest first; equal times go to the lesser id, so that the order of rows does not matter. */
function newestPerSession(leases: readonly Lease[]): Lease[] {
  const newest = new Map<string, Lease>()
  for (const lease of leases) {
    const known = newest.get(lease.session)
    if (!known || lease.from_ms > known.from_ms) newest.set(lease.session, lease)
  }
  return [...newest.values()].sort((a, b) => b.from_ms - a.from_ms || (a.session < b.session ? -1 : 1))
}
