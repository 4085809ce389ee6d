import type { Fact } from '../facts/fact-rows.ts'
import { otherEnd, type Vertex } from '../identity/edge.ts'
import { clientPhone, phoneOf } from '../identity/fact-claims.ts'
import type { Graph } from '../identity/graph.ts'

/** A phone that called more often is an office's or a machine's: its earlier calls say nothing of the next one. */
export const CALLS_OF_PHONE_MAX = 8

/** A phone that was given in the forms of more browsers tells none of them. */
const BROWSERS_OF_PHONE_MAX = 6

/** What facts alone say of a caller: no match, and nothing that follows from one. */
export interface Caller {
  phone: string
  /** All calls from this phone and to it. */
  calls: string[]
  /** The browsers in whose forms it was given. */
  browsers: string[]
}

/** Who calls from this phone; undefined where that is no person's: withheld, the company's own, an office's. */
export function callerOf(graph: Graph, call: Fact<'calls'>): Caller | undefined {
  const named = phoneOf(...clientPhone(call))
  return callerAt(named && graph.find(...named))
}

function callerAt(phone: Vertex | undefined): Caller | undefined {
  if (!phone || phone.blocked) return undefined
  const calls = callsOfPhone(phone, CALLS_OF_PHONE_MAX + 1)
  if (calls.size > CALLS_OF_PHONE_MAX) return undefined
  return { phone: phone.value, calls: [...calls], browsers: browsersOfPhone(phone) }
}

/** The calls that share a caller with one of these: each may say something of those after it. */
export function callsOfSameCallers(graph: Graph, ids: Iterable<string>): Set<string> {
  const all = new Set<string>(ids)
  for (const id of [...all]) {
    for (const phone of phonesOfCall(graph.find('call', id))) {
      for (const other of callerAt(phone)?.calls ?? []) all.add(other)
    }
  }
  return all
}

/**
 * The calls of callers of whom something has changed: the graph has been told what the new facts say, and not yet been
 * worked out anew. Also those of phones that have just become an office's, or stopped being one.
 */
export function callsOfChangedCallers(graph: Graph, visitors: Iterable<string>): Set<string> {
  const phones = new Set<Vertex>()
  for (const vertex of graph.dirty) if (vertex.kind === 'phone') phones.add(vertex)
  for (const visitor of visitors) for (const phone of phonesOfVisitor(graph.find('visitor', visitor))) phones.add(phone)
  const gone = new Map<string, number>()
  for (const edge of graph.removed) {
    const phone = edge.fact === 'call' ? [edge.a, edge.b].find(({ kind }) => kind === 'phone') : undefined
    if (phone) gone.set(phone.value, (gone.get(phone.value) ?? 0) + 1)
  }
  const come = new Map<Vertex, number>()
  for (const edge of graph.added) {
    const phone = edge.fact === 'call' ? [edge.a, edge.b].find(({ kind }) => kind === 'phone') : undefined
    if (phone) come.set(phone, (come.get(phone) ?? 0) + 1)
  }
  const calls = new Set<string>()
  for (const phone of phones) {
    const fresh = come.get(phone) ?? 0
    const own = callsOfPhone(phone, CALLS_OF_PHONE_MAX + fresh + 1)
    const before = own.size - fresh + (gone.get(phone.value) ?? 0)
    if (Math.min(own.size, before) <= CALLS_OF_PHONE_MAX) for (const id of own) calls.add(id)
  }
  return calls
}

/** Not all, if there are more than `enough`: a hub has a hundred thousand. */
function callsOfPhone(phone: Vertex, enough: number): Set<string> {
  const calls = new Set<string>()
  for (const { fact_id } of phone.edgesOf('call')) {
    calls.add(fact_id)
    if (calls.size >= enough) break
  }
  return calls
}

/** None, where they are too many to tell which. */
function browsersOfPhone(phone: Vertex): string[] {
  const browsers = new Set<string>()
  for (const edge of phone.edgesOf('event')) {
    const { kind, value } = otherEnd(edge, phone)
    if (kind === 'visitor') browsers.add(value)
    if (browsers.size > BROWSERS_OF_PHONE_MAX) return []
  }
  return [...browsers].sort()
}

function phonesOfCall(call: Vertex | undefined): Vertex[] {
  const edges = call?.edges.filter(({ fact }) => fact === 'call') ?? []
  return edges.map((edge) => otherEnd(edge, call as Vertex)).filter(({ kind }) => kind === 'phone')
}

/** The phones that were given in a browser, and those of calls that were given to it. */
function phonesOfVisitor(visitor: Vertex | undefined): Vertex[] {
  return (visitor?.edges ?? []).flatMap((edge) => {
    const other = otherEnd(edge, visitor as Vertex)
    if (other.kind === 'call') return phonesOfCall(other)
    return other.kind === 'phone' && edge.fact === 'event' ? [other] : []
  })
}
