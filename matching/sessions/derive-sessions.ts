import type { Store } from '#storage/client.ts'
import { readShownNumbers, type ShownNumber } from '../calls/read-leases.ts'
import type { Fact } from '../facts/fact-rows.ts'
import type { SenderSession, Touched } from '../facts/touched.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { type Edge, otherEnd, type Vertex } from '../identity/edge.ts'
import { eventClaims } from '../identity/fact-claims.ts'
import type { Graph } from '../identity/graph.ts'
import type { SiteRules } from '../site-rules.ts'
import { cutSessions, firstCopies, type SessionPiece } from './cut-sessions.ts'
import { type EventsAhead, readAhead, readEvents } from './read-events.ts'
import { homeOfForm, otherForms, type Repeats, sendersOfForms } from './repeated-events.ts'
import { sessionKey, visitorKey } from './session-index.ts'
import { type SessionNames, senderOf } from './session-names.ts'
import { LEASE_DISTANCE_MAX_MS, numbersOfPieces } from './shown-numbers.ts'

export type FreshSession = Omit<HistoryRow<'sessions'>, 'person' | 'session_number'>

export interface DeriveContext {
  store: Store
  graph: Graph
  rules: SiteRules
  names: SessionNames
  /** What of the touched was read before. */
  ahead?: EventsAhead | undefined
}

/** Begins to read what will have to be derived next, while something else goes on. */
export function readTouchedAhead(store: Store, graph: Graph, touched: Touched): EventsAhead {
  return readAhead(store, graph.site, withKnownVisitors(graph, touched.sessions))
}

/**
 * Cuts the touched sessions anew from all their events and tells the graph what the events say. What turns out to be
 * touched as well is added to `touched`.
 */
export async function deriveSessions(
  { store, graph, rules, names, ahead }: DeriveContext,
  touched: Touched,
): Promise<Map<string, FreshSession[]>> {
  const fresh = new Map<string, FreshSession[]>()
  const asked = new Set<string>()
  let turn: ReadonlyMap<string, SenderSession> = touched.sessions
  // More turns only when an event turned out not to be the first copy, or a name is needed by somebody else.
  while (turn.size > 0) {
    const again: Touched['sessions'] = new Map()
    const wanted = withKnownVisitors(graph, turn)
    const numbered: Promise<void>[] = []
    for await (const { events, repeats } of readEvents(store, graph.site, wanted, ahead)) {
      const pieces = new Map<string, SessionPiece[]>()
      for (const one of repeats.sessions) if (!fresh.has(keyOf(one)) && !turn.has(keyOf(one))) touch(again, one)
      const unsaid = new Set<string>()
      for (const [key, copies] of events) {
        const winners = tellEvents(graph, copies, { repeats, again, asked, unsaid })
        pieces.set(key, cutSessions(winners, { session: turn.get(key)?.session ?? '', projects: rules.projects }))
      }
      for (const one of await sendersOfForms(store, graph.site, unsaid)) touch(again, one)
      // Read while the next events are told: nothing before the end of the turn asks for it.
      numbered.push(addNumbers(store, graph.site, pieces, turn, fresh))
      numbered.at(-1)?.catch(() => undefined)
    }
    await Promise.all(numbered)
    for (const { session } of turn.values()) {
      const sender = senderOf(session)
      if (sender !== undefined && names.has(sender) && !fresh.has(sender)) touch(again, ofKey(sender))
    }
    for (const one of again.values()) touch(touched.sessions, one)
    turn = again
  }
  for (const [key, pieces] of fresh) fresh.set(key, nameSessions({ graph, names, touched }, key, pieces))
  return fresh
}

interface Telling {
  repeats: Repeats
  /** What is to be cut again in the next turn. */
  again: Touched['sessions']
  /** Copies of forms that have been asked for. */
  asked: Set<string>
  /** Forms that began a lead and turned out to be repeats: other copies may begin it now. */
  unsaid: Set<string>
}

/** Tells the graph what those events say that count, and takes back what the others had said. Gives back the former. */
function tellEvents(
  graph: Graph,
  copies: readonly Fact<'events'>[],
  { repeats, again, asked, unsaid }: Telling,
): Fact<'events'>[] {
  // Repeats go first: whether one of them is read here must not decide between the others.
  const { winners, losers: later } = firstCopies(copies.filter((event) => !repeats.isRepeat(event)))
  const losers = [...later, ...copies.filter((event) => repeats.isRepeat(event))]
  const counted: Fact<'events'>[] = []
  for (const event of winners) {
    if (otherForms(graph, event).some(({ isEarlier }) => isEarlier)) losers.push(event)
    else counted.push(event)
  }
  for (const loser of losers) if (retell(graph, loser, again) && loser.type === 'form') unsaid.add(loser.id)
  for (const event of counted) {
    for (const { edge } of otherForms(graph, event)) {
      const home = homeOfForm(edge, graph.find('lead', event.id))
      // Once: where its copy is no longer found, asking again would never end.
      if (home && !asked.has(`${event.id}\n${keyOf(home)}`)) touch(again, home)
      if (home) asked.add(`${event.id}\n${keyOf(home)}`)
    }
    for (const claim of eventClaims(event)) graph.putEvent(claim)
  }
  return counted
}

