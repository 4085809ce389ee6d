import { compareText } from '../receipt.ts'
import { holds } from '../rules.ts'
import {
  BUSY_MS,
  CLICK_TO_RING_MS,
  GONE_MAX_MS,
  GONE_MS,
  MATCH_CONFIDENCE_MIN,
  REDIAL_MS,
  shareOfLast,
  signs,
  weights,
} from './call-model.ts'

/** A lease older than this no longer matches: nobody looks at one page for a week. */
export const LEASE_LIFE_MAX_MS = 7 * 86_400_000

/** Runners-up kept beside a match. */
const CANDIDATES_MAX = 10

/** Who is less likely than this is no runner-up. */
const CANDIDATE_CONFIDENCE_MIN = 0.01

export type MatchReason =
  | 'number_on_screen'
  | 'number_in_reserve'
  | 'known_caller'
  | 'static_number'
  | 'sender_says'
  | 'several_candidates'
  | 'nobody_held_it'
  | 'not_tracked'

/** What spoke for or against a match, beside the lease itself. */
export type MatchSign = keyof typeof signs | 'number_kept' | 'others_possible' | 'held_by_bot'

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

/** A visit that was shown a number, which the caller may have kept. */
export interface ShownBefore {
  session: string
  visitor: string
  /** When it was shown, or last dialled. */
  at_ms: number
  /** Of a number that was dialled since, how sure it is that it was out of this visit. */
  dialled?: number
  /** Of how many visits that were shown it this is the last. */
  visits: number
}

/** All that is known of who may have called, in facts alone: who is who is worked out later. */
export interface CallEvidence {
  /** When it rang by our clock. */
  at_ms: number
  /** How far that may be off, as a standard deviation. */
  jitter_ms: number
  leases: readonly Lease[]
  /** Clicks on the number's links, by `clickerKey`. */
  clicks: ReadonlyMap<string, readonly number[]>
  /** Visitors whom the caller's phone is known by. */
  known: ReadonlySet<string>
  /** The last visit in which the caller was shown this very number. */
  kept: ShownBefore | undefined
  /** The caller has dialled this number while nobody held it: they have it from somewhere. */
  isByHeart: boolean
}

export interface Candidate {
  session: string
  visitor: string
  confidence: number
  reason: MatchReason
}

export interface Best extends Candidate {
  pool: string
  signs: MatchSign[]
  /** When the number was dialled a few minutes before. */
  redial_of_ms?: number
}

export interface Held {
  /** Absent when nobody is likely enough. */
  best: Best | undefined
  /** All others who may have called, the likeliest first. */
  candidates: Candidate[]
}

/** Says who called a number, and how sure that is; undefined when nobody comes into question. */
export function matchCall(evidence: CallEvidence): Held | undefined {
  const { claims, unknown, aside } = weigh(evidence)
  const total = claims.reduce((sum, { weight }) => sum + weight, unknown)
  const ofVisitor = (one: Claim) =>
    claims.reduce((sum, claim) => (sameVisitor(claim, one) ? sum + claim.weight : sum), 0)
  const candidates = claims
    .map((claim) => ({ ...claim, confidence: rounded(claim.weight / total), together: ofVisitor(claim) }))
    .filter(({ confidence }) => confidence >= CANDIDATE_CONFIDENCE_MIN)
    .sort((a, b) => b.together - a.together)
  const [top] = candidates
  if (!top) return undefined
  // A lease wins over a number that was kept, though less surely: several people of one phone dial one number.
  const whole = top.reason === 'known_caller' ? total : total - aside
  const first = rounded(top.together / whole) >= MATCH_CONFIDENCE_MIN ? top : undefined
  const others = candidates
    .filter((one) => one.session !== first?.session)
    .slice(0, CANDIDATES_MAX)
    .map(shown)
  if (!first) return { best: undefined, candidates: others }
  // Who dials by heart may be anybody, though nobody else has a name.
  const isContested = evidence.isByHeart || candidates.some((other) => !sameVisitor(other, first))
  return {
    best: {
      ...shown(first),
      // Whichever of their visits it was, the person is as certain as all of them together.
      confidence: rounded(first.together / total),
      pool: first.pool,
      signs: isContested ? [...first.signs, 'others_possible'] : first.signs,
      ...(first.reason === 'known_caller' && isRedial(evidence) && { redial_of_ms: evidence.kept.at_ms }),
    },
    candidates: others,
  }
}

/** Somebody who may have called, and how often somebody in their place does. */
export interface Claim {
  session: string
  visitor: string
  pool: string
  reason: MatchReason
  /** The number is theirs at this moment, on screen or in reserve. */
  isHeld: boolean
  weight: number
  signs: MatchSign[]
}

