import { personId } from '#domain/identifier.ts'
import { compareText } from '../receipt.ts'
import {
  compareEdgeReceipts,
  compareEdges,
  compareKinds,
  type Edge,
  type EdgeReason,
  isLive,
  isOfStaff,
  otherEnd,
  type Vertex,
} from './edge.ts'
import type { Graph } from './graph.ts'
import { CANDIDATE_EDGES_MAX, CANDIDATES_MAX } from './limits.ts'
import { namesIn } from './names-beside.ts'
import { openPhonesOnCards } from './phones-on-cards.ts'
import { type Resolved, resolve, type Trust } from './resolve.ts'
import { shareAnew } from './share-anew.ts'
import type { Hand } from './standing-hands.ts'

/** One person, or one identifier that is nobody's (`person` is empty). */
export interface Group {
  person: string
  members: Vertex[]
}

export interface Recomputed {
  groups: Group[]
  /** Identifiers whose row is no longer true, also those that are gone. */
  changed: Set<Vertex>
  /** Identifiers that are shared, or by another rule, and were not told to be, or the other way round. */
  turned: Set<Vertex>
}

/** What `recompute` gathers; `restated` is the graph's own. */
interface Gathered extends Recomputed {
  restated: Set<Edge>
}

/** Works out anew who is who around what has changed and around `touched`; nothing else in the graph is looked at. */
export function recompute(graph: Graph, touched: Iterable<Vertex>): Recomputed {
  const dirty = new Set([...graph.dirty, ...graph.forced, ...touched])
  const result: Gathered = { groups: [], changed: new Set(), turned: new Set(), restated: graph.restated }
  for (const vertex of shareAnew(dirty, graph.loosened)) dirty.add(vertex)
  const done = new Set<Vertex>()
  for (const vertex of dirty) {
    if (done.has(vertex)) continue
    if (vertex.blocked || vertex.shared || !vertex.earliest) {
      done.add(vertex)
      settleAlone(vertex, result)
    } else {
      settleGroup(graph.site, walk(vertex, done), result)
    }
  }
  // Of a hub only what is new needs a look: it may have a hundred thousand edges.
  for (const edge of graph.added) if (isIdle(edge)) restate(edge, idleReason(edge), result)
  refreshCandidates(result, dirty)
  for (const vertex of graph.forced) result.changed.add(vertex)
  graph.dirty.clear()
  graph.loosened.clear()
  graph.endForced()
  return result
}

/** Everything that a chain of edges could join to this vertex, shared identifiers being walls. */
function walk(start: Vertex, done: Set<Vertex>): Vertex[] {
  const members = [start]
  done.add(start)
  for (let index = 0; index < members.length; index++) {
    const vertex = members[index] as Vertex
    for (const edge of vertex.edges) {
      const other = otherEnd(edge, vertex)
      if (!isLive(edge) || other.shared || done.has(other)) continue
      done.add(other)
      members.push(other)
    }
  }
  return members
}

function settleGroup(site: string, members: Vertex[], result: Gathered): void {
  const places = new Map(members.map((vertex, index) => [vertex, index]))
  const links: Edge[] = []
  const hands: Edge[] = []
  for (const vertex of members) {
    vertex.idle = false
    for (const edge of vertex.edges) {
      const isBoths = places.has(edge.a) && places.has(edge.b)
      if (edge.fact === 'annotation' && isBoths) {
        if (edge.a === vertex) hands.push(edge)
      } else if (isLive(edge) && isBoths) {
        if (edge.a === vertex) links.push(edge)
      } else restate(edge, idleReason(edge), result)
    }
  }
  links.sort(byTrust)
  // Newest first. Later said counts, whatever the order in which it came in.
  hands.sort((x, y) => y.at - x.at || compareEdges(y, x))
  const placed = ({ a, b }: Edge) => ({ a: places.get(a) as number, b: places.get(b) as number })
  const said = hands.map((edge): Hand => ({ ...placed(edge), says: edge.candidate ? 'one' : 'two' }))
  const isOfSomebodyElse = openPhonesOnCards()
  const resolved = resolve(
    members.map((vertex) => ({ kind: vertex.kind, names: namesIn(vertex) })),
    links.map((edge) => ({ ...placed(edge), trust: isOfSomebodyElse(edge) ? 'noted' : trustOf(edge) })),
    said,
  )
  links.forEach((edge, index) => {
    restate(edge, resolved.held[index] ?? 'joined', result)
  })
  hands.forEach((edge, index) => {
    restate(edge, handReason(said[index] as Hand, resolved), result)
  })
  const { persons } = resolved
  const parts = new Map<number, Vertex[]>()
  members.forEach((vertex, index) => {
    const part = parts.get(persons[index] as number)
    if (part) part.push(vertex)
    else parts.set(persons[index] as number, [vertex])
  })
  for (const part of parts.values()) result.groups.push(settlePerson(site, part, result))
}

/** By receipt; calls given to sessions by their leases in the order in which it rang: what was first rung is surest. */
function byTrust(x: Edge, y: Edge): number {
  const [late, later] = [Number(x.fact === 'match'), Number(y.fact === 'match')]
  return late - later || late * (x.at - y.at) || compareEdges(x, y)
}

