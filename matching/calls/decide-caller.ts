import { isJunk } from '#domain/identifier.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { compareText } from '../receipt.ts'
import { KEPT_MAX_MS, MATCH_CONFIDENCE_MIN } from './call-model.ts'
import type { Caller } from './callers.ts'
import { CLOCK_REACH_MS, type ProviderClock } from './clock-evidence.ts'
import {
  type Best,
  type CallEvidence,
  type Held,
  isHeldAt,
  type Lease,
  matchCall,
  type ShownBefore,
} from './match-call.ts'
import type { LeaseOfVisitor } from './read-leases.ts'

/** Below this a match links the call to the session and says nothing about who the caller is. */
const SURE_CONFIDENCE = 0.8

/** The same where somebody else has a name who may have called: of such matches between the two a quarter were wrong. */
const SURE_OF_SEVERAL_CONFIDENCE = 0.9

/** From this on a match also makes one person of two visitors of whom one has called before. */
export const CERTAIN_CONFIDENCE = 0.95

/** A call with everything in the facts that may decide it. */
export interface CallFacts {
  call: Fact<'calls'>
  messages: Fact<'calls'>[]
  /** When the first message about it was here, less how long the call took by then: it had rung before that. */
  heard_ms: number
  /** When its first message was here. */
  came_ms: number
  /** Leases of the number around it. */
  leases: readonly Lease[]
  /** Clicks on links of the number in them, by `clickerKey`. */
  clicks: ReadonlyMap<string, readonly number[]>
  /** Leases of bots, which are not among the others. */
  ofBots?: readonly Lease[]
  /** Of a call that can hardly have rung when its provider says: the leases hours away from it as well. */
  far?: readonly Lease[] | undefined
}

export interface KnownCall {
  /** With the whole quarter hours taken off that its provider's clock was ahead. */
  call: Fact<'calls'>
  messages: Fact<'calls'>[]
  /** Who may have called, as leases and the caller's earlier calls say. */
  held: Held | undefined
  /** Whether a bot was shown the number. */
  isHeldByBot: boolean
  /** The clock its provider dated it by. */
  clock: ProviderClock
  /** When the number was given to the session that made the call, by the clock of the provider. */
  issued_at: number | undefined
}

interface Surroundings {
  /** Undefined: the calls share no caller of whom anything is known. */
  caller: Caller | undefined
  /** When browsers were shown the numbers called, by browser. */
  shown: ReadonlyMap<string, readonly LeaseOfVisitor[]>
  clockOf(call: Fact<'calls'>): ProviderClock
}

/** Decides all calls of one caller in the order they rang: what is decided of one is known of the next. */
export function decideCaller(calls: readonly CallFacts[], { caller, shown, clockOf }: Surroundings): KnownCall[] {
  const memory = openMemory(caller, shown)
  // By our clock: of two providers one may be ahead of the other.
  const rang_ms = ({ call }: CallFacts) => call.at - clockOf(call).skew_ms
  const inOrder = calls.toSorted((a, b) => rang_ms(a) - rang_ms(b) || compareText(a.call.id, b.call.id))
  return inOrder.map((one) => {
    const { call, messages } = one
    const clock = clockOf(call)
    const held = call.direction === 'out' ? undefined : matchCall(memory.evidenceFor(one, clock))
    memory.note(call, held, clock)
    const isHeldByBot =
      one.ofBots?.some((lease) => isHeldAt(lease, { ...clock, at_ms: call.at - clock.skew_ms })) ?? false
    return { call, messages, held, isHeldByBot, clock, issued_at: issuedAt(held, one.leases, clock) }
  })
}

/** The first lease of the number to the session that made the call. */
function issuedAt(held: Held | undefined, leases: readonly Lease[], { skew_ms }: ProviderClock): number | undefined {
  const own = leases.filter(({ session }) => session === held?.best?.session).map(({ from_ms }) => from_ms)
  return own.length === 0 ? undefined : Math.min(...own) + skew_ms
}

/** The browsers that a call may turn out to come from, whether leases say so or its sender. */
export function browsersAround({ call, leases }: CallFacts): string[] {
  const holders = leases
    .filter(({ to_ms, seen_ms }) => Math.max(to_ms, seen_ms) >= call.at - CLOCK_REACH_MS)
    .map(({ visitor }) => visitor)
  return [...holders, call.visitor].filter((visitor) => visitor !== '')
}

/** What is known of a caller when one of their calls is decided: never anything that came after it. */
export function openMemory(caller: Caller | undefined, shown: ReadonlyMap<string, readonly LeaseOfVisitor[]>) {
  const known = new Set<string>(caller?.browsers)
  const dialled = new Map<string, ShownBefore>()
  const byHeart = new Map<string, number>()
  return {
    evidenceFor({ call, leases, clicks }: CallFacts, { skew_ms, jitter_ms }: ProviderClock): CallEvidence {
      const at_ms = call.at - skew_ms
      const seen = [...known].flatMap((browser) => shown.get(browser) ?? [])
      const kept = caller && lastShown({ to: call.to, at_ms }, seen, dialled.get(call.to))
      const lately_ms = byHeart.get(call.to)
      const isByHeart = lately_ms !== undefined && at_ms - lately_ms <= KEPT_MAX_MS
      return { at_ms, jitter_ms, leases, clicks, known: new Set(known), kept, isByHeart }
    },
    note(call: Fact<'calls'>, held: Held | undefined, { skew_ms }: ProviderClock): void {
      const at_ms = call.at - skew_ms
      if (call.visitor !== '') known.add(call.visitor)
      const best = held?.best
      // What the sender says of the session outranks the lease.
      if (call.direction === 'out' || call.session !== '' || call.visitor !== '') return
      if (!best) {
        if (caller && !isHeldBySome(held)) byHeart.set(call.to, at_ms)
        return
      }
      if (saysWho(best) && !isJunk('visitor', best.visitor)) known.add(best.visitor)
      const { session, visitor, confidence } = best
      dialled.set(call.to, { session, visitor, at_ms, dialled: confidence, visits: 1 })
    },
  }
}

/** The last visit that showed the caller this number, or that an earlier call to it came from. */
function lastShown(
  { to, at_ms: now_ms }: { to: string; at_ms: number },
  seen: readonly LeaseOfVisitor[],
  dialled: ShownBefore | undefined,
): ShownBefore | undefined {
  const isLately = (at_ms: number) => at_ms <= now_ms && now_ms - at_ms <= KEPT_MAX_MS
  const leases = seen.filter(({ number, from_ms }) => number === to && isLately(from_ms))
  const visits = new Set(leases.map(({ session }) => session)).size
  const shown = leases.map(
    ({ session, visitor, from_ms }): ShownBefore => ({ session, visitor, at_ms: from_ms, visits }),
  )
  const [last] = [...shown, ...(dialled && isLately(dialled.at_ms) ? [dialled] : [])].sort(
    (a, b) => b.at_ms - a.at_ms || compareText(a.session, b.session) || compareText(a.visitor, b.visitor),
  )
  return last
}

/** Whether a match is sure enough to say who the caller is, and not only which visit the call belongs to. */
export function saysWho({ confidence, signs }: Best): boolean {
  return confidence >= (signs.includes('others_possible') ? SURE_OF_SEVERAL_CONFIDENCE : SURE_CONFIDENCE)
}

/** Whether somebody held the number, be it that several did and none is likely enough. */
function isHeldBySome(held: Held | undefined): boolean {
  return (held?.candidates ?? []).reduce((sum, { confidence }) => sum + confidence, 0) >= MATCH_CONFIDENCE_MIN
}
