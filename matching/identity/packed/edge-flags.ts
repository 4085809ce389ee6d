import { type EdgeFact, type EdgeReason, edgeFacts, edgeReasons } from '../edge.ts'
import type { Place } from './packed-graph.ts'

/** What of an edge is one of a few: sixteen bits hold it. */
export interface EdgeFlags {
  fact: EdgeFact
  claimed: boolean
  candidate: boolean
  joins: boolean
  reason: EdgeReason
}

export interface PackedEdge extends EdgeFlags {
  a: Place
  b: Place
  fact_id: string
  at: number
  received_at: number
  node: string
  segment: number
  row: number
  /** The mark of a full name, 0 without. */
  name: number
}

/** Four bits each for the fact and the reason, one for each of the rest. */
const [FACT, REASON_SHIFT, REASON, CLAIMED, CANDIDATE, JOINS] = [15, 4, 15, 1 << 8, 1 << 9, 1 << 10]

export function packFlags({ fact, claimed, candidate, joins, reason }: EdgeFlags): number {
  return (
    edgeFacts.indexOf(fact) |
    (edgeReasons.indexOf(reason) << REASON_SHIFT) |
    (claimed ? CLAIMED : 0) |
    (candidate ? CANDIDATE : 0) |
    (joins ? JOINS : 0)
  )
}

export function factOf(flags: number): EdgeFact {
  return edgeFacts[flags & FACT] as EdgeFact
}

export function readFlags(flags: number): EdgeFlags {
  return {
    fact: factOf(flags),
    claimed: (flags & CLAIMED) !== 0,
    candidate: (flags & CANDIDATE) !== 0,
    joins: (flags & JOINS) !== 0,
    reason: edgeReasons[(flags >> REASON_SHIFT) & REASON] as EdgeReason,
  }
}
