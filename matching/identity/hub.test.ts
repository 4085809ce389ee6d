import { describe, expect, test } from 'vitest'
import { callsOfChangedCallers } from '../calls/callers.ts'
import { Graph } from './graph.ts'
import { edgeChanges, identityChanges } from './identity-rows.ts'
import { recompute } from './recompute.ts'
import { claim, graphOf } from './test-graph.ts'

const FACTS = 3_000
const HUB = 'phone:+74951112233'

/** A few edges around what is new may be looked at; those of the hub are a hundred times as many. */
const FEW = 30

/** A phone that so many calls, or so many browsers, name; all is written and packed. */
function hubOf(fact: 'call' | 'event'): Graph {
  const graph = graphOf([])
  for (let row = 0; row < FACTS; row++) name(graph, fact, row)
  return packed(graph)
}

function name(graph: Graph, fact: 'call' | 'event', row: number): void {
  const said = { fact, fact_id: `c${row}`, claimed: false } as const
  if (fact === 'event') graph.putEvent(claim(row, `visitor:v${row}`, HUB))
  else graph.replaceFact('call', `c${row}`, 'call', [claim(row, `call:c${row}`, HUB, said)])
}

function packed(graph: Graph): Graph {
  recompute(graph, [])
  edgeChanges(graph)
  return graph
}

describe('a phone that thousands of facts name', () => {
  test.each(['call', 'event'] as const)('is not looked at whole for one %s more', (fact) => {
    const graph = hubOf(fact)
    const before = graph.looks
    name(graph, fact, FACTS)
    expect(callsOfChangedCallers(graph, []).size).toBe(0)
    packed(graph)
    expect(graph.looks - before).toBeLessThan(FEW)
    expect(graph.find('phone', '+74951112233')?.edges).toHaveLength(FACTS + 1)
  })

  test('is looked at once at a start, however many groups are worked out around it', () => {
    const told = hubOf('event')
    for (const vertex of told.vertices.values()) for (const edge of vertex.edges) told.added.add(edge)
    const { put: identities } = identityChanges('shop', told.vertices.values())
    const { put: edges } = edgeChanges(told)
    expect(edges).toHaveLength(FACTS)
    const graph = new Graph('shop')
    for (const row of edges) graph.load(row)
    for (const { kind, value, shared, shared_rule, shared_max } of identities) {
      // Both are of the table, and so of these kinds.
      const found = { kind: kind as 'phone', by: { rule: shared_rule as 'uses', max: shared_max } }
      if (shared === 1) graph.loadShared(found.kind, value, found.by)
    }
    for (const some of graph.unsettled(100)) {
      recompute(graph, some)
      graph.settle()
    }
    expect(graph.looks).toBeLessThan(4 * FACTS)
    expect(graph.find('phone', '+74951112233')?.shared).toEqual({ rule: 'uses', max: 1_000 })
  })
})