/** Everyone who may have called, the likeliest first, and the weight of those of whom nothing is known. */
export interface Weighed {
  claims: Claim[]
  unknown: number
  /** How much of all this speaks of a number that the caller has from before, against which a lease wins. */
  aside: number
}

export function weigh(evidence: CallEvidence): Weighed {
  const { leases, kept } = evidence
  const claims = claimsOfLeases(leases, evidence)
  const unknown = weights.unknown + weights.unknown_when_busy * busyShare(evidence)
  if (!holds('saved_numbers')) return { claims, unknown, aside: 0 }
  if (isRedial(evidence)) return weighRedial(evidence.kept, { claims, unknown })
  if (!kept) {
    const byHeart = evidence.isByHeart ? weights.unknown_by_heart : 0
    return { claims, unknown: unknown + byHeart, aside: byHeart }
  }
  return weighKept(kept, { claims, unknown, known: evidence.known.size })
}

type Redialled = ShownBefore & { dialled: number }

function isRedial(evidence: CallEvidence): evidence is CallEvidence & { kept: Redialled } {
  const { kept, at_ms } = evidence
  return kept?.dialled !== undefined && at_ms - kept.at_ms <= REDIAL_MS
}

/** Who called a moment ago calls once more: it was out of that visit as surely as the first time. */
function weighRedial(kept: Redialled, { claims, unknown }: { claims: Claim[]; unknown: number }): Weighed {
  const own = claims.find((claim) => sameVisitor(claim, kept) && claim.isHeld)
  const others = claims.filter((claim) => claim !== own && claim.session !== kept.session)
  const ofRedial: Claim = own
    ? { ...own, weight: Math.max(own.weight, weights.redialled) }
    : { ...claimOfKept(kept), weight: belowHolder(weights.redialled, others) }
  const asUnsure = (weights.redialled * (1 - kept.dialled)) / Math.max(kept.dialled, MATCH_CONFIDENCE_MIN)
  const aside = own ? asUnsure : asUnsure + ofRedial.weight
  return { claims: insertByWeight(others, ofRedial), unknown: unknown + asUnsure, aside }
}

function weighKept(
  kept: ShownBefore,
  { claims, unknown, known }: { claims: Claim[]; unknown: number; known: number },
): Weighed {
  const isFree = !claims.some(({ isHeld, session }) => isHeld && session !== kept.session)
  const { weight, rest } = weightOfKept(kept, { isFree, known })
  // A visitor who has come back is on the page now: that is no number kept from before.
  const isBack = claims.some((claim) => sameVisitor(claim, kept) && (claim.isHeld || claim.weight > weight))
  if (isBack) return { claims, unknown, aside: 0 }
  const others = claims.filter(({ session }) => session !== kept.session)
  const ofKept: Claim = { ...claimOfKept(kept), weight: belowHolder(weight, others) }
  return {
    claims: insertByWeight(others, ofKept),
    unknown: unknown + weights.unknown_when_kept + rest,
    aside: ofKept.weight + rest,
  }
}

/** `rest`: it was kept from another visit than this. */
function weightOfKept(
  { dialled, visits }: ShownBefore,
  { isFree, known }: { isFree: boolean; known: number },
): { weight: number; rest: number } {
  // A phone that is known by several browsers may be several people's, each with a number of their own to keep.
  const ofSeveral = Math.max(1, known) ** 2
  const whole = !isFree
    ? weights.kept / ofSeveral
    : // Whose phone has dialled it has it from there, whoever else has the phone.
      dialled === undefined
      ? weights.kept_shown / ofSeveral
      : weights.kept_dialled
  const share = dialled ?? shareOfLast(visits)
  return { weight: whole * share, rest: whole * (1 - share) }
}

/** A number from before is never likelier than the visitor who holds it now. */
function belowHolder(weight: number, claims: readonly Claim[]): number {
  const ofHolder = claims.find(({ isHeld }) => isHeld)?.weight ?? Infinity
  return Math.min(weight, 0.9 * ofHolder)
}

function claimOfKept({ session, visitor }: ShownBefore): Omit<Claim, 'weight'> {
  return { session, visitor, pool: '', reason: 'known_caller', isHeld: false, signs: ['number_kept'] }
}

/** How much of the time before a call the number was on somebody's screen: the busier, the more often a stranger's call meets a lease. */
function busyShare({ leases, at_ms }: CallEvidence): number {
  const from_ms = at_ms - BUSY_MS
  const shown_ms = leases.reduce(
    (sum, lease) => sum + Math.max(0, Math.min(at_ms, lease.seen_ms) - Math.max(from_ms, lease.from_ms)),
    0,
  )
  return Math.min(1, shown_ms / BUSY_MS)
}

