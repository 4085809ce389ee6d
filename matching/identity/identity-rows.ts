import { personId } from '#domain/identifier.ts'
import type { Changes } from '../history/history.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { type Edge, otherEnd, type Vertex } from './edge.ts'
import type { Graph } from './graph.ts'

/** Identifiers of which the tables hold no row in any version: nothing is to be written about what is gone of them. */
export interface Purged {
  /** `kind\nvalue` of those without a row in `identities`. */
  listed: ReadonlySet<string>
  /** Of those without a row in `edges` as well. */
  members: ReadonlySet<string>
}

/** What must be written so that `identities` says what the graph knows of these identifiers. */
export function identityChanges(site: string, changed: Iterable<Vertex>, purged?: Purged): Changes<'identities'> {
  const put = new Map<string, HistoryRow<'identities'>>()
  const drop = new Map<string, HistoryRow<'identities'>>()
  for (const vertex of changed) {
    if (!vertex.listed && purged?.listed.has(`${vertex.kind}\n${vertex.value}`)) continue
    const row = identityRow(site, vertex)
    // A vertex taken out and named again within one step is two objects; the living one counts.
    ;(vertex.listed ? put : drop).set(`${row.kind}\n${row.value}`, row)
  }
  return { put: [...put.values()], drop: [...drop].filter(([key]) => !put.has(key)).map(([, row]) => row) }
}

/** What must be written so that `edges` says what the graph knows; asks the graph what changed, and clears it. */
export function edgeChanges(graph: Graph, purged?: Purged): Changes<'edges'> {
  const put = new Map<string, HistoryRow<'edges'>>()
  const drop = new Map<string, HistoryRow<'edges'>>()
  graph.recallOwed()
  for (const edge of graph.removed) {
    if ([edge.a, edge.b].some((end) => purged?.members.has(`${end.kind}\n${end.value}`))) continue
    drop.set(edgeKey(edge), edgeRow(graph.site, edge))
  }
  for (const edge of new Set([...graph.added, ...graph.restated])) {
    put.set(edgeKey(edge), edgeRow(graph.site, edge))
  }
  graph.settle()
  return { put: [...put.values()], drop: [...drop].filter(([key]) => !put.has(key)).map(([, row]) => row) }
}

// Written out, here and below: made of others by `...`, a row takes several times as long, and there are millions.
/** What `identities` says of an identifier. */
export function identityRow(site: string, vertex: Vertex): HistoryRow<'identities'> {
  const { kind, value, person, shared, candidates, because, first } = vertex
  const reason = because ?? first
  const other = because && otherEnd(because, vertex)
  return {
    site,
    kind,
    value,
    person,
    // The founder's own id is its person's.
    founds: person !== '' && because === undefined ? person : personId(site, kind, value),
    shared: shared ? 1 : 0,
    candidates: [...candidates],
    shared_rule: shared?.rule ?? '',
    shared_max: shared?.max ?? 0,
    since: first?.at ?? 0,
    because_fact: reason?.fact ?? '',
    because_id: reason?.fact_id ?? '',
    because_at: reason?.at ?? 0,
    because_kind: other?.kind ?? '',
    because_value: other?.value ?? '',
  }
}

/** The sort key without the site. */
function edgeKey({ a, b, fact, fact_id }: Edge): string {
  return `${a.kind}\n${a.value}\n${b.kind}\n${b.value}\n${fact}\n${fact_id}`
}

/** What `edges` says of an edge. */
export function edgeRow(site: string, edge: Edge): HistoryRow<'edges'> {
  const { a, b, fact, fact_id, at, received_at, node, segment, row, claimed, name, joins, reason } = edge
  return {
    site,
    a_kind: a.kind,
    a_value: a.value,
    b_kind: b.kind,
    b_value: b.value,
    fact,
    fact_id,
    at,
    received_at,
    node,
    segment,
    row,
    claimed: claimed ? 1 : 0,
    name,
    joins: joins ? 1 : 0,
    reason,
  }
}
