import type { IdentifierKind } from '#domain/identifier.ts'
import { otherEnd, type Vertex } from './edge.ts'
import type { Graph } from './graph.ts'
import { recompute } from './recompute.ts'
import { markStaff } from './staff.ts'
import { type ToldOtherwise, toldOtherwise } from './told-otherwise.ts'

/**
 * Works out who is who in a graph that was read from the tables, so many identifiers at a time. Gives back those of whom the
 * tables tell otherwise: rules or settings have changed since.
 */
export function* settleLoaded(graph: Graph, together_max: number): Generator<ToldOtherwise> {
  // Which browsers are staff's is asked of what stands beside them, looked at or not.
  markStaff(besideBlocked(graph))
  graph.settle()
  // Those whose group is worked out with others later are known by then.
  const ends = new Set<string>()
  for (const some of graph.unsettled(together_max)) {
    const { groups, turned } = recompute(graph, some)
    for (const { a, b } of graph.restated) ends.add(nameOf(a)).add(nameOf(b))
    for (const vertex of turned) ends.add(nameOf(vertex))
    if (ends.size > 0) yield* toldOtherwise(groups, (vertex) => ends.has(nameOf(vertex)))
    graph.oweRestated()
    graph.settle()
  }
}

function nameOf({ kind, value }: Vertex): string {
  return `${kind}\n${value}`
}

/** The browsers that were told of the company's own phones and emails. */
function besideBlocked(graph: Graph): Set<Vertex> {
  const visitors = new Set<Vertex>()
  for (const key of graph.blocked) {
    const [kind, value] = key.split('\n') as [IdentifierKind, string]
    const vertex = graph.find(kind, value)
    for (const edge of vertex?.edges ?? []) {
      const other = otherEnd(edge, vertex as Vertex)
      if (other.kind === 'visitor') visitors.add(other)
    }
  }
  return visitors
}
