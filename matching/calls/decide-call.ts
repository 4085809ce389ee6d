import { channelOf } from '#domain/channel.ts'
import type { Pool } from '#storage/settings/documents.ts'
import type { Fact } from '../facts/fact-rows.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import type { SessionIndex } from '../sessions/session-index.ts'
import type { Candidate, Held, MatchReason } from './match-call.ts'

/** A caller known by phone is taken to have called out of a visit this recent, if no lease says better. */
export const KNOWN_CALLER_MAX_MS = 30 * 86_400_000

const DAY_MS = 86_400_000

/** What is known around a call when it is decided. */
export interface CallContext {
  person: string
  /** What the leases say. */
  held: Held | undefined
  pool: Pool | undefined
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
}

/** Says which session a call came from, and why. What the sender says outranks a lease, a lease outranks history. */
export function decideCall(call: Fact<'calls'>, context: CallContext): HistoryRow<'call_matches'> {
  const { pool, held, person } = context
  const decision = call.direction === 'out' ? decideOutgoing(call, context) : decideIncoming(call, context)
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
  }
}

function decideIncoming(call: Fact<'calls'>, context: CallContext): Decision {
  const { held, pool } = context
  const said = saidBySender(call, context)
  if (said) return said
  if (held?.best) {
    const { best } = held
    const session = context.sessions.at(best.session, call.at)
    return { ...best, session: session?.id ?? best.session, visitor: best.visitor || (session?.visitor ?? '') }
  }
  const byClientId = saidByClientId(call, context)
  if (byClientId) return byClientId
  if (held) return amongSeveral(call, held, context)
  if (pool?.kind === 'static') return { ...nobody, confidence: 1, reason: 'static_number' }
  if (!pool) return { ...nobody, reason: 'not_tracked' }
  return knownCaller(call, context) ?? { ...nobody, reason: 'nobody_held_it' }
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
  return session && { session: session.id, visitor: session.visitor, confidence: 0.9, reason: 'sender_says' }
}

/** Several held the number: one of them may be known by phone; else it stays open. */
function amongSeveral(call: Fact<'calls'>, held: Held, { sessions, isKnownCaller }: CallContext): Decision {
  const known = isKnownCaller ? held.candidates.filter((candidate) => sessions.owns(candidate.session)) : []
  if (known.length !== 1) return { ...nobody, reason: 'several_candidates' }
  const [candidate] = known as [Candidate]
  return {
    session: sessions.at(candidate.session, call.at)?.id ?? candidate.session,
    visitor: candidate.visitor,
    confidence: 0.9,
    reason: 'known_caller',
    candidates: held.candidates.filter((other) => other !== candidate),
  }
}

function knownCaller(call: Fact<'calls'>, { sessions, isKnownCaller }: CallContext): Decision | undefined {
  if (!isKnownCaller) return undefined
  const session = sessions.lastOf(() => true, call.at)
  if (!session || call.at - session.started_at > KNOWN_CALLER_MAX_MS) return undefined
  const confidence = call.at - session.ended_at <= DAY_MS ? 0.7 : 0.5
  return { session: session.id, visitor: session.visitor, confidence, reason: 'known_caller' }
}
