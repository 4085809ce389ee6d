import type { Store } from '#storage/client.ts'
import type { Touched } from '../facts/touched.ts'
import { type Claim, type Edge, otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import type { Receipt } from '../receipt.ts'
import { isTold, LeadsAround, leadsOf, toldAt } from './leads-around.ts'
import { type LeadFacts, readLeads, requestOf } from './read-requests.ts'
import { findSameRequest, type Request } from './same-request.ts'

/**
 * Tells the graph which leads are one request under several ids: an edge from the one that repeats to the one repeated.
 * Looks at what the news touched and at what stands near it; `graph.added` and `graph.removed` say where that is.
 */
export async function linkRequests(store: Store, graph: Graph, touched: Touched): Promise<void> {
  const around = new LeadsAround(graph)
  const asked = askedAnew(graph, around, touched)
  // Alone with its names, and known to repeat nothing: nothing to read.
  const open = [...asked].filter((id) => around.near(id).size > 0 || sameEdges(graph, id).length > 0)
  if (open.length === 0) return
  // What decides stands two steps away: the forms near a message, and the messages near those.
  const wanted = new Set(open)
  for (let step = 0; step < 2; step++) {
    for (const id of [...wanted]) for (const near of around.near(id)) wanted.add(near)
  }
  const facts = await readLeads(store, graph, wanted)
  const requests = new Map([...facts].map(([id, said]) => [id, requestOf(id, said)]))
  const nearOf = ({ id }: Request) => [...around.near(id)].flatMap((near) => requests.get(near) ?? [])
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
function askedAnew(graph: Graph, around: LeadsAround, touched: Touched): Set<string> {
  const news = new Set<string>(touched.leads)
  for (const { session, visitors } of touched.sessions.values()) {
    const homes = session === '' ? [...visitors].map((visitor) => graph.find('visitor', visitor)) : []
    for (const home of [graph.find('session', session), ...homes]) for (const id of leadsOf(home)) news.add(id)
  }
  const asked = new Set<string>()
  for (const [id, { names: told, moments }] of changesOf(graph)) {
    news.add(id)
    // A name that was taken back leads from the lead no more: what stood near it then is found from the name.
    for (const name of told) for (const at of moments) for (const near of around.of(name, at)) asked.add(near)
  }
  for (const id of around.ofTurned()) news.add(id)
  for (const id of news) {
    asked.add(id)
    for (const edge of sameEdges(graph, id)) asked.add(edge.fact_id)
  }
  // Two steps, as far as the rule looks.
  for (let step = 0; step < 2; step++) for (const id of [...asked]) for (const near of around.near(id)) asked.add(near)
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

/** What says that this lead repeats another, or another this one. */
function sameEdges(graph: Graph, id: string): Edge[] {
  return (graph.find('lead', id)?.edges ?? []).filter((edge) => edge.fact === 'same')
}
