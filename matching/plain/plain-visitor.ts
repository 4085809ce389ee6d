import type { Fact } from '../facts/fact-rows.ts'
import { real } from '../identity/fact-claims.ts'
import type { PackedGraph, Place } from '../identity/packed/packed-graph.ts'
import { compareReceipts } from '../receipt.ts'
import { cutSessions, type SessionPiece } from '../sessions/cut-sessions.ts'
import { sessionKey } from '../sessions/session-index.ts'
import { type SessionNames, senderOf } from '../sessions/session-names.ts'
import type { SiteRules } from '../site-rules.ts'

type Event = Fact<'events'>

/** Events of one visitor that are looked at here, and edges: who has more is no plain visitor. */
export const PLAIN_EVENTS_MAX = 300
const PLAIN_EDGES_MAX = 64

/** An identifier that only this visitor's events name, with the first received of them. */
export interface PlainName {
  kind: 'session' | 'ga' | 'ym'
  value: string
  first: Event
  /** A visit of a bot is known by its visitor, and names nobody. */
  isBot: boolean
}

/**
 * A visitor of whom nothing is known but visits and the counters' ids, which nobody else has: one person, founded on the
 * visitor, whatever limits and rules there are.
 */
export interface PlainVisitor {
  visitor: string
  /** Where the graph has it; 0 when nobody had heard of it. */
  place: Place
  /** Whether it is somebody: of whom there were visits of bots alone nothing is said. */
  wasNamed: boolean
  /** What nobody had heard of. */
  names: PlainName[]
  /** The new sessions, the oldest first, and how many people's there were before all of them. */
  sessions: SessionPiece[]
  before: number
}

interface Options {
  packed: PackedGraph
  names: SessionNames
  projects: SiteRules['projects']
}

/**
 * What is new of a visitor with these new sessions, by all its events; undefined when it is not a plain one, or what is new
 * may change more than is added.
 */
export function plainVisitor(
  { packed, names: sessionNames, projects }: Options,
  visitor: string,
  { events, news }: { events: readonly Event[]; news: readonly string[] },
): PlainVisitor | undefined {
  if (events.length === 0 || events.length > PLAIN_EVENTS_MAX || !real('visitor', visitor)) return undefined
  const place = packed.find('visitor', visitor)
  const known = place === 0 ? nothing : knownOf(packed, place, sessionNames)
  const sorted = known && sortEvents(events, known, news)
  if (!sorted || sorted.bySession.size !== news.length) return undefined
  const names: PlainName[] = []
  const sessions: SessionPiece[] = []
  for (const [session, own] of sorted.bySession) {
    if (senderOf(session) !== undefined || packed.find('session', session) !== 0) return undefined
    own.sort((a, b) => a.at - b.at || compareReceipts(a, b))
    const pieces = cutSessions(own, { session, projects })
    if (pieces.length !== 1) return undefined
    sessions.push(pieces[0] as SessionPiece)
    names.push({ kind: 'session', value: session, first: firstOf(own), isBot: own[0]?.bot !== 0 })
  }
  sessions.sort((a, b) => a.started_at - b.started_at || (a.id < b.id ? -1 : 1))
  // Later than all that is known: no number of an earlier visit moves.
  if (sessions.some(({ bot, started_at }) => bot === 0 && started_at <= sorted.known_ms)) return undefined
  for (const kind of ['ga', 'ym'] as const) {
    for (const name of countersOf(kind, sorted.bySession.values())) {
      if (known.names.has(`${kind}\n${name.value}`)) continue
      if (packed.find(kind, name.value) !== 0) return undefined
      names.push(name)
    }
  }
  const wasNamed = known.sessions.size + known.names.size > 0
  return { visitor, place, wasNamed, names, sessions, before: known.sessions.size }
}

interface Known {
  sessions: ReadonlySet<string>
  bots: ReadonlySet<string>
  /** Counters' ids by `kind\nvalue`. */
  names: ReadonlySet<string>
  /** Where the facts stand in the log that the graph keeps of it. */
  said: readonly Parameters<typeof compareReceipts>[0][]
}

const nothing: Known = { sessions: new Set(), bots: new Set(), names: new Set(), said: [] }

