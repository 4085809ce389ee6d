import { isRoleEmail } from '#domain/email.ts'
import type { IdentifierKind } from '#domain/identifier.ts'
import { type Edge, isLive, otherEnd, type Vertex } from './edge.ts'
import { namesMax } from './limits.ts'

/** Events pass on what they name; all other identifiers own it. */
export function isEvent(vertex: Vertex): boolean {
  return namesMax[vertex.kind] !== undefined
}

const deviceKinds: ReadonlySet<IdentifierKind> = new Set(['visitor', 'ga', 'ym'])

/** A browser, or what a counter knows one by. */
export function isDevice({ kind }: Vertex): boolean {
  return deviceKinds.has(kind)
}

/** Whether it is an email that is nobody's own. */
export function isOfRole({ kind, value }: Vertex): boolean {
  return kind === 'email' && isRoleEmail(value)
}

/**
 * Whether an edge can pass something on. What is said by hand joins persons, and says nothing of what is shared; nor does a
 * key of a deal that others of its keys outrank: the call that a manager picked may be somebody else's.
 */
export function passes(edge: Edge): boolean {
  return edge.fact !== 'annotation' && !(edge.fact === 'deal' && edge.claimed) && isLive(edge)
}

/** The identifiers that own something reachable from here through events alone. Events that name too many are walls. */
export function* ownersAround(vertex: Vertex): Generator<Vertex> {
  const seen = new Set([vertex])
  const queue = [vertex]
  for (let at = queue.pop(); at; at = queue.pop()) {
    for (const edge of at.edges) {
      const other = otherEnd(edge, at)
      if (!passes(edge) || seen.has(other)) continue
      seen.add(other)
      if (!isEvent(other)) yield other
      else if (!other.shared) queue.push(other)
    }
  }
}
