import type { Store } from '#storage/client.ts'
import { readShownNumbers, type ShownNumber } from '../calls/read-leases.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { type SenderSession, type Touched, touchSession } from '../facts/touched.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { splitKeys } from '../history/query-by-keys.ts'
import { type Edge, otherEnd, type Vertex } from '../identity/edge.ts'
import { eventClaims } from '../identity/fact-claims.ts'
import type { Graph } from '../identity/graph.ts'
import type { SiteRules } from '../site-rules.ts'
import { cutSessions, firstCopies, type SessionPiece } from './cut-sessions.ts'
import { readEvents } from './read-events.ts'
import { LEASE_DISTANCE_MAX_MS, numbersOfPieces } from './shown-numbers.ts'

export type FreshSession = Omit<HistoryRow<'sessions'>, 'person' | 'session_number'>

/** Cuts the touched sessions anew from all their events and tells the graph what the events say. */
export async function deriveSessions(
  { store, graph, rules }: { store: Store; graph: Graph; rules: SiteRules },
  touched: ReadonlyMap<string, SenderSession>,
): Promise<Map<string, FreshSession[]>> {
  const fresh = new Map<string, FreshSession[]>()
  let turn: ReadonlyMap<string, SenderSession> = touched
  // A second turn only when an event turned out not to be the first copy: what it had said may be said by others.
  while (turn.size > 0) {
    const again: Touched['sessions'] = new Map()
    for await (const events of readEvents(store, graph.site, withKnownVisitors(graph, turn))) {
      const pieces = new Map<string, SessionPiece[]>()
      for (const [key, copies] of events) {
        const { winners, losers } = firstCopies(copies)
        for (const loser of losers) retell(graph, loser, again)
        for (const event of winners) for (const claim of eventClaims(event)) graph.putEvent(claim)
        const session = turn.get(key)?.session ?? ''
        pieces.set(key, cutSessions(winners, { session, projects: rules.projects }))
      }
      await addNumbers(store, graph.site, pieces, turn, fresh)
    }
    turn = again
  }
  return fresh
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

/** Takes back what a later copy of an event had said, and asks for everything of its visitor to be told again. */
function retell(graph: Graph, loser: Fact<'events'>, again: Touched['sessions']): void {
  const visitor = graph.find('visitor', loser.visitor)
  const near = [visitor, graph.find('session', loser.session), graph.find('lead', loser.id)].filter(
    (vertex) => vertex !== undefined,
  )
  const sessions = (visitor?.edges ?? []).map((edge) => otherEnd(edge, visitor as Vertex))
  if (!graph.dropEvent(loser.id, loser, near)) return
  const touched: Touched = { sessions: again, leased: new Map(), calls: new Set(), leads: new Set(), deals: new Set() }
  touchSession(touched, '', loser.visitor)
  touchSession(touched, loser.session, loser.visitor)
  for (const other of sessions) if (other.kind === 'session') touchSession(touched, other.value, loser.visitor)
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
    for (const keys of splitKeys(sessions)) {
      for (const lease of await readShownNumbers(store, site, keys, { from_ms, to_ms })) {
        const leases = shown.get(lease.session)
        if (leases) leases.push(lease)
        else shown.set(lease.session, [lease])
      }
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
