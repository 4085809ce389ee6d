import { describe, expect, test } from 'vitest'
import type { Graph } from '../identity/graph.ts'
import { edgeChanges } from '../identity/identity-rows.ts'
import { recompute } from '../identity/recompute.ts'
import { claim, graphOf } from '../identity/test-graph.ts'
import { LeadsAround, requestHub } from './leads-around.ts'

const PHONE = 'phone:+74951112233'
/** What is asked of each name, and of what stands beside it. */
const FEW = 30

function tell(graph: Graph, row: number): void {
  const said = { fact: 'lead', fact_id: `l${row}`, claimed: false, at: 1000 * row } as const
  graph.replaceFact('lead', `l${row}`, 'lead', [claim(row, `lead:l${row}`, PHONE, said)])
}

/** So many requests a second apart that name one phone, all written and packed. */
function officeOf(requests: number): Graph {
  const graph = graphOf([])
  for (let row = 0; row < requests; row++) tell(graph, row)
  packed(graph)
  return graph
}

function packed(graph: Graph): void {
  recompute(graph, [])
  edgeChanges(graph)
}

describe('requests around one', () => {
  test('are found by a phone that no more facts tell of than the limit', () => {
    const around = new LeadsAround(officeOf(requestHub.told_max))
    // Ten minutes on either side.
    expect(around.near('l5')).toHaveLength(605)
  })

  test('are not looked for by a phone that one fact more tells of', () => {
    expect(new LeadsAround(officeOf(requestHub.told_max + 1)).near('l5')).toHaveLength(0)
  })

  test.each([2_000, 20_000])('cost no more to look for when %i told of the phone before', (requests) => {
    const graph = officeOf(requests)
    const before = graph.looks
    tell(graph, requests)
    const around = new LeadsAround(graph)
    expect(around.ofTurned()).toHaveLength(0)
    for (let time = 0; time < 5; time++) expect(around.near(`l${requests}`)).toHaveLength(0)
    expect(graph.looks - before).toBeLessThan(2 * requestHub.told_max + FEW)
  })

  test('are all looked at again when the phone becomes a hub, and when it is none any more', () => {
    const graph = officeOf(requestHub.told_max)
    tell(graph, requestHub.told_max)
    expect(new LeadsAround(graph).ofTurned()).toHaveLength(requestHub.told_max + 1)
    packed(graph)
    tell(graph, requestHub.told_max + 1)
    expect(new LeadsAround(graph).ofTurned()).toHaveLength(0)
    packed(graph)
    for (const gone of ['l3', 'l4']) graph.replaceFact('lead', gone, 'lead', [])
    expect(new LeadsAround(graph).ofTurned()).toHaveLength(requestHub.told_max)
  })
})
