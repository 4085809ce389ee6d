import type { Store } from '#storage/client.ts'
import type { Touched } from '../facts/touched.ts'
import { type Claim, type Edge, names, otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import type { Receipt } from '../receipt.ts'
import { type LeadFacts, readLeads, requestOf } from './read-requests.ts'
import { findSameRequest, REQUEST_NEAR_MAX_MS, type Request } from './same-request.ts'

/**
 * Tells the graph which leads are one request under several ids: an edge from the one that repeats to the one repeated.
 * Looks at what the news touched and at what stands near it; `graph.added` and `graph.removed` say where that is.
 */
export async function linkRequests(store: Store, graph: Graph, touched: Touched): Promise<void> {
  const asked = askedAnew(graph, touched)
  // Alone with its names, and known to repeat nothing: nothing to read.
  const open = [...asked].filter((id) => leadsNear(graph, id).size > 0 || sameEdges(graph, id).length > 0)
  if (open.length === 0) return
  // What decides stands two steps away: the forms near a message, and the messages near those.
  const wanted = new Set(open)
  for (let step = 0; step < 2; step++) {
    for (const id of [...wanted]) for (const near of leadsNear(graph, id)) wanted.add(near)
  }
  const facts = await readLeads(store, graph, wanted)
  const requests = new Map([...facts].map(([id, said]) => [id, requestOf(id, said)]))
  const nearOf = ({ id }: Request) => [...leadsNear(graph, id)].flatMap((near) => requests.get(near) ?? [])
  for (const id of open) {
    const request = requests.get(id)
    const same = request && findSameRequest(request, nearOf)
    graph.replaceFact('same', id, 'lead', same ? [claimOf(facts.get(id) as LeadFacts, request, same.id)] : [])
  }
}

/** A guess, however good: it never makes one person of two CRM contacts. */
function claimOf({ form, messages }: LeadFacts, request: Request, other: string): Claim {
  // One of the two is there, or the lead would not be.
  const { received_at, node, segment, row } = (form ?? messages[0]) as Receipt
  return {
    ...{ a_kind: 'lead', a_value: request.id, b_kind: 'lead', b_value: other },
    ...{ fact: 'same', fact_id: request.id, at: request.at, claimed: true },
    ...{ received_at, node, segment, row },
  }
}

/** The leads that may now be, or be no longer, the same as others. */
function askedAnew(graph: Graph, touched: Touched): Set<string> {
  const news = new Set<string>(touched.leads)
  for (const { session, visitors } of touched.sessions.values()) {
    const homes = session === '' ? [...visitors].map((visitor) => graph.find('visitor', visitor)) : []
    for (const home of [graph.find('session', session), ...homes]) for (const id of leadsOf(home)) news.add(id)
  }
  const asked = new Set<string>()
  for (const [id, { names: told, moments }] of changesOf(graph)) {
    news.add(id)
    // A name that was taken back leads from the lead no more: what stood near it then is found from the name.
    for (const name of told) for (const at of moments) for (const near of leadsAround(graph, name, at)) asked.add(near)
  }
  for (const id of news) {
    asked.add(id)
    for (const edge of sameEdges(graph, id)) asked.add(edge.fact_id)
  }
  // Two steps, as far as the rule looks.
  for (let step = 0; step < 2; step++)
    for (const id of [...asked]) for (const near of leadsNear(graph, id)) asked.add(near)
  return asked
}

/** What leads were told to name, or to name no more, and when they were told of. */
function changesOf(graph: Graph): Map<string, { names: Set<Vertex>; moments: Set<number> }> {
  const changes = new Map<string, { names: Set<Vertex>; moments: Set<number> }>()
  for (const edge of [...graph.added, ...graph.removed]) {
    const lead = [edge.a, edge.b].find(({ kind }) => kind === 'lead')
    if (!lead || !isTold(edge)) continue
    let change = changes.get(lead.value)
    if (!change) {
      change = { names: new Set(), moments: new Set(toldAt(graph.find('lead', lead.value))) }
      changes.set(lead.value, change)
    }
    change.names.add(otherEnd(edge, lead))
    change.moments.add(edge.at)
  }
  return changes
}

/** Other leads near this one in time that name something it names. May hold more than share a name by their facts. */
function leadsNear(graph: Graph, id: string): Set<string> {
  const lead = graph.find('lead', id)
  const near = new Set<string>()
  if (!lead) return near
  const moments = toldAt(lead)
  for (const edge of lead.edges.filter(isTold)) {
    const other = otherEnd(edge, lead)
    if (other === lead) continue
    for (const at of moments) for (const one of leadsAround(graph, other, at)) if (one !== id) near.add(one)
  }
  return near
}

const namingKinds = new Set(['phone', 'email', 'user', 'visitor', 'session', 'ga', 'ym'])

/** Leads told of near a moment under a name, or under what stands beside it: a visitor's sessions, a session's visitors. */
function leadsAround(graph: Graph, name: Vertex, at: number): Set<string> {
  const found = new Set<string>()
  if (!namingKinds.has(name.kind) || graph.find(name.kind, name.value) !== name) return found
  const places = new Set([name])
  // A message may name the visitor where the form names the session, or a client id of the same browser.
  if (name.kind === 'session' || name.kind === 'ga' || name.kind === 'ym') {
    for (const visitor of beside(name, 'visitor')) places.add(visitor)
  }
  for (const place of [...places])
    if (place.kind === 'visitor') for (const one of beside(place, 'session', 'ga', 'ym')) places.add(one)
  for (const place of places) {
    for (const edge of place.edges) {
      const other = otherEnd(edge, place)
      if (other.kind !== 'lead' || !isTold(edge)) continue
      if (Math.abs(edge.at - at) <= REQUEST_NEAR_MAX_MS || isToldNear(other, at)) found.add(other.value)
    }
  }
  return found
}

function isToldNear(lead: Vertex, at: number): boolean {
  return lead.edges.some((edge) => isTold(edge) && Math.abs(edge.at - at) <= REQUEST_NEAR_MAX_MS)
}

function toldAt(lead: Vertex | undefined): Set<number> {
  return new Set((lead?.edges ?? []).filter(isTold).map(({ at }) => at))
}

function isTold(edge: Edge): boolean {
  return edge.fact === 'event' || edge.fact === 'lead'
}

function* beside(vertex: Vertex, ...kinds: readonly string[]): Generator<Vertex> {
  for (const edge of vertex.edges) {
    const other = otherEnd(edge, vertex)
    if (edge.fact === 'event' && names(edge) && kinds.includes(other.kind)) yield other
  }
}

function* leadsOf(home: Vertex | undefined): Generator<string> {
  for (const edge of home?.edges ?? []) {
    const other = otherEnd(edge, home as Vertex)
    if (other.kind === 'lead') yield other.value
  }
}

/** What says that this lead repeats another, or another this one. */
function sameEdges(graph: Graph, id: string): Edge[] {
  return (graph.find('lead', id)?.edges ?? []).filter((edge) => edge.fact === 'same')
}
