import { personId } from '#domain/identifier.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { compareEdgeReceipts, type Edge, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import { edgeRow, identityRow } from '../identity/identity-rows.ts'
import type { PackedGraph, Place } from '../identity/packed/packed-graph.ts'
import type { FreshSession } from '../sessions/derive-sessions.ts'
import type { PlainName, PlainVisitor } from './plain-visitor.ts'

/** What is to be written of plain visitors. */
export interface PlainRows {
  identities: HistoryRow<'identities'>[]
  edges: HistoryRow<'edges'>[]
  sessions: (FreshSession & Pick<HistoryRow<'sessions'>, 'person' | 'session_number'>)[]
}

/** Adds a plain visitor to the graph, and to the rows what tells of it; the numbers its visits were shown are left open. */
export function addPlain(
  plain: PlainVisitor,
  { graph, packed, rows }: { graph: Graph; packed: PackedGraph; rows: PlainRows },
): void {
  const { site } = graph
  const person = personId(site, 'visitor', plain.visitor)
  const isNew = plain.place === 0
  const visitor = makeVertex('visitor', plain.visitor, person)
  const place = isNew ? packed.addVertex('visitor', plain.visitor) : plain.place
  if (isNew) graph.noticeFounder('visitor', plain.visitor)
  for (const name of plain.names) {
    const vertex = makeVertex(name.kind, name.value, person)
    const edge = makeEdge(visitor, vertex, { name, claimed: plain.claimed })
    const at = addPacked(packed, place, edge)
    graph.noticeFounder(name.kind, name.value)
    vertex.because = edge
    vertex.first = edge
    // Sessions stand first among the names: where one event says several things, it is the first of them.
    if (isNew && (!visitor.first || isEarlier(edge, visitor.first))) {
      visitor.first = edge
      packed.setFirst(place, at)
    }
    rows.identities.push(identityRow(site, vertex))
    rows.edges.push(edgeRow(site, edge))
  }
  if (isNew) {
    packed.setState(place, state)
    rows.identities.push(identityRow(site, visitor))
  }
  plain.sessions.forEach((piece, index) => {
    // A row nobody else has, so it need not be copied.
    const row = piece as PlainRows['sessions'][number]
    row.person = person
    row.session_number = plain.before + index + 1
    rows.sessions.push(row)
  })
}

/** As one is kept who is a person's and stands in no wall. */
const state = {
  ...{ blocked: false, listed: true, isMeeting: false, idle: false },
  ...{ isStaff: false, owned: true, settled: true },
}

/** Gives the new identifier and its edge a place; returns that of the edge. */
function addPacked(packed: PackedGraph, visitor: Place, edge: Edge): Place {
  const { kind, value } = edge.b
  const { fact, fact_id, at, received_at, node, segment, row, claimed, candidate, joins, reason } = edge
  const vertex = packed.addVertex(kind, value)
  const place = packed.addEdge({
    a: visitor,
    b: vertex,
    fact,
    fact_id,
    at,
    received_at,
    node,
    segment,
    row,
    claimed,
    candidate,
    joins,
    reason,
  })
  packed.setState(vertex, state)
  packed.setBecause(vertex, place)
  packed.setFirst(vertex, place)
  return place
}

function makeVertex(kind: Vertex['kind'], value: string, person: string): Vertex {
  return {
    kind,
    value,
    edges: [],
    earliest: undefined,
    blocked: false,
    isStaff: false,
    crowded: undefined,
    isMeeting: false,
    shared: undefined,
    told: undefined,
    idle: false,
    listed: true,
    person,
    because: undefined,
    first: undefined,
    candidates: [],
  }
}

function makeEdge(a: Vertex, b: Vertex, { name, claimed }: { name: PlainName; claimed: boolean }): Edge {
  const { id, at, received_at, node, segment, row } = name.first
  return {
    a,
    b,
    fact: 'event',
    fact_id: id,
    at,
    received_at,
    node,
    segment,
    row,
    claimed,
    candidate: true,
    joins: true,
    reason: 'joined',
  }
}

function isEarlier(edge: Edge, other: Edge): boolean {
  return compareEdgeReceipts(edge, other) < 0
}
