import type { Fact } from '../facts/fact-rows.ts'
import { callsOfProvider, callsToNumbers } from '../facts/read-facts.ts'
import { type Moments, type Touched, widen } from '../facts/touched.ts'
import type { History } from '../history/history.ts'
import { callClaims, matchClaims } from '../identity/fact-claims.ts'
import type { SessionNames } from '../sessions/session-names.ts'
import { visitsWithBots } from './bot-visits.ts'
import { clockEvidence } from './call-evidence.ts'
import { callsOfChangedCallers, callsOfSameCallers } from './callers.ts'
import { type CallFacts, CERTAIN_CONFIDENCE, type KnownCall, saysWho } from './decide-caller.ts'
import { type CallsContext, decideCalls, readCallFacts, readFar } from './known-calls.ts'
import { LEASE_LIFE_MAX_MS } from './match-call.ts'
import { momentsOf } from './measure-clocks.ts'
import { type ClockChanges, clockPeriod, type EvidenceRow, evidenceRow, isOfDoubtful } from './provider-clocks.ts'
import { LEASE_AROUND_MS, LEASE_FAR_MS, latestEnd, readShownNumbers } from './read-leases.ts'

export interface UpdateCallsContext extends CallsContext {
  history: History
  names: SessionNames
}

export interface UpdatedCalls {
  /** The touched calls as they are decided now. */
  decided: ReadonlyMap<string, KnownCall>
  /** What is to be written of providers' clocks. */
  clocks: ClockChanges
}

/**
 * Tells the graph what the touched calls say now, and whom leases and earlier calls give them to. Calls that this decides
 * otherwise, and those whose provider's clock turns out to be another, are added to `touched`.
 */
export async function updateCalls(context: UpdateCallsContext, touched: Touched): Promise<UpdatedCalls> {
  const { store, graph, names } = context
  const { site } = graph
  const doubted = await touchCallsOfLeases(context, touched)
  const facts = await readCallFacts(context, touched.calls)
  for (const id of touched.calls) {
    const known = facts.get(id)
    const bearer = (session: string) => names.pieceOf(session)
    // Of what is not found any more everything is taken back: its messages were removed.
    graph.replaceFact('call', id, 'call', known ? callClaims(known.call, known.messages, bearer) : [])
  }
  const { changes, moved } = await updateClocks(context, touched, { facts, doubted })
  const begun = [...touched.clocks].map(clockPeriod)
  for (const one of [...moved, ...begun]) {
    for (const id of await callsOfProvider(store, site, one.provider, momentsOf(one))) touched.calls.add(id)
  }
  // Once each: of a visitor with ten thousand sessions all edges are looked at.
  const visitors = new Set([...touched.sessions.values()].flatMap((one) => [...one.visitors]))
  for (const id of callsOfChangedCallers(graph, visitors)) touched.calls.add(id)
  for (const id of callsOfSameCallers(graph, touched.calls)) touched.calls.add(id)
  const others = await readCallFacts(
    context,
    [...touched.calls].filter((id) => !facts.has(id)),
  )
  const decided = await decideCalls(context, new Map([...facts, ...others]), touched.calls)
  for (const id of touched.calls) graph.replaceFact('match', id, 'call', claimsOf(decided.get(id)))
  return { decided, clocks: changes }
}

function claimsOf(known: KnownCall | undefined) {
  return known ? matchClaims(known.call, sureMatch(known)) : []
}

/**
 * Touches the calls that changed leases, clicks in them, and bots that hold them, may decide. Returns others: doubtful ones, of whose providers'
 * clocks leases hours away from them tell.
 */
async function touchCallsOfLeases(context: UpdateCallsContext, touched: Touched): Promise<Set<string>> {
  const { store, graph, clocks } = context
  const { site } = graph
  await touchLeasesOf(context, touched, touched.clicked)
  await touchLeasesOf(context, touched, visitsWithBots(graph, touched))
  const far = new Set<string>()
  for (const { numbers, first_ms, last_ms } of spansOf(touched.leased)) {
    // A lease that now ends earlier also concerns the calls that came before it ended by what was said first.
    const ended_ms = await latestEnd(store, site, numbers, { from_ms: first_ms, to_ms: last_ms })
    const over_ms = Math.min(ended_ms, last_ms + LEASE_LIFE_MAX_MS)
    const around = ({ before, after }: { before: number; after: number }, shift_ms = 0) => ({
      from_ms: first_ms - before + shift_ms,
      to_ms: over_ms + after + shift_ms,
    })
    for (const shift_ms of [0, ...clocks.shifts()]) {
      const ids = await callsToNumbers(store, site, numbers, around(LEASE_AROUND_MS, shift_ms))
      for (const id of ids) touched.calls.add(id)
    }
    if (!(await clocks.mayDoubt({ history: context.history, site }, around(LEASE_FAR_MS)))) continue
    for (const id of await callsToNumbers(store, site, numbers, around(LEASE_FAR_MS))) far.add(id)
  }
  for (const id of touched.calls) far.delete(id)
  const known = await context.history.callClocks(site, [...far])
  return new Set(known.filter(isOfDoubtful).map(({ id }) => id))
}