function trustOf(edge: Edge): Trust {
  if (edge.fact === 'match') return edge.claimed ? 'matched' : 'matched_surely'
  if (!edge.claimed) return 'said'
  return edge.a.kind === 'phone' || edge.b.kind === 'phone' ? 'claimed_by_phone' : 'claimed'
}

function handReason(hand: Hand, { hands }: Resolved): EdgeReason {
  if (hand.says === 'one') return hands.merges.includes(hand) ? 'joined' : 'overruled'
  return hands.splits.includes(hand) ? 'apart' : 'apart_overruled'
}

/** Names the person after its founder and says of each identifier which edge ties it to the founder. */
function settlePerson(site: string, members: Vertex[], result: Gathered): Group {
  const founder = members.reduce((best, vertex) => (compareFounders(vertex, best) < 0 ? vertex : best))
  const person =
    founder.person !== '' && isFoundedOn(founder) ? founder.person : personId(site, founder.kind, founder.value)
  const because = spanningEdges(founder)
  for (const vertex of members) {
    settle(vertex, { person, because: because.get(vertex) }, result)
  }
  return { person, members }
}

/** The founder was its person's founder before: its id need not be hashed again. */
function isFoundedOn(vertex: Vertex): boolean {
  return vertex.because === undefined && vertex.listed
}

/** First received; of what one fact names, the browser before the phone, and so on in the order of kinds. */
function compareFounders(a: Vertex, b: Vertex): number {
  return (
    // Whoever is in a group is named by some fact.
    compareEdgeReceipts(a.earliest as Edge, b.earliest as Edge) ||
    compareKinds(a.kind, b.kind) ||
    compareText(a.value, b.value)
  )
}

/** Breadth first from the founder, earlier received edges first: the shortest chain of reasons, the same every time. */
function spanningEdges(founder: Vertex): Map<Vertex, Edge> {
  const because = new Map<Vertex, Edge>()
  const seen = new Set([founder])
  const queue = [founder]
  for (let index = 0; index < queue.length; index++) {
    const vertex = queue[index] as Vertex
    for (const edge of vertex.edges.filter((candidate) => candidate.joins).sort(compareEdges)) {
      const other = otherEnd(edge, vertex)
      if (seen.has(other)) continue
      seen.add(other)
      because.set(other, edge)
      queue.push(other)
    }
  }
  return because
}

/** A shared, blocked or vanished identifier belongs to nobody. */
function settleAlone(vertex: Vertex, result: Gathered): void {
  if (!vertex.idle) for (const edge of vertex.edges) restate(edge, idleReason(edge), result)
  vertex.idle = true
  settle(vertex, { person: '', because: undefined }, result)
  result.groups.push({ person: '', members: [vertex] })
}

function isIdle({ a, b }: Edge): boolean {
  return a.idle || b.idle
}

function idleReason(edge: Edge): EdgeReason {
  // Between two groups nothing contradicts it.
  if (!edge.candidate) return edge.fact === 'annotation' ? 'apart' : edge.reason
  if (edge.a.blocked || edge.b.blocked) return 'blocked'
  return isOfStaff(edge) ? 'staff' : 'shared'
}

function restate(edge: Edge, reason: EdgeReason, result: Gathered): void {
  const joins = reason === 'joined'
  if (edge.reason === reason && edge.joins === joins) return
  edge.reason = reason
  edge.joins = joins
  result.restated.add(edge)
}

function settle(vertex: Vertex, state: Pick<Vertex, 'person' | 'because'>, result: Gathered): void {
  const first = vertex.earliest
  const isListed = !vertex.blocked && first !== undefined
  const isTurned = vertex.told?.rule !== vertex.shared?.rule || vertex.told?.max !== vertex.shared?.max
  if (isTurned) result.turned.add(vertex)
  if (
    isTurned ||
    vertex.person !== state.person ||
    vertex.because !== state.because ||
    vertex.first !== first ||
    vertex.listed !== isListed
  ) {
    result.changed.add(vertex)
  }
  Object.assign(vertex, state, { first, listed: isListed, told: vertex.shared })
}

/** A shared identifier names the persons around it; they may have changed although it has not. */
function refreshCandidates(result: Gathered, dirty: ReadonlySet<Vertex>): void {
  const shared = new Set([...dirty].filter((vertex) => vertex.shared || vertex.candidates.length > 0))
  for (const vertex of result.changed) {
    for (const edge of vertex.edges) {
      const other = otherEnd(edge, vertex)
      if (other.shared) shared.add(other)
    }
  }
  for (const vertex of shared) {
    const candidates = vertex.shared ? personsAround(vertex) : []
    if (candidates.join() === vertex.candidates.join()) continue
    vertex.candidates = candidates
    result.changed.add(vertex)
  }
}

function personsAround(vertex: Vertex): string[] {
  if (vertex.hasMoreEdgesThan(CANDIDATE_EDGES_MAX)) return []
  const persons = new Set(vertex.edges.filter(isLive).map((edge) => otherEnd(edge, vertex).person))
  persons.delete('')
  return [...persons].sort(compareText).slice(0, CANDIDATES_MAX)
}
