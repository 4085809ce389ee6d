import type { IdentifierKind } from '#domain/identifier.ts'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { recompute } from './recompute.ts'

export type Named = `${IdentifierKind}:${string}`

/** What one fact says of two identifiers; `row` is its place in the log. */
export function claim(row: number, a: Named, b: Named, said: Partial<Claim> = {}): Claim {
  const [a_kind, a_value] = split(a)
  const [b_kind, b_value] = split(b)
  return {
    ...{ a_kind, a_value, b_kind, b_value, fact: 'event', fact_id: `e${row}`, at: row, received_at: row },
    ...{ node: 'n', segment: 0, row, claimed: true },
    ...said,
  }
}

/** Kind and value. */
export function split(name: Named): [IdentifierKind, string] {
  const at = name.indexOf(':')
  return [name.slice(0, at) as IdentifierKind, name.slice(at + 1)]
}

/** A graph that was told this, and asked who is who. */
export function graphOf(claims: readonly Claim[], blocked: string[] = []): Graph {
  const graph = new Graph('shop')
  graph.setBlocked(new Set(blocked))
  for (const one of claims) graph.putEvent(one)
  recompute(graph, [])
  return graph
}

export function person(graph: Graph, name: Named): string | undefined {
  return graph.find(...split(name))?.person
}