/** Gives the pieces their names, and asks for calls and leads to be told again that name one whose bearer has changed. */
function nameSessions(
  { graph, names, touched }: { graph: Graph; names: SessionNames; touched: Touched },
  key: string,
  pieces: FreshSession[],
): FreshSession[] {
  const given = names.give(key, pieces.length, graph)
  if (given.changed.length > 0) {
    const base = graph.find(key.startsWith('s') ? 'session' : 'visitor', key.slice(2))
    for (const vertex of [base, ...given.changed.map((name) => graph.find('session', name))]) {
      for (const edge of vertex?.edges ?? []) {
        if (edge.fact === 'call') touched.calls.add(edge.fact_id)
        if (edge.fact === 'lead') touched.leads.add(edge.fact_id)
      }
    }
  }
  return pieces.map((piece, index) => ({ ...piece, id: given.names[index] as string }))
}

/** New events name some of a session's visitors; the graph knows the others. */
function withKnownVisitors(graph: Graph, wanted: ReadonlyMap<string, SenderSession>): Map<string, SenderSession> {
  return new Map(
    [...wanted].map(([key, { session, visitors }]) => {
      const known = session === '' ? [] : visitorsOf(graph.find('session', session))
      return [key, { session, visitors: new Set([...visitors, ...known]) }]
    }),
  )
}

/** All visitors whose events name this session, bots included. */
export function visitorsOf(session: Vertex | undefined): string[] {
  return (session?.edges ?? [])
    .filter((edge: Edge) => edge.fact === 'event' && session && otherEnd(edge, session).kind === 'visitor')
    .map((edge) => otherEnd(edge, session as Vertex).value)
}

/** Takes back what a later copy of an event had said, and asks for everything of its visitor to be told again. Says whether it had said any. */
function retell(graph: Graph, loser: Fact<'events'>, again: Touched['sessions']): boolean {
  const visitor = graph.find('visitor', loser.visitor)
  const near = [visitor, graph.find('session', loser.session), graph.find('lead', loser.id)].filter(
    (vertex) => vertex !== undefined,
  )
  const sessions = (visitor?.edges ?? []).map((edge) => otherEnd(edge, visitor as Vertex))
  if (!graph.dropEvent(loser.id, loser, near)) return false
  const visitors = new Set([loser.visitor])
  touch(again, { session: '', visitors })
  touch(again, { session: loser.session, visitors })
  for (const other of sessions) if (other.kind === 'session') touch(again, { session: other.value, visitors })
  return true
}

function touch(sessions: Touched['sessions'], { session, visitors }: SenderSession): void {
  const key = keyOf({ session, visitors })
  const known = sessions.get(key)
  sessions.set(key, { session, visitors: new Set([...(known?.visitors ?? []), ...visitors]) })
}

function keyOf({ session, visitors }: SenderSession): string {
  return session === '' ? visitorKey([...visitors][0] ?? '') : sessionKey(session)
}

function ofKey(key: string): SenderSession {
  const name = key.slice(2)
  return key.startsWith('s') ? { session: name, visitors: new Set() } : { session: '', visitors: new Set([name]) }
}

async function addNumbers(
  store: Store,
  site: string,
  cut: ReadonlyMap<string, SessionPiece[]>,
  wanted: ReadonlyMap<string, SenderSession>,
  fresh: Map<string, FreshSession[]>,
): Promise<void> {
  const pieces = [...cut.values()].flat()
  const shown = new Map<string, ShownNumber[]>()
  if (pieces.length > 0) {
    const from_ms = pieces.reduce((least, piece) => Math.min(least, piece.started_at), Infinity) - LEASE_DISTANCE_MAX_MS
    const to_ms = pieces.reduce((most, piece) => Math.max(most, piece.ended_at), 0) + LEASE_DISTANCE_MAX_MS
    const sessions = [...cut.keys()].map((key) => wanted.get(key)?.session ?? '').filter((session) => session !== '')
    for (const lease of await readShownNumbers(store, site, sessions, { from_ms, to_ms })) {
      const leases = shown.get(lease.session)
      if (leases) leases.push(lease)
      else shown.set(lease.session, [lease])
    }
  }
  for (const [key, own] of cut) {
    const numbers = numbersOfPieces(own, shown.get(wanted.get(key)?.session ?? '') ?? [])
    fresh.set(
      key,
      own.map((piece, index) => ({ ...piece, ...(numbers[index] as { numbers: string[]; pool: string }) })),
    )
  }
}
