import type { HistoryRow } from '../history/history-tables.ts'
import {
  type Claim,
  compareEdgeReceipts,
  type Edge,
  type EdgeFact,
  type EdgeReason,
  neverReasons,
  type Vertex,
} from './edge.ts'
import { LiveEdge, type LiveVertex } from './packed/live.ts'

/** The edge that a fact claims, before it is known whether it joins. */
export function makeEdge(a: LiveVertex, b: LiveVertex, claim: Claim): LiveEdge {
  const said = {
    fact: claim.fact,
    at: claim.at,
    received_at: claim.received_at,
    node: claim.node,
    segment: claim.segment,
    row: claim.row,
    claimed: claim.claimed,
    name: claim.name ?? 0,
    candidate: claim.never === undefined,
    joins: false,
    reason: claim.never ?? 'joined',
  } as const
  return new LiveEdge({ a, b }, said, { fact_id: claim.fact_id })
}

/** An edge as the table has it. */
export function rowEdge(a: LiveVertex, b: LiveVertex, row: HistoryRow<'edges'>): LiveEdge {
  return new LiveEdge({ a, b }, readRow(row), { fact_id: row.fact_id })
}

/** What a row of the table says of the two that it names. The table holds only what matching wrote there. */
export function readRow(row: HistoryRow<'edges'>): Omit<Edge, 'a' | 'b'> {
  const { fact_id, at, received_at, node, segment, name } = row
  const [fact, reason] = [row.fact as EdgeFact, row.reason as EdgeReason]
  const flags = { claimed: row.claimed === 1, candidate: !neverReasons.has(reason), joins: row.joins === 1 }
  return { fact, fact_id, at, received_at, node, segment, row: row.row, name, reason, ...flags }
}

/** Looked up from the end with fewer edges: an office phone has thousands, a session a handful. */
export function pairEdges(a: Vertex, b: Vertex): Edge[] {
  return fewer(a, b).edges.filter((edge) => edge.a === a && edge.b === b)
}

/** Whichever has fewer edges, about; asked of no more than twice as many of either. */
function fewer(a: Vertex, b: Vertex): Vertex {
  for (let max = 16; ; max *= 2) {
    if (!a.hasMoreEdgesThan(max)) return a
    if (!b.hasMoreEdgesThan(max)) return b
  }
}

export function saysTheSame(x: Edge, y: Edge): boolean {
  return (
    x.a === y.a &&
    x.b === y.b &&
    x.at === y.at &&
    x.claimed === y.claimed &&
    x.name === y.name &&
    x.candidate === y.candidate &&
    compareEdgeReceipts(x, y) === 0
  )
}
