import type { Store } from '#storage/client.ts'
import { type Held, LEASE_LIFE_MAX_MS, type Lease, matchCall } from '../calls/match-call.ts'
import { latestEnd, readLeasesOfCalls } from '../calls/read-leases.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { callsToNumbers, readMessages } from '../facts/read-facts.ts'
import type { Touched } from '../facts/touched.ts'
import { callClaims, dealClaims, leadClaims, matchClaims } from '../identity/fact-claims.ts'
import type { Graph } from '../identity/graph.ts'
import type { SessionNames } from '../sessions/session-names.ts'
import { dealState, newestMessage } from './newest.ts'

/** Below this a match links the call to the session and says nothing about who the caller is. */
export const SURE_CONFIDENCE = 0.8

/** Tells the graph what the touched calls, leads and deals say now, and which sessions the leases give the calls to. */
export async function updateFacts(
  store: Store,
  { graph, names }: { graph: Graph; names: SessionNames },
  touched: Touched,
): Promise<void> {
  const { site } = graph
  const bearer = (session: string) => names.pieceOf(session)
  if (touched.leased.size > 0) {
    const ranges = [...touched.leased.values()]
    const first_ms = Math.min(...ranges.map((range) => range.first_ms))
    const last_ms = Math.max(...ranges.map((range) => range.last_ms))
    // A lease that now ends earlier also concerns the calls that came before it ended by what was said first.
    const ended_ms = await latestEnd(store, site, touched.leased.keys(), { from_ms: first_ms, to_ms: last_ms })
    const to_ms = Math.min(ended_ms, last_ms + LEASE_LIFE_MAX_MS) + LEASE_MARGIN_MS
    const within = { from_ms: first_ms - LEASE_MARGIN_MS, to_ms }
    for (const id of await callsToNumbers(store, site, touched.leased.keys(), within)) touched.calls.add(id)
  }
  const [calls, leads, deals] = await Promise.all([
    readCalls(store, site, touched.calls),
    messagesById(store, 'leads', site, touched.leads),
    messagesById(store, 'deals', site, touched.deals),
  ])
  // Of what is not found any more everything is taken back: its messages were removed.
  for (const id of touched.calls) {
    const known = calls.get(id)
    graph.replaceFact('call', id, 'call', known ? callClaims(known.call, known.messages, bearer) : [])
    graph.replaceFact('match', id, 'call', known ? matchClaims(known.call, sureMatch(known.call, known.held)) : [])
  }
  for (const id of touched.leads) {
    const messages = leads.get(id) ?? []
    const lead = newestMessage(messages)
    graph.replaceFact('lead', id, 'lead', lead ? leadClaims(lead, messages, bearer) : [])
  }
  for (const id of touched.deals) {
    const messages = deals.get(id) ?? []
    const state = dealState(messages)
    graph.replaceFact('deal', id, 'deal', state ? dealClaims(state.deal, messages) : [])
  }
}

/** Wider than any clock skew: which calls a lease decides is decided call by call. */
const LEASE_MARGIN_MS = 60_000

export interface KnownCall {
  call: Fact<'calls'>
  messages: Fact<'calls'>[]
  /** Who held the number when it rang. */
  held: Held | undefined
  /** When the number was given to the session that made the call. */
  issued_at: number | undefined
}

/** Calls as their newest messages tell them, with what the leases say. */
export async function readCalls(store: Store, site: string, ids: Iterable<string>): Promise<Map<string, KnownCall>> {
  const messages = await messagesById(store, 'calls', site, ids)
  const calls = [...messages.values()].flatMap((versions) => newestMessage(versions) ?? [])
  const incoming = calls.filter((call) => call.direction !== 'out' && call.to !== '')
  const leases = await readLeasesOfCalls(store, site, incoming)
  return new Map(
    calls.map((call) => {
      const near = leases.get(call.id) ?? []
      const held = matchCall(call.at, near)
      return [call.id, { call, messages: messages.get(call.id) ?? [], held, issued_at: issuedAt(held, near) }]
    }),
  )
}

/** The first lease of the number to the session that made the call. */
function issuedAt(held: Held | undefined, leases: readonly Lease[]): number | undefined {
  const own = leases.filter(({ session }) => session === held?.best?.session).map(({ from_ms }) => from_ms)
  return own.length === 0 ? undefined : Math.min(...own)
}

export async function messagesById<Table extends 'calls' | 'leads' | 'deals'>(
  store: Store,
  table: Table,
  site: string,
  ids: Iterable<string>,
): Promise<Map<string, Fact<Table>[]>> {
  const byId = new Map<string, Fact<Table>[]>()
  for (const row of await readMessages(store, table, site, ids)) {
    const known = byId.get(row.id)
    if (known) known.push(row)
    else byId.set(row.id, [row])
  }
  return byId
}

/** What the sender says of a call's session outranks the lease, which then says nothing about persons. */
function sureMatch(call: Fact<'calls'>, held: Held | undefined) {
  if (!held?.best || call.session !== '') return undefined
  if (call.visitor !== '' && call.visitor !== held.best.visitor) return undefined
  return { ...held.best, isSure: held.best.confidence >= SURE_CONFIDENCE }
}
