import { otherEnd, type Vertex } from './edge.ts'
import type { Group } from './recompute.ts'

/** An identifier whose rows are to be looked at again. */
export interface ToldOtherwise {
  kind: string
  value: string
}

/**
 * Of whom the tables tell otherwise than what was worked out: the groups in which one of these identifiers is, and what is
 * shared beside them, whose row names their persons.
 */
export function* toldOtherwise(groups: readonly Group[], isEnd: (vertex: Vertex) => boolean): Generator<ToldOtherwise> {
  const shared = new Set<Vertex>()
  for (const { members } of groups) {
    if (!members.some(isEnd)) continue
    for (const vertex of members) {
      yield { kind: vertex.kind, value: vertex.value }
      // Who is shared has members of many groups beside it, and stands alone.
      if (vertex.shared) continue
      for (const edge of vertex.edges) if (otherEnd(edge, vertex).shared) shared.add(otherEnd(edge, vertex))
    }
  }
  for (const { kind, value } of shared) yield { kind, value }
}