/** Of each session the weightiest lease; equal claims in an order that does not depend on that of the rows. */
function claimsOfLeases(leases: readonly Lease[], evidence: CallEvidence): Claim[] {
  const bySession = new Map<string, Claim & { from_ms: number }>()
  for (const lease of leases) {
    const weight = presence(lease, evidence)
    if (weight <= 0) continue
    const claim = { ...claimOfLease(lease, weight, evidence), from_ms: lease.from_ms }
    const known = bySession.get(lease.session)
    if (!known || claim.weight > known.weight || (claim.weight === known.weight && claim.from_ms > known.from_ms)) {
      bySession.set(lease.session, claim)
    }
  }
  return [...bySession.values()].sort(
    (a, b) => b.weight - a.weight || b.from_ms - a.from_ms || compareText(a.session, b.session),
  )
}

function insertByWeight(claims: readonly Claim[], claim: Claim): Claim[] {
  const place = claims.findIndex(({ weight }) => weight < claim.weight)
  return place < 0 ? [...claims, claim] : claims.toSpliced(place, 0, claim)
}

function claimOfLease({ session, visitor, pool, ...lease }: Lease, weight: number, evidence: CallEvidence): Claim {
  const { at_ms, jitter_ms, clicks, known } = evidence
  const found: MatchSign[] = []
  const isClicked = clicks.get(clickerKey({ visitor, session }))?.some((click_ms) => {
    const waited_ms = at_ms - click_ms
    return waited_ms >= CLICK_TO_RING_MS.least - 2 * jitter_ms && waited_ms <= CLICK_TO_RING_MS.most + 2 * jitter_ms
  })
  if (isClicked && holds('clicks')) found.push('phone_link_clicked')
  if (visitor !== '' && known.has(visitor) && holds('known_caller')) found.push('caller_known')
  const factor = found.reduce((product, sign) => product * signs[sign as keyof typeof signs], 1)
  const stays_ms = Math.max(SIGN_OF_LIFE_MS, 2 * jitter_ms)
  const isOnScreen = at_ms <= Math.min(lease.seen_ms + stays_ms, Math.max(lease.to_ms, lease.seen_ms))
  const reason = isOnScreen ? 'number_on_screen' : 'number_in_reserve'
  const isHeld = weight >= HELD_WEIGHT_MIN
  return { session, visitor, pool, reason, isHeld, weight: weight * factor, signs: found }
}

/** Whose lease weighs less is more likely than not not to have the number, or to have it no more. */
const HELD_WEIGHT_MIN = weights.in_reserve / 2

/** Whether the number was theirs at a moment, on screen or in reserve. */
export function isHeldAt(lease: Lease, moment: { at_ms: number; jitter_ms: number }): boolean {
  return presence(lease, moment) >= HELD_WEIGHT_MIN
}

/** Who is there shows it only now and then: so long after the last sign of it a number is taken to be on screen yet. */
const SIGN_OF_LIFE_MS = 5_000

/** Who clicks: a browser in one of its sessions. */
export function clickerKey({ visitor, session }: { visitor: string; session: string }): string {
  return `${visitor}\n${session}`
}

/** How often somebody with this lease calls at this moment. The edges of a lease are as blurred as the provider's clock. */
export function presence(
  lease: Pick<Lease, 'from_ms' | 'seen_ms' | 'to_ms'>,
  moment: { at_ms: number; jitter_ms: number },
): number {
  const { at_ms, jitter_ms } = moment
  const seen_ms = Math.max(lease.seen_ms, lease.from_ms)
  const to_ms = Math.max(lease.to_ms, seen_ms)
  if (at_ms - to_ms > GONE_MAX_MS || at_ms - lease.from_ms > LEASE_LIFE_MAX_MS) return 0
  const since = (edge_ms: number) => passed(at_ms - edge_ms, jitter_ms)
  const [begun, left, over] = [since(lease.from_ms), since(seen_ms), since(to_ms)]
  const faded = Math.exp(-Math.max(0, at_ms - to_ms) / GONE_MS)
  return (
    (begun - left) * weights.on_screen +
    (holds('reserve') ? (left - over) * weights.in_reserve : 0) +
    over * faded * weights.gone
  )
}

/** How likely an edge lies behind a moment that is so far behind it, by a clock that wavers (logistic, close to normal). */
export function passed(since_ms: number, jitter_ms: number): number {
  return 1 / (1 + Math.exp((-1.7 * since_ms) / jitter_ms))
}

function sameVisitor(a: Pick<Claim, 'session' | 'visitor'>, b: Pick<Claim, 'session' | 'visitor'>): boolean {
  return a.session === b.session || (a.visitor !== '' && a.visitor === b.visitor)
}

function shown({ session, visitor, confidence, reason }: Candidate): Candidate {
  return { session, visitor, confidence, reason }
}

/** Coarse enough that the last digits of a sum, which depend on the order of its terms, do not matter. */
export function rounded(confidence: number): number {
  return Math.round(confidence * 1000) / 1000
}
