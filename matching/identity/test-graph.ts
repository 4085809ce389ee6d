import type { IdentifierKind } from '#domain/identifier.ts'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { edgeChanges, identityChanges } from './identity-rows.ts'
import { recompute } from './recompute.ts'
import { settleLoaded } from './settle-loaded.ts'
import type { ToldOtherwise } from './told-otherwise.ts'

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

/** Rows of the tables, each as JSON, in one order. */
export interface Answer {
  identities: string[]
  edges: string[]
}

/** All that the tables would say; what was looked at is packed then. */
export function answer(graph: Graph): Answer {
  for (const vertex of graph.vertices.values()) for (const edge of vertex.edges) graph.added.add(edge)
  const identities = identityChanges('shop', graph.vertices.values()).put
  const edges = edgeChanges(graph).put
  const sorted = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort()
  return { identities: sorted(identities), edges: sorted(edges) }
}

/** A graph started from what the tables say, so many identifiers at a time, and of whom they told it otherwise. */
export function startedFrom(
  { identities, edges }: Answer,
  { together_max = 3, blocked = [] }: { together_max?: number; blocked?: string[] } = {},
): { graph: Graph; wrong: ToldOtherwise[] } {
  const graph = new Graph('shop')
  graph.setBlocked(new Set(blocked))
  for (const row of edges) graph.load(JSON.parse(row))
  for (const row of identities) {
    const { kind, value, shared, shared_rule: rule, shared_max: max } = JSON.parse(row)
    if (shared === 1) graph.loadShared(kind, value, { rule, max })
  }
  return { graph, wrong: [...settleLoaded(graph, together_max)] }
}

/** A graph started from what the tables say of another, of which they tell all as it is. */
export function restarted(graph: Graph, together_max = 3): Graph {
  const started = startedFrom(answer(graph), { together_max })
  if (started.wrong.length > 0) throw new Error(`A start finds the tables wrong: ${JSON.stringify(started.wrong)}`)
  return started.graph
}