/** What the graph has of a plain visitor; undefined when it has more. */
function knownOf(packed: PackedGraph, place: Place, sessionNames: SessionNames): Known | undefined {
  const { settled, blocked, isStaff } = packed.stateOf(place)
  const isPlain = settled && !blocked && !isStaff && packed.becauseOf(place) === 0
  if (!isPlain || packed.wallsOf(place).shared || packed.hasMoreEdgesThan(place, PLAIN_EDGES_MAX)) return undefined
  const sessions = new Set<string>()
  const bots = new Set<string>()
  const names = new Set<string>()
  const said: Known['said'][number][] = []
  for (const edge of packed.edgesAt(place)) {
    const { fact, reason, joins, claimed, received_at, node, segment, row } = packed.readEdge(edge)
    const isBot = reason === 'bot'
    if (fact !== 'event' || !claimed || !(isBot || (reason === 'joined' && joins))) return undefined
    const [a, b] = packed.endsOf(edge)
    const other = a === place ? b : a
    const kind = packed.kindOf(other)
    if (packed.hasMoreEdgesThan(other, 1) || packed.wallsOf(other).shared) return undefined
    const value = packed.valueOf(other)
    if (kind === 'ga' || kind === 'ym') names.add(`${kind}\n${value}`)
    else if (kind === 'session' && isBot) bots.add(value)
    else if (kind === 'session' && !sessionNames.has(sessionKey(value))) sessions.add(value)
    else return undefined
    said.push({ received_at, node, table: 'events', segment, row })
  }
  return { sessions, bots, names, said }
}

interface Sorted {
  bySession: Map<string, Event[]>
  /** When the youngest session began that is known already. */
  known_ms: number
}

/** The events of the new sessions; undefined when one of them says more than that there was a visit. */
function sortEvents(events: readonly Event[], known: Known, news: readonly string[]): Sorted | undefined {
  const bySession = new Map<string, Event[]>()
  const began = new Map<string, number>()
  // Sent again, perhaps under another session: which copy counts is for others to say.
  if (hasCopies(events)) return undefined
  for (const event of events) {
    const { session } = event
    if (session === '') return undefined
    if (known.sessions.has(session)) {
      if (news.includes(session)) return undefined
      began.set(session, Math.min(event.at, began.get(session) ?? event.at))
    } else if (news.includes(session)) {
      if (!isPlainEvent(event) || !isLaterThanAll(event, known.said)) return undefined
      const own = bySession.get(session)
      if (own && own[0]?.bot !== event.bot) return undefined
      if (own) own.push(event)
      else bySession.set(session, [event])
    }
    // What landed later is read with the step that it belongs to.
  }
  if (began.size !== known.sessions.size) return undefined
  return { bySession, known_ms: Math.max(Number.NEGATIVE_INFINITY, ...began.values()) }
}

/** So few are compared sooner than gathered. */
const FEW = 8

function hasCopies(events: readonly Event[]): boolean {
  if (events.length > FEW) return new Set(events.map(({ id }) => id)).size !== events.length
  return events.some(({ id }, index) => events.findIndex((other) => other.id === id) < index)
}

function isPlainEvent({ bot, type, user, phone, email }: Event): boolean {
  // What a bot says is not listened to.
  return bot !== 0 || (type !== 'form' && user === '' && phone === '' && email === '')
}

/** Else it would be the first word on something that is known. */
function isLaterThanAll(event: Event, said: Known['said']): boolean {
  return said.every((one) => compareReceipts(event, one) > 0)
}

function countersOf(kind: 'ga' | 'ym', sessions: Iterable<readonly Event[]>): Iterable<PlainName> {
  const found = new Map<string, PlainName>()
  for (const events of sessions) {
    for (const event of events) {
      const value = event[kind]
      if (value === '' || event.bot !== 0) continue
      const known = found.get(value)
      if (known && compareReceipts(known.first, event) <= 0) continue
      if (known || real(kind, value)) found.set(value, { kind, value, first: event, isBot: false })
    }
  }
  return found.values()
}

function firstOf(events: readonly Event[]): Event {
  return events.reduce((first, event) => (compareReceipts(event, first) < 0 ? event : first))
}
