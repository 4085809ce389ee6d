import { type IdentifierKind, personId } from '#domain/identifier.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'
import {
  type Claim,
  compareEdgeReceipts,
  compareEdges,
  compareKinds,
  type Edge,
  type EdgeFact,
  names,
  neverReasons,
  otherEnd,
  type Vertex,
} from './edge.ts'

/** The identifiers of one site and the facts that name them together. Holds what has changed since it was last asked. */
export class Graph {
  readonly site: string
  readonly vertices = new Map<string, Vertex>()
  /** Vertices around which something changed. */
  readonly dirty = new Set<Vertex>()
  /** Vertices whose rows must be written whatever memory says of them. */
  readonly forced = new Set<Vertex>()
  readonly added = new Set<Edge>()
  readonly removed = new Set<Edge>()
  /** Edges that are where they were, but join or do not for another reason. */
  readonly restated = new Set<Edge>()
  /** What was said by hand of persons whose founders are known. */
  readonly hands = new Set<Edge>()
  edges = 0
  /** Ids of persons that somebody named, whose founders are not known yet; and those found. */
  readonly #sought = new Set<string>()
  readonly #founders = new Map<string, { kind: IdentifierKind; value: string }>()
  #blocked: ReadonlySet<string> = new Set()

  constructor(site: string) {
    this.site = site
  }

  find(kind: IdentifierKind, value: string): Vertex | undefined {
    return this.vertices.get(`${kind}\n${value}`)
  }

  /** Of what events say about two identifiers only the first received is kept. */
  putEvent(claim: Claim): void {
    const [a, b] = this.#ends(claim)
    const known = pairEdges(a, b).find(
      (edge) => edge.fact === 'event' && edge.claimed === claim.claimed && edge.candidate === !claim.never,
    )
    const edge = makeEdge(a, b, claim)
    if (known && compareEdgeReceipts(known, edge) <= 0) return
    this.#add(edge)
    // After the new one is there: an identifier left without edges is forgotten.
    if (known) this.#remove(known)
  }

  /** Takes back what a copy of an event said that turned out not to be the first. Returns whether it had said anything. */
  dropEvent(id: string, place: { node: string; segment: number; row: number }, near: readonly Vertex[]): boolean {
    const said = near.flatMap((vertex) =>
      vertex.edges.filter(
        (edge) =>
          edge.fact === 'event' &&
          edge.fact_id === id &&
          edge.node === place.node &&
          edge.segment === place.segment &&
          edge.row === place.row,
      ),
    )
    for (const edge of new Set(said)) this.#remove(edge)
    return said.length > 0
  }

  /**
   * Takes back everything that names these identifiers, and what events said of those beside them. The facts that are
   * left tell it again: what is kept of an event is only the first word on it, and that one may be gone.
   */
  forget(members: readonly Vertex[], beside: readonly Vertex[]): void {
    for (const vertex of members) for (const edge of [...vertex.edges]) this.#remove(edge)
    for (const vertex of beside) {
      for (const edge of vertex.edges.filter(({ fact }) => fact === 'event')) this.#remove(edge)
    }
  }

