import type { IdentifierKind } from '#domain/identifier.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { isCrowd, type SharedBy } from './edge.ts'
import { readRow } from './make-edge.ts'
import type { PackedGraph, Place } from './packed/packed-graph.ts'

/** What the company's own identifiers are known by: `kind\nvalue`. */
type Blocked = ReadonlySet<string>

/** Puts an edge as the table holds it straight into the arrays. */
export function loadEdge(packed: PackedGraph, row: HistoryRow<'edges'>, blocked: Blocked): void {
  const a = loadEnd(packed, [row.a_kind as IdentifierKind, row.a_value], blocked)
  const b = loadEnd(packed, [row.b_kind as IdentifierKind, row.b_value], blocked)
  packed.addEdge({ a, b, ...readRow(row) })
}

function loadEnd(packed: PackedGraph, [kind, value]: [IdentifierKind, string], blocked: Blocked): Place {
  const known = packed.find(kind, value)
  if (known !== 0) return known
  const place = packed.addVertex(kind, value)
  packed.setState(place, { ...packed.stateOf(place), unseen: true, blocked: blocked.has(`${kind}\n${value}`) })
  return place
}

/** The same for the word that an identifier is shared. */
export function loadWalls(packed: PackedGraph, [kind, value]: [IdentifierKind, string], by: SharedBy): void {
  const place = packed.find(kind, value)
  if (place === 0) return
  packed.setWalls(place, { crowded: isCrowd(by) ? by : undefined, shared: by })
}
