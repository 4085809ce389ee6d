import { channelOf } from '#domain/channel.ts'
import type { Pool } from '#storage/settings/documents.ts'
import type { Fact } from '../facts/fact-rows.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { holds } from '../rules.ts'
import type { SessionIndex } from '../sessions/session-index.ts'
import {
  CLIENT_ID_CONFIDENCE,
  GOING_ON_MS,
  knownCallerConfidence,
  MATCH_CONFIDENCE_MIN,
  shareOfLast,
  signs,
} from './call-model.ts'
import type { ProviderClock } from './clock-evidence.ts'
import { type Candidate, type Held, type MatchReason, type MatchSign, rounded } from './match-call.ts'

/** A caller known by phone is taken to have called out of a visit this recent, if no lease says better. */
export const KNOWN_CALLER_MAX_MS = 30 * 86_400_000

const DAY_MS = 86_400_000

/** What is known around a call when it is decided. */
export interface CallContext {
  person: string
  /** What the leases say. */
  held: Held | undefined
  /** Whether a bot was shown the number when it rang. */
  isHeldByBot: boolean
  pool: Pool | undefined
  /** Whether the pages show the number where no number of a pool is free. */
  isOwnNumber: boolean
  /** The provider's clock when it dated the call; whole quarter hours are taken off the call already. */
  clock: Pick<ProviderClock, 'shift_ms' | 'skew_ms'>
  sessions: SessionIndex
  /** Whether the caller's phone belongs to this person, and to nobody else. */
  isKnownCaller: boolean
}

interface Decision {
  session: string
  visitor: string
  confidence: number
  reason: MatchReason
  candidates?: Candidate[]
  pool?: string
  signs?: MatchSign[]
}

/** Says which session a call came from, and why. What the sender says outranks a lease, a lease outranks history. */
export function decideCall(call: Fact<'calls'>, context: CallContext): HistoryRow<'call_matches'> {
  const { pool, held, person } = context
  // When it rang by our clock: what it is compared with was dated by it.
  const rung = { ...call, at: call.at - context.clock.skew_ms }
  const decision = call.direction === 'out' ? decideOutgoing(rung, context) : decideIncoming(rung, context)
  const { site, id, at, from, to, direction, status, duration, talk, wait, recording_url, operator, provider, tags } =
    call
  const { source = '', medium = '', campaign = '' } = pool?.kind === 'static' ? pool : {}
  return {
    ...{ site, id, at, from, to, direction, status, duration, talk, wait, recording_url, operator, provider, tags },
    ...{ person, session: decision.session, visitor: decision.visitor },
    ...{ confidence: decision.confidence, reason: decision.reason },
    pool: decision.pool ?? pool?.id ?? '',
    candidates: JSON.stringify(decision.candidates ?? held?.candidates ?? []),
    ...{ source, medium, campaign },
    channel: source === '' && medium === '' ? '' : channelOf({ source, medium, campaign }),
    clock_skew_ms: context.clock.shift_ms + context.clock.skew_ms,
    signs: decision.signs ?? [],
  }
}

function decideIncoming(call: Fact<'calls'>, context: CallContext): Decision {
  const { held, pool } = context
  const said = saidBySender(call, context)
  if (said) return said
  const { best } = held ?? {}
  if (best && best.reason !== 'known_caller') {
    const session = context.sessions.at(best.session, call.at)
    return { ...best, session: session?.id ?? best.session, visitor: best.visitor || (session?.visitor ?? '') }
  }
  const byClientId = saidByClientId(call, context)
  if (byClientId) return byClientId
  if (best) {
    // Who the caller is says more of which visit showed them the number than leases alone.
    const last = context.isKnownCaller ? lastShown(call, context) : undefined
    // Unless the number was dialled a few minutes ago, out of a visit that a lease names.
    const shown = last && last.started_at >= (best.redial_of_ms ?? 0) ? last : undefined
    const session = shown ?? context.sessions.at(best.session, call.at)
    return { ...best, session: session?.id ?? best.session, visitor: session?.visitor ?? best.visitor }
  }
  const open = held && amongSeveral(call, held, context)
  if (open) return open
  if (pool?.kind === 'static') return { ...nobody, confidence: 1, reason: 'static_number' }
  if (!pool && !context.isOwnNumber) return { ...nobody, reason: 'not_tracked' }
  return knownCaller(call, context) ?? (pool ? heldByNobody(context) : { ...nobody, reason: 'not_tracked' })
}

function heldByNobody({ isHeldByBot }: CallContext): Decision {
  return { ...nobody, reason: 'nobody_held_it', signs: isHeldByBot ? ['held_by_bot'] : [] }
}

function decideOutgoing(call: Fact<'calls'>, context: CallContext): Decision {
  return (
    saidBySender(call, context) ??
    saidByClientId(call, context) ??
    knownCaller(call, context) ?? { ...nobody, reason: 'not_tracked' }
  )
}

