import { personId } from '#domain/identifier.ts'
import type { ShownNumber } from '../calls/read-leases.ts'
import type { GatheredRows } from '../history/gathered-rows.ts'
import { compareEdgeReceipts, type Edge, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import { edgeRow, identityRow } from '../identity/identity-rows.ts'
import type { PackedGraph, Place } from '../identity/packed/packed-graph.ts'
import { numbersOfPieces } from '../sessions/shown-numbers.ts'
import type { PlainName, PlainVisitor } from './plain-visitor.ts'

interface Options {
  graph: Graph
  packed: PackedGraph
  rows: GatheredRows
  /** The numbers that were shown, by session. */
  shown: ReadonlyMap<string, readonly ShownNumber[]>
}

/** Adds a plain visitor to the graph, and to the rows what tells of it. */
export function addPlain(plain: PlainVisitor, { graph, packed, rows, shown }: Options): void {
  const { site } = graph
  const person = personId(site, 'visitor', plain.visitor)
  const visitor = makeVertex('visitor', plain.visitor, person)
  const place = plain.place === 0 ? packed.addVertex('visitor', plain.visitor) : plain.place
  for (const name of plain.names) {
    const vertex = makeVertex(name.kind, name.value, name.isBot ? '' : person)
    const edge = makeEdge(visitor, vertex, name)
    const at = addPacked(packed, place, edge)
    rows.add('edges', edgeRow(site, edge))
    if (name.isBot) continue
    graph.noticeFounder(name.kind, name.value)
    vertex.because = edge
    vertex.first = edge
    rows.add('identities', identityRow(site, vertex))
    // Sessions stand first among the names: where one event says several things, it is the first of them.
    if (plain.wasNamed || (visitor.first && !isEarlier(edge, visitor.first))) continue
    visitor.first = edge
    packed.setFirst(place, at)
  }
  graph.changes += plain.names.length
  if (visitor.first) {
    graph.noticeFounder('visitor', plain.visitor)
    packed.setState(place, somebody)
    rows.add('identities', identityRow(site, visitor))
  } else if (plain.place === 0) packed.setState(place, nobody)
  let number = plain.before
  for (const piece of plain.sessions) {
    const isBot = piece.bot !== 0
    if (!isBot) number += 1
    const [numbers] = numbersOfPieces([piece], shown.get(piece.id) ?? [])
    const whose = { person: isBot ? '' : person, session_number: isBot ? 0 : number }
    // A row nobody else has: copied, it would take several times as long.
    rows.add('sessions', Object.assign(piece, whose, numbers as NonNullable<typeof numbers>))
  }
}

const unmarked = { blocked: false, isMeeting: false, isStaff: false, settled: true }
const somebody = { ...unmarked, listed: true, idle: false, owned: true }
const nobody = { ...unmarked, listed: false, idle: true, owned: false }

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
    name: 0,
    claimed,
    candidate,
    joins,
    reason,
  })
  packed.setState(vertex, joins ? somebody : nobody)
  if (joins) {
    packed.setBecause(vertex, place)
    packed.setFirst(vertex, place)
  }
  return place
}

function makeVertex(kind: Vertex['kind'], value: string, person: string): Vertex {
  return {
    kind,
    value,
    edges: [],
    edgesOf: () => [],
    hasMoreEdgesThan: () => false,
    earliest: undefined,
    blocked: false,
    isStaff: false,
    crowded: undefined,
    isMeeting: false,
    unseen: false,
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

function makeEdge(a: Vertex, b: Vertex, { first, isBot }: PlainName): Edge {
  const { id, at, received_at, node, segment, row } = first
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
    name: 0,
    claimed: true,
    candidate: !isBot,
    joins: !isBot,
    reason: isBot ? 'bot' : 'joined',
  }
}

function isEarlier(edge: Edge, other: Edge): boolean {
  return compareEdgeReceipts(edge, other) < 0
}
