import { type Edge, names, otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import { REQUEST_NEAR_MAX_MS } from './same-request.ts'

/**
 * Around a name that pages and requests tell of more often no requests are looked for: an office's phone, a kiosk's browser.
 * Requests that share nothing else stay apart. So what a request costs is bound, however much such a name has seen.
 */
export const requestHub = { told_max: 1_000 }

const namingKinds = new Set(['phone', 'email', 'user', 'visitor', 'session', 'ga', 'ym'])
const browserKinds = ['visitor', 'session', 'ga', 'ym']
const toldFacts = ['event', 'lead'] as const

/** Leads by what stands around them, in a graph that tells nothing else of requests meanwhile. */
export class LeadsAround {
  readonly #graph: Graph
  readonly #hubs = new Map<Vertex, boolean>()

  constructor(graph: Graph) {
    this.#graph = graph
  }

  /** Other leads near this one in time that name something it names. May hold more than share a name by their facts. */
  near(id: string): Set<string> {
    const lead = this.#graph.find('lead', id)
    const near = new Set<string>()
    if (!lead) return near
    const moments = toldAt(lead)
    for (const edge of lead.edges.filter(isTold)) {
      const other = otherEnd(edge, lead)
      if (other === lead) continue
      for (const at of moments) for (const one of this.of(other, at)) if (one !== id) near.add(one)
    }
    return near
  }

  /** Leads told of near a moment under a name, or under what stands beside it: a visitor's sessions, a session's visitors. */
  of(name: Vertex, at: number): Set<string> {
    const found = new Set<string>()
    if (!namingKinds.has(name.kind) || this.#graph.find(name.kind, name.value) !== name) return found
    const places = new Set([name])
    // A message may name the visitor where the form names the session, or a client id of the same browser.
    if (name.kind === 'session' || name.kind === 'ga' || name.kind === 'ym') {
      for (const visitor of this.#beside(name, ['visitor'])) places.add(visitor)
    }
    for (const place of [...places])
      if (place.kind === 'visitor') for (const one of this.#beside(place, ['session', 'ga', 'ym'])) places.add(one)
    for (const place of places) {
      if (this.#isHub(place)) continue
      for (const edge of toldOf(place)) {
        const other = otherEnd(edge, place)
        if (other.kind !== 'lead') continue
        if (Math.abs(edge.at - at) <= REQUEST_NEAR_MAX_MS || isToldNear(other, at)) found.add(other.value)
      }
    }
    return found
  }

  /** Leads that may have been found by a name which the news of this step made a hub, or which is none any more. */
  ofTurned(): Set<string> {
    const found = new Set<string>()
    for (const [name, { more, less }] of this.#changed()) {
      const { told_max } = requestHub
      const now = countTold(name, told_max + more + 1)
      const [is, was] = [now > told_max, now - more + less > told_max]
      if (is === was) continue
      for (const place of [name, ...beside(name, browserKinds)]) for (const id of leadsOf(place)) found.add(id)
    }
    return found
  }

  /** Of each name how many facts tell of it now that did not before, and the other way round. */
  #changed(): Map<Vertex, { more: number; less: number }> {
    const changes = new Map<Vertex, { more: number; less: number }>()
    const note = (edge: Edge, side: 'more' | 'less') => {
      for (const { kind, value } of new Set([edge.a, edge.b])) {
        const name = isTold(edge) && namingKinds.has(kind) ? this.#graph.find(kind, value) : undefined
        if (!name) continue
        const change = changes.get(name) ?? { more: 0, less: 0 }
        change[side] += 1
        changes.set(name, change)
      }
    }
    for (const edge of this.#graph.added) note(edge, 'more')
    for (const edge of this.#graph.removed) note(edge, 'less')
    return changes
  }

  #isHub(name: Vertex): boolean {
    let isHub = this.#hubs.get(name)
    if (isHub === undefined) {
      const { told_max } = requestHub
      isHub = name.hasMoreEdgesThan(told_max) && countTold(name, told_max + 1) > told_max
      this.#hubs.set(name, isHub)
    }
    return isHub
  }

  #beside(vertex: Vertex, kinds: readonly string[]): Iterable<Vertex> {
    return this.#isHub(vertex) ? [] : beside(vertex, kinds)
  }
}

/** How many facts of pages and requests tell of a name; no more than `enough` are counted. */
function countTold(name: Vertex, enough: number): number {
  let count = 0
  for (const _ of toldOf(name)) {
    count += 1
    if (count >= enough) return count
  }
  return count
}

export function isTold(edge: Edge): boolean {
  return edge.fact === 'event' || edge.fact === 'lead'
}

/** When a lead was told of. */
export function toldAt(lead: Vertex | undefined): Set<number> {
  return new Set((lead?.edges ?? []).filter(isTold).map(({ at }) => at))
}

export function* leadsOf(home: Vertex | undefined): Generator<string> {
  for (const edge of home?.edges ?? []) {
    const other = otherEnd(edge, home as Vertex)
    if (other.kind === 'lead') yield other.value
  }
}

function isToldNear(lead: Vertex, at: number): boolean {
  return lead.edges.some((edge) => isTold(edge) && Math.abs(edge.at - at) <= REQUEST_NEAR_MAX_MS)
}

function* toldOf(vertex: Vertex): Generator<Edge> {
  for (const fact of toldFacts) yield* vertex.edgesOf(fact)
}

function* beside(vertex: Vertex, kinds: readonly string[]): Generator<Vertex> {
  for (const edge of vertex.edgesOf('event')) {
    const other = otherEnd(edge, vertex)
    if (names(edge) && kinds.includes(other.kind)) yield other
  }
}