/** Touches the leases of senders' sessions in which something happened between these moments. */
async function touchLeasesOf(
  { store, graph }: UpdateCallsContext,
  touched: Touched,
  sessions: ReadonlyMap<string, Moments>,
): Promise<void> {
  if (sessions.size === 0) return
  let [from_ms, to_ms] = [Infinity, -Infinity]
  for (const { first_ms, last_ms } of sessions.values()) {
    from_ms = Math.min(from_ms, first_ms - LEASE_LIFE_MAX_MS)
    to_ms = Math.max(to_ms, last_ms + LEASE_AROUND_MS.before)
  }
  for (const one of await readShownNumbers(store, graph.site, sessions.keys(), { from_ms, to_ms }))
    widen(touched.leased, one.number, one.from_ms)
}

/** Leases that began with no longer pause between them are asked about together. */
const PAUSE_MAX_MS = 86_400_000

interface Span extends Moments {
  numbers: string[]
}

/** Numbers with about when their leases began: a lease of last year must not ask for all calls since. */
function spansOf(leased: ReadonlyMap<string, Moments>): Span[] {
  const spans: Span[] = []
  for (const [number, { first_ms, last_ms }] of [...leased].sort(([, a], [, b]) => a.first_ms - b.first_ms)) {
    const span = spans.at(-1)
    if (span && first_ms <= span.last_ms + PAUSE_MAX_MS) {
      span.numbers.push(number)
      span.last_ms = Math.max(span.last_ms, last_ms)
    } else spans.push({ numbers: [number], first_ms, last_ms })
  }
  return spans
}

/** Of so many calls the leases hours away from them are held in memory: a busy number has hundreds around each. */
const FAR_TOGETHER_MAX = 500

/** What the touched calls, and those of whose clocks alone there is news, say of their providers' clocks. */
async function updateClocks(
  { store, history, graph, clocks }: UpdateCallsContext,
  touched: Touched,
  { facts, doubted }: { facts: ReadonlyMap<string, CallFacts>; doubted: ReadonlySet<string> },
) {
  const others = await readCallFacts({ store, graph }, doubted)
  const rows = new Map<string, EvidenceRow | undefined>([...touched.calls, ...doubted].map((id) => [id, undefined]))
  const evidenceOf = ({ call, ...about }: CallFacts) =>
    call.direction === 'out' ? undefined : evidenceRow(call, clockEvidence(call, about))
  const byTime = [...facts.values(), ...others.values()].sort((a, b) => a.call.at - b.call.at)
  for (let from = 0; from < byTime.length; from += FAR_TOGETHER_MAX) {
    const some = new Map(byTime.slice(from, from + FAR_TOGETHER_MAX).map((one) => [one.call.id, one]))
    for (const [id, one] of await readFar(store, graph.site, some)) rows.set(id, evidenceOf(one))
  }
  return clocks.update({ history, site: graph.site }, rows, touched.isAgain ? 'all' : 'changed')
}

/** What the sender says of a call's session outranks the lease, which then says nothing about persons. */
function sureMatch({ call, held }: { call: Fact<'calls'>; held: KnownCall['held'] }) {
  if (!held?.best || call.session !== '') return undefined
  if (call.visitor !== '' && call.visitor !== held.best.visitor) return undefined
  // A number kept from an earlier visit says nothing of who calls that the phone does not say.
  const { confidence, reason } = held.best
  const isSure = saysWho(held.best) && reason !== 'known_caller'
  return {
    ...held.best,
    sureness: !isSure ? 'unsure' : confidence < CERTAIN_CONFIDENCE ? 'probable' : 'certain',
  } as const
}
