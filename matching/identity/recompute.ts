import { personId } from '#domain/identifier.ts'
import { compareText } from '../receipt.ts'
import {
  compareEdgeReceipts,
  compareEdges,
  compareKinds,
  type Edge,
  type EdgeReason,
  isLive,
  names,
  otherEnd,
  type Vertex,
} from './edge.ts'
import type { Graph } from './graph.ts'
import { CANDIDATES_MAX } from './limits.ts'
import { resolve } from './resolve.ts'
import { isEvent, joinsTooMany, namesTooMany, ownersAround } from './sharing.ts'

/** One person, or one identifier that is nobody's (`person` is empty). */
export interface Group {
  person: string
  members: Vertex[]
}

export interface Recomputed {
  groups: Group[]
  /** Identifiers whose row is no longer true, also those that are gone. */
  changed: Set<Vertex>
}

/** Works out anew who is who around what has changed and around `touched`; nothing else in the graph is looked at. */
/** What `recompute` gathers; `restated` is the graph's own. */
interface Gathered extends Recomputed {
  restated: Set<Edge>
}

export function recompute(graph: Graph, touched: Iterable<Vertex>): Recomputed {
  const dirty = new Set([...graph.dirty, ...graph.forced, ...touched])
  const result: Gathered = { groups: [], changed: new Set(), restated: graph.restated }
  for (const vertex of shareAnew(dirty)) dirty.add(vertex)
  const done = new Set<Vertex>()
  for (const vertex of dirty) {
    if (done.has(vertex)) continue
    if (vertex.blocked || vertex.shared || !vertex.edges.some(names)) {
      done.add(vertex)
      settleAlone(vertex, result)
    } else {
      settleGroup(graph.site, walk(vertex, done), result)
    }
  }
  refreshCandidates(result, dirty)
  for (const vertex of graph.forced) result.changed.add(vertex)
  graph.dirty.clear()
  graph.endForced()
  return result
}

/** Decides again what is shared; gives back what must be looked at because of it. */
function shareAnew(dirty: ReadonlySet<Vertex>): Set<Vertex> {
  const affected = new Set<Vertex>()
  const around = new Set(dirty)
  const toggle = (vertex: Vertex, shared: boolean) => {
    if (vertex.shared === shared) return
    vertex.shared = shared
    for (const edge of vertex.edges) affected.add(otherEnd(edge, vertex))
    affected.add(vertex)
  }
  // Events first: whether they are walls decides what the others can reach through them.
  for (const vertex of dirty) {
    if (!isEvent(vertex)) continue
    const was = vertex.shared
    toggle(vertex, namesTooMany(vertex))
    if (vertex.shared !== was) for (const edge of vertex.edges) around.add(otherEnd(edge, vertex))
  }
  const owners = new Set<Vertex>()
  for (const vertex of around) {
    if (!isEvent(vertex)) owners.add(vertex)
    else if (!vertex.shared) for (const owner of ownersAround(vertex)) owners.add(owner)
  }
  for (const vertex of owners) toggle(vertex, joinsTooMany(vertex))
  return affected
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
  for (const vertex of members) {
    for (const edge of vertex.edges) {
      if (isLive(edge) && !otherEnd(edge, vertex).shared) {
        if (edge.a === vertex) links.push(edge)
      } else restate(edge, idleReason(edge), result)
    }
  }
  links.sort(compareEdges)
  const { persons, joins } = resolve(
    members.map((vertex) => ({ isContact: vertex.kind === 'contact' })),
    links.map((edge) => ({
      a: places.get(edge.a) as number,
      b: places.get(edge.b) as number,
      claimed: edge.claimed,
    })),
  )
  links.forEach((edge, index) => {
    restate(edge, joins[index] ? 'joined' : 'two_contacts', result)
  })
  const parts = new Map<number, Vertex[]>()
  members.forEach((vertex, index) => {
    const part = parts.get(persons[index] as number)
    if (part) part.push(vertex)
    else parts.set(persons[index] as number, [vertex])
  })
  for (const part of parts.values()) result.groups.push(settlePerson(site, part, result))
}

/** Names the person after its founder and says of each identifier which edge ties it to the founder. */
function settlePerson(site: string, members: Vertex[], result: Gathered): Group {
  const firsts = new Map(members.map((vertex) => [vertex, firstEdge(vertex)]))
  const founder = members.reduce((best, vertex) =>
    compareFounders(vertex, best, firsts.get(vertex) as Edge, firsts.get(best) as Edge) < 0 ? vertex : best,
  )
  const person =
    founder.person !== '' && isFoundedOn(founder) ? founder.person : personId(site, founder.kind, founder.value)
  const because = spanningEdges(founder)
  for (const vertex of members) {
    settle(vertex, { person, because: because.get(vertex), first: firsts.get(vertex) }, result)
  }
  return { person, members }
}

/** The founder was its person's founder before: its id need not be hashed again. */
function isFoundedOn(vertex: Vertex): boolean {
  return vertex.because === undefined && vertex.listed
}

/** First received; of what one fact names, the browser before the phone, and so on in the order of kinds. */
function compareFounders(a: Vertex, b: Vertex, first: Edge, other: Edge): number {
  return compareEdgeReceipts(first, other) || compareKinds(a.kind, b.kind) || compareText(a.value, b.value)
}

function firstEdge(vertex: Vertex): Edge {
  return vertex.edges.filter(names).reduce((best, edge) => (compareEdges(edge, best) < 0 ? edge : best))
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
  for (const edge of vertex.edges) restate(edge, idleReason(edge), result)
  const first = vertex.edges.some(names) ? firstEdge(vertex) : undefined
  settle(vertex, { person: '', because: undefined, first }, result)
  result.groups.push({ person: '', members: [vertex] })
}

function idleReason(edge: Edge): EdgeReason {
  if (!edge.candidate) return edge.reason
  return edge.a.blocked || edge.b.blocked ? 'blocked' : 'shared'
}

function restate(edge: Edge, reason: EdgeReason, result: Gathered): void {
  const joins = reason === 'joined'
  if (edge.reason === reason && edge.joins === joins) return
  edge.reason = reason
  edge.joins = joins
  result.restated.add(edge)
}

function settle(vertex: Vertex, state: Pick<Vertex, 'person' | 'because' | 'first'>, result: Gathered): void {
  const isListed = !vertex.blocked && vertex.edges.some(names)
  if (
    vertex.person !== state.person ||
    vertex.because !== state.because ||
    vertex.first !== state.first ||
    vertex.listed !== isListed
  ) {
    result.changed.add(vertex)
  }
  Object.assign(vertex, state, { listed: isListed })
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
  const persons = new Set(vertex.edges.filter(isLive).map((edge) => otherEnd(edge, vertex).person))
  persons.delete('')
  return [...persons].sort(compareText).slice(0, CANDIDATES_MAX)
}