  /** What a call, lead or deal says replaces what its earlier version said. */
  replaceFact(fact: EdgeFact, id: string, center: IdentifierKind, claims: readonly Claim[]): void {
    const old = (this.find(center, id)?.edges ?? []).filter((edge) => edge.fact === fact && edge.fact_id === id)
    const wanted = claims.map((claim) => makeEdge(...this.#ends(claim), claim))
    const kept = new Set<Edge>()
    for (const edge of wanted) {
      const same = old.find((candidate) => !kept.has(candidate) && saysTheSame(candidate, edge))
      if (same) kept.add(same)
      else this.#add(edge)
    }
    for (const edge of old) if (!kept.has(edge)) this.#remove(edge)
    this.#forgetIdle(wanted)
  }

  /** What is said by hand now replaces what was; one claim for each annotation. */
  replaceHands(claims: readonly Claim[]): void {
    const old = new Map([...this.hands].map((edge) => [edge.fact_id, edge]))
    for (const claim of claims) {
      const edge = makeEdge(...this.#ends(claim), claim)
      const same = old.get(claim.fact_id)
      if (same && saysTheSame(same, edge)) old.delete(claim.fact_id)
      else this.#add(edge)
    }
    for (const edge of old.values()) this.#remove(edge)
  }

  /** Has the founders of these persons noticed, also when facts name them only later. Returns those not known yet. */
  seekFounders(persons: Iterable<string>): string[] {
    for (const person of persons) if (!this.#founders.has(person)) this.#sought.add(person)
    return [...this.#sought]
  }

  /** The identifier a person of this id is founded on, while facts name it. */
  founder(person: string): Vertex | undefined {
    const founder = this.#founders.get(person)
    const vertex = founder && this.find(founder.kind, founder.value)
    return vertex?.earliest && vertex
  }

  /** Tells of an identifier that it may be a founder somebody asked for. */
  noticeFounder(kind: IdentifierKind, value: string): void {
    if (this.#sought.size === 0) return
    const person = personId(this.site, kind, value)
    if (this.#sought.delete(person)) this.#founders.set(person, { kind, value })
  }

  /** An edge as the table holds it, at start. */
  load(row: HistoryRow<'edges'>): void {
    const a = this.#vertex(row.a_kind as IdentifierKind, row.a_value)
    const b = this.#vertex(row.b_kind as IdentifierKind, row.b_value)
    const { fact_id, at, received_at, node, segment } = row
    const reason = row.reason as Edge['reason']
    const edge: Edge = {
      ...{ a, b, fact: row.fact as EdgeFact, fact_id, at, received_at, node, segment, row: row.row, reason },
      claimed: row.claimed === 1,
      candidate: !neverReasons.has(reason),
      joins: row.joins === 1,
    }
    link(edge)
    if (edge.fact === 'annotation') this.hands.add(edge)
    this.edges += 1
  }

  /** The company's own phones and emails. */
  setBlocked(blocked: ReadonlySet<string>): void {
    const changed = [...blocked, ...this.#blocked].filter((key) => blocked.has(key) !== this.#blocked.has(key))
    this.#blocked = blocked
    for (const key of changed) {
      const vertex = this.vertices.get(key)
      if (!vertex) continue
      vertex.blocked = blocked.has(key)
      vertex.idle = false
      if (vertex.earliest) this.noticeFounder(vertex.kind, vertex.value)
      this.#touchAround(vertex)
    }
  }

  /** Has the row of an identifier written, or taken back, whatever memory says of it. */
  force(kind: IdentifierKind, value: string): void {
    this.forced.add(this.#vertex(kind, value))
  }

  /** What was forced has been looked at; of it only what a fact names stays. */
  endForced(): void {
    for (const vertex of this.forced) {
      if (vertex.edges.length === 0) this.vertices.delete(`${vertex.kind}\n${vertex.value}`)
    }
    this.forced.clear()
  }

  #ends(claim: Claim): [Vertex, Vertex] {
    const order = compareKinds(claim.a_kind, claim.b_kind) || compareText(claim.a_value, claim.b_value)
    const a = this.#vertex(claim.a_kind, claim.a_value)
    const b = this.#vertex(claim.b_kind, claim.b_value)
    return order <= 0 ? [a, b] : [b, a]
  }

  #vertex(kind: IdentifierKind, value: string): Vertex {
    const key = `${kind}\n${value}`
    let vertex = this.vertices.get(key)
    if (!vertex) {
      vertex = newVertex(kind, value, this.#blocked.has(key))
      this.vertices.set(key, vertex)
    }
    return vertex
  }

  #add(edge: Edge): void {
    const unnamed = ends(edge).filter(({ earliest }) => !earliest)
    link(edge)
    for (const vertex of unnamed) if (vertex.earliest) this.noticeFounder(vertex.kind, vertex.value)
    if (edge.fact === 'annotation') this.hands.add(edge)
    this.edges += 1
    this.added.add(edge)
    this.dirty.add(edge.a).add(edge.b)
  }

  #remove(edge: Edge): void {
    unlink(edge)
    this.hands.delete(edge)
    this.edges -= 1
    this.restated.delete(edge)
    if (!this.added.delete(edge)) this.removed.add(edge)
    // A vertex that goes is still looked at once more, so that its row is taken back.
    this.dirty.add(edge.a).add(edge.b)
    this.#forgetIdle([edge])
  }

  #forgetIdle(edges: readonly Edge[]): void {
    for (const { a, b } of edges) {
      for (const vertex of [a, b])
        if (vertex.edges.length === 0) this.vertices.delete(`${vertex.kind}\n${vertex.value}`)
    }
  }

  #touchAround(vertex: Vertex): void {
    this.dirty.add(vertex)
    for (const edge of vertex.edges) this.dirty.add(otherEnd(edge, vertex))
  }
}

function newVertex(kind: IdentifierKind, value: string, blocked: boolean): Vertex {
  return {
    ...{ kind, value, edges: [], earliest: undefined, blocked, crowded: undefined, isMeeting: false },
    ...{
      shared: undefined,
      told: undefined,
      isStaff: false,
      idle: false,
      listed: false,
      person: '',
      because: undefined,
    },
    ...{ first: undefined, candidates: [] },
  }
}

function makeEdge(a: Vertex, b: Vertex, claim: Claim): Edge {
  const { fact, fact_id, at, received_at, node, segment, row, claimed, never } = claim
  return {
    ...{ a, b, fact, fact_id, at, received_at, node, segment, row, claimed, joins: false },
    candidate: never === undefined,
    reason: never ?? 'joined',
  }
}

/** Looked up from the end with fewer edges: an office phone has thousands, a session a handful. */
function pairEdges(a: Vertex, b: Vertex): Edge[] {
  const from = a.edges.length <= b.edges.length ? a : b
  return from.edges.filter((edge) => edge.a === a && edge.b === b)
}

function link(edge: Edge): void {
  for (const vertex of ends(edge)) {
    vertex.edges.push(edge)
    if (names(edge) && (!vertex.earliest || compareEdges(edge, vertex.earliest) < 0)) vertex.earliest = edge
  }
}

function unlink(edge: Edge): void {
  for (const vertex of ends(edge)) {
    const index = vertex.edges.indexOf(edge)
    if (index < 0) continue
    vertex.edges[index] = vertex.edges.at(-1) as Edge
    vertex.edges.pop()
    if (vertex.earliest === edge) vertex.earliest = earliestOf(vertex.edges)
  }
}

function ends({ a, b }: Edge): Vertex[] {
  return a === b ? [a] : [a, b]
}

function earliestOf(edges: readonly Edge[]): Edge | undefined {
  let earliest: Edge | undefined
  for (const edge of edges) if (names(edge) && (!earliest || compareEdges(edge, earliest) < 0)) earliest = edge
  return earliest
}

function saysTheSame(x: Edge, y: Edge): boolean {
  return (
    x.a === y.a &&
    x.b === y.b &&
    x.at === y.at &&
    x.claimed === y.claimed &&
    x.candidate === y.candidate &&
    compareEdgeReceipts(x, y) === 0
  )
}
