import type { IdentifierKind } from '#domain/identifier.ts'
import { otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { joinsMax, namesMax, strangersMax, usesMax } from './limits.ts'
import { partiesAround } from './parties.ts'
import { ownersAround, passes } from './surroundings.ts'

/** Whether an event names too many of one kind to belong to one person: a CRM's test call, a copied session id. */
export function namesTooMany(vertex: Vertex): SharedBy | undefined {
  const named = new Set<Vertex>()
  for (const edge of vertex.edges) if (passes(edge)) named.add(otherEnd(edge, vertex))
  return firstExceeded(named, namesMax[vertex.kind])
}

/**
 * Whether an identifier joins too many others, counted through the events between them. Only its surroundings decide,
 * never what has been joined so far, so that the answer does not depend on the order of facts.
 */
export function joinsTooMany(vertex: Vertex): SharedBy | undefined {
  const limits = joinsMax[vertex.kind]
  if (!limits) return undefined
  const uses = usesMax[vertex.kind]
  if (uses !== undefined && vertex.edges.length > uses) return { rule: 'uses', max: uses }
  return firstExceeded(ownersAround(vertex), limits)
}

/** Whether too many people meet in an identifier who have nothing else in common. Walls are those of `joinsTooMany`. */
export function joinsStrangers(vertex: Vertex): SharedBy | undefined {
  const limits = strangersMax[vertex.kind]
  if (!limits || vertex.crowded) return undefined
  const parties = partiesAround(vertex)
  if (parties.length < 2) return undefined
  const counts = new Map<IdentifierKind, number>()
  for (const { known } of parties) for (const kind of known) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  if ([...counts.values()].some((count) => count > limits.known)) return { rule: 'strangers', max: limits.known }
  if (parties.length > limits.ever) return { rule: 'strangers', max: limits.ever }
  const begun = parties.map(({ since }) => since).sort((a, b) => a - b)
  const isCrowd = begun.some((at, index) => (begun[index + limits.in_period] ?? Infinity) - at <= limits.period_ms)
  return isCrowd ? { rule: 'strangers_in_week', max: limits.in_period } : undefined
}

/** The first limit, in the order they are written down, that these identifiers exceed. */
function firstExceeded(
  vertices: Iterable<Vertex>,
  limits: Partial<Record<IdentifierKind, number>> | undefined,
): SharedBy | undefined {
  if (!limits) return undefined
  const counts = new Map<IdentifierKind, number>()
  for (const { kind } of vertices) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  for (const [rule, max] of Object.entries(limits) as [IdentifierKind, number][]) {
    if ((counts.get(rule) ?? 0) > max) return { rule, max }
  }
  return undefined
}
