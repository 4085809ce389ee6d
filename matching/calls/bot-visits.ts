import { type Moments, type Touched, widen } from '../facts/touched.ts'
import type { Edge } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'

/** Whether all that is known of a session was sent by bots. Of one without any events nothing is known. */
export function isBotVisit(graph: Graph, session: string): boolean {
  let isKnown = false
  for (const { reason } of eventsOf(graph, session)) {
    if (reason !== 'bot') return false
    isKnown = true
  }
  return isKnown
}

/**
 * The touched sessions that may have become a bot's, or stopped being one, and between which moments: the graph has been
 * told what the news say.
 */
export function visitsWithBots(graph: Graph, touched: Touched): Map<string, Moments> {
  const sessions = new Map<string, Moments>()
  for (const edges of [graph.added, graph.removed]) {
    for (const edge of edges) {
      const session = edge.fact === 'event' && [edge.a, edge.b].find(({ kind }) => kind === 'session')?.value
      if (session && (edge.reason === 'bot' || hasBots(graph, session))) widen(sessions, session, edge.at)
    }
  }
  if (!touched.isAgain) return sessions
  // The graph may have been told before, and the calls not.
  for (const { session } of touched.sessions.values()) {
    if (!hasBots(graph, session)) continue
    for (const { at } of eventsOf(graph, session)) widen(sessions, session, at)
  }
  return sessions
}

function hasBots(graph: Graph, session: string): boolean {
  for (const { reason } of eventsOf(graph, session)) if (reason === 'bot') return true
  return false
}

function eventsOf(graph: Graph, session: string): Iterable<Edge> {
  return graph.find('session', session)?.edgesOf('event') ?? []
}
