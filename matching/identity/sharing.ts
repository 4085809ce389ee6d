import type { IdentifierKind } from '#domain/identifier.ts'
import { isLive, otherEnd, type Vertex } from './edge.ts'
import { joinsMax, namesMax } from './limits.ts'

/** Events pass on what they name; all other identifiers own it. */
export function isEvent(vertex: Vertex): boolean {
  return namesMax[vertex.kind] !== undefined
}

/** Whether an event names too many of one kind to belong to one person: a CRM's test call, a copied session id. */
export function namesTooMany(vertex: Vertex): boolean {
  const seen = new Set<Vertex>()
  const counts = new Map<IdentifierKind, number>()
  for (const edge of vertex.edges) {
    const other = otherEnd(edge, vertex)
    if (!isLive(edge) || seen.has(other)) continue
    seen.add(other)
    const count = (counts.get(other.kind) ?? 0) + 1
    counts.set(other.kind, count)
    if (count > (namesMax[vertex.kind]?.[other.kind] ?? Number.POSITIVE_INFINITY)) return true
  }
  return false
}

/**
 * Whether an identifier joins too many others, counted through the events between them. Only its surroundings decide,
 * never what has been joined so far, so that the answer does not depend on the order of facts.
 */
export function joinsTooMany(vertex: Vertex): boolean {
  const limits = joinsMax[vertex.kind]
  if (!limits) return false
  const counts = new Map<IdentifierKind, number>()
  for (const owner of ownersAround(vertex)) {
    const count = (counts.get(owner.kind) ?? 0) + 1
    counts.set(owner.kind, count)
    if (count > (limits[owner.kind] ?? Number.POSITIVE_INFINITY)) return true
  }
  return false
}

/** The identifiers that own something reachable from here through events alone. Events that name too many are walls. */
export function* ownersAround(vertex: Vertex): Generator<Vertex> {
  const seen = new Set([vertex])
  const queue = [vertex]
  for (let at = queue.pop(); at; at = queue.pop()) {
    for (const edge of at.edges) {
      const other = otherEnd(edge, at)
      if (!isLive(edge) || seen.has(other)) continue
      seen.add(other)
      if (!isEvent(other)) yield other
      else if (!other.shared) queue.push(other)
    }
  }
}