const nobody = { session: '', visitor: '', confidence: 0 }

function saidBySender(call: Fact<'calls'>, { sessions, held }: CallContext): Decision | undefined {
  if (call.session !== '') {
    const session = sessions.at(call.session, call.at)
    const visitor = call.visitor || (session?.visitor ?? '')
    return { session: session?.id ?? call.session, visitor, confidence: 1, reason: 'sender_says' }
  }
  if (call.visitor === '') return undefined
  // Of several visits of the named visitor the one that held the number.
  const leased = held?.best?.visitor === call.visitor ? sessions.at(held.best.session, call.at) : undefined
  const session = leased ?? sessions.lastOf((row) => row.visitor === call.visitor, call.at)
  return { session: session?.id ?? '', visitor: call.visitor, confidence: 1, reason: 'sender_says' }
}

function saidByClientId(call: Fact<'calls'>, { sessions }: CallContext): Decision | undefined {
  if (call.ga === '' && call.ym === '') return undefined
  const session = sessions.lastOf(
    (row) => (call.ga !== '' && row.ga === call.ga) || (call.ym !== '' && row.ym === call.ym),
    call.at,
  )
  return (
    session && {
      session: session.id,
      visitor: session.visitor,
      confidence: CLIENT_ID_CONFIDENCE,
      reason: 'sender_says',
    }
  )
}

/** The share of all weights that a claim has once its own is multiplied. */
function withSign(confidence: number): number {
  const weight = confidence * signs.caller_known
  return rounded(weight / (weight + 1 - confidence))
}

/** Several may have called: one of them may be known by phone; else it stays open. Undefined when hardly any of them did. */
function amongSeveral(call: Fact<'calls'>, held: Held, { sessions, isKnownCaller }: CallContext): Decision | undefined {
  // A number that was kept is known to be out of one of their visits: that says nothing of which.
  const own = held.candidates.filter(({ session, reason }) => reason !== 'known_caller' && sessions.owns(session))
  const known = isKnownCaller ? own : []
  const together = held.candidates.reduce((sum, { confidence }) => sum + confidence, 0)
  if (known.length !== 1)
    return together < MATCH_CONFIDENCE_MIN ? undefined : { ...nobody, reason: 'several_candidates' }
  const [candidate] = known as [Candidate]
  const confidence = withSign(candidate.confidence)
  if (confidence < MATCH_CONFIDENCE_MIN) return undefined
  return {
    session: sessions.at(candidate.session, call.at)?.id ?? candidate.session,
    visitor: candidate.visitor,
    confidence,
    reason: 'known_caller',
    signs: ['caller_known'],
    candidates: held.candidates.filter((other) => other !== candidate),
  }
}

/** Of a caller known by phone the visit that showed them the number, or is going on, or was the last. */
function knownCaller(call: Fact<'calls'>, context: CallContext): Decision | undefined {
  const { sessions, isKnownCaller } = context
  const last = isKnownCaller && holds('known_caller') ? sessions.lastOf(() => true, call.at) : undefined
  if (!last || call.at - last.started_at > KNOWN_CALLER_MAX_MS) return undefined
  const said = ({ id, visitor }: HistoryRow<'sessions'>, confidence: number, found: MatchSign[] = []): Decision => ({
    session: id,
    visitor,
    confidence,
    reason: 'known_caller',
    signs: found,
  })
  const isGoingOn = call.at - last.ended_at <= GOING_ON_MS
  const shown = call.direction === 'out' ? undefined : lastShown(call, context)
  const of = knownCallerConfidence
  if (shown) {
    const confidence = context.pool ? of.number_shown * shareOfLast(visitsShown(call, context)) : of.own_number_shown
    // That everybody was shown it is no sign of who kept it.
    const found: MatchSign[] = context.pool ? ['number_kept'] : []
    return confidence < MATCH_CONFIDENCE_MIN ? undefined : said(shown, rounded(confidence), found)
  }
  if (isGoingOn) return said(last, of.visit_going_on)
  const isLately = call.at - last.ended_at <= DAY_MS
  if (call.direction === 'out') return said(last, isLately ? of.within_a_day : of.later)
  // Who was shown other numbers has this one from elsewhere; of a visit that was told of none nobody knows.
  return isLately && last.numbers.length === 0 ? said(last, of.within_a_day) : undefined
}

function visitsShown(call: Fact<'calls'>, { sessions }: CallContext): number {
  return sessions.own.filter(({ numbers, started_at }) => started_at <= call.at && numbers.includes(call.to)).length
}

/** The caller's last visit that was shown the number called; of the site's own number the last that was shown no other. */
function lastShown(
  call: Fact<'calls'>,
  { sessions, isOwnNumber, pool }: CallContext,
): HistoryRow<'sessions'> | undefined {
  const isOwn = isOwnNumber && !pool
  return sessions.lastOf(({ numbers }) => (isOwn ? numbers.length === 0 : numbers.includes(call.to)), call.at)
}
