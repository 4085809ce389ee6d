import type { IdentifierKind } from '#domain/identifier.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'
import { Doubts } from './doubts.ts'
import {
  type Claim,
  compareEdgeReceipts,
  compareKinds,
  type Edge,
  type EdgeFact,
  otherEnd,
  type SharedBy,
  type Vertex,
} from './edge.ts'
import { Founders } from './founders.ts'
import { loadEdge, loadWalls } from './load-rows.ts'
import { makeEdge, pairEdges, rowEdge, saysTheSame } from './make-edge.ts'
import type { Fill, FrozenSite, Piece } from './packed/frozen.ts'
import type { LiveEdge, LiveVertex } from './packed/live.ts'
import type { PackedGraph, Place } from './packed/packed-graph.ts'
import { UnpackedGraph } from './packed/unpacked-graph.ts'

/** Edges found wrong at start that are written together. */
const RECALLED_MAX = 50_000

/**
 * The identifiers of one site and the facts that name them together. Holds what has changed since it was last asked; what
 * is looked at stands in objects until then, all else is packed.
 */
export class Graph {
  readonly site: string
  /** Vertices around which something changed. */
  readonly dirty = new Set<Vertex>()
  /** Those of them of which something was taken back: what is gone leads to no other. */
  readonly loosened = new Set<Vertex>()
  /** Vertices whose rows must be written whatever memory says of them. */
  readonly forced = new Set<Vertex>()
  readonly added = new Set<Edge>()
  readonly removed = new Set<Edge>()
  /** Edges that are where they were, but join or do not for another reason. */
  readonly restated = new Set<Edge>()
  /** Vertices no row of any table speaks of yet: named for the first time since what changed was last written. */
  readonly born = new Set<Vertex>()
  readonly #all: UnpackedGraph
  readonly #owed = new Set<Place>()
  /** One end of each edge that was told by hand, by the id of the annotation. */
  readonly #hands = new Map<string, { kind: IdentifierKind; value: string }>()
  readonly #founders: Founders
  #blocked: ReadonlySet<string> = new Set()
  /** While it catches up: where the table says otherwise than what was worked out. */
  readonly #doubts = new Doubts()
  /** Edges added, removed and told otherwise so far. */
  changes = 0

  constructor(site: string) {
    this.site = site
    this.#all = new UnpackedGraph(site)
    this.#founders = new Founders(site)
  }

  /** How many identifiers there are, and all of them: as objects, so only for few. */
  get vertices(): { size: number; values(): Iterable<Vertex> } {
    return { size: this.#all.vertexCount, values: () => [...this.#all.vertices()] }
  }

  get edges(): number {
    return this.#all.edgeCount
  }

  /** Bytes held in arrays. */
  get bytes(): number {
    return this.#all.packed.bytes
  }

  /** Edges that were looked at one by one so far. */
  get looks(): number {
    return this.#all.unpacked
  }

  find(kind: IdentifierKind, value: string): Vertex | undefined {
    return this.#all.find(kind, value)
  }

  /** Of what events say about two identifiers, and with which other, only the first received is kept. */
  putEvent(claim: Claim): void {
    const [a, b] = this.#ends(claim)
    const edge = makeEdge(a, b, claim)
    const { claimed, candidate, name } = edge
    // A copy of a form is the same request, whatever name stands in it.
    const isForm = a.kind === 'lead' || b.kind === 'lead'
    const saysIt = (one: Edge) =>
      one.claimed === claimed && one.candidate === candidate && (isForm || one.name === name)
    const known = pairEdges(a, b).find((one) => one.fact === 'event' && saysIt(one))
    if (known && compareEdgeReceipts(known, edge) <= 0) return
    this.#add(edge)
    // After the new one is there: an identifier left without edges is forgotten.
    if (known) this.#remove(known)
  }

  /** The packed graph, for who adds to it what stands by itself; undefined unless it is at rest. */
  get packedAtRest(): PackedGraph | undefined {
    if (!this.isAtRest) return undefined
    this.#all.pack()
    return this.#all.packed
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
    this.#founders.forget(members)
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

  /** What was said by hand of persons whose founders are known. */
  get hands(): Edge[] {
    return [...this.#hands].flatMap(([id, { kind, value }]) =>
      (this.find(kind, value)?.edges ?? []).filter((edge) => edge.fact === 'annotation' && edge.fact_id === id),
    )
  }

  /** What is said by hand now replaces what was; one claim for each annotation, on identifiers that other facts name. */
  replaceHands(claims: readonly Claim[]): void {
    const old = new Map(this.hands.map((edge) => [edge.fact_id, edge]))
    const fresh: LiveEdge[] = []
    for (const claim of claims) {
      const edge = makeEdge(...this.#ends(claim), claim)
      const same = old.get(claim.fact_id)
      if (same && saysTheSame(same, edge)) old.delete(claim.fact_id)
      else fresh.push(edge)
    }
    for (const edge of old.values()) this.#remove(edge)
    for (const edge of fresh) this.#add(edge)
  }

  /** Has the founders of these persons noticed, also when facts name them only later. Returns those not known yet. */
  seekFounders(persons: Iterable<string>): string[] {
    return this.#founders.seek(persons)
  }

  /** The identifier a person of this id is founded on, while facts name it. */
  founder(person: string): Vertex | undefined {
    const founder = this.#founders.of(person)
    const vertex = founder && this.find(founder.kind, founder.value)
    return vertex?.earliest && vertex
  }

  /** Tells of an identifier that it may be a founder somebody asked for. */
  noticeFounder(kind: IdentifierKind, value: string): void {
    this.#founders.notice(kind, value)
  }

  /** An edge as the table holds it, at start. */
  load(row: HistoryRow<'edges'>): void {
    loadEdge(this.#all.packed, row, this.#blocked)
    if (row.fact === 'annotation') {
      this.#hands.set(row.fact_id, { kind: row.a_kind as IdentifierKind, value: row.a_value })
    }
  }

  /** An identifier that the table holds for shared, at start: with it, what its edges join is what they joined before. */
  loadShared(kind: IdentifierKind, value: string, by: SharedBy): void {
    loadWalls(this.#all.packed, [kind, value], by)
  }

  /** Vertices of which nobody has worked out yet who and among whom they are, in groups; between two all may be packed. */
  *unsettled(size: number): Generator<Vertex[]> {
    let some: Vertex[] = []
    for (const place of this.#all.packed.places()) {
      const { settled, unseen } = this.#all.packed.stateOf(place)
      if (settled && !unseen) continue
      some.push(this.#all.vertexAt(place))
      if (some.length < size) continue
      yield some
      some = []
    }
    if (some.length > 0) yield some
  }

  /** The company's own phones and emails, by `kind\nvalue`. */
  get blocked(): ReadonlySet<string> {
    return this.#blocked
  }

  setBlocked(blocked: ReadonlySet<string>): void {
    const changed = [...blocked, ...this.#blocked].filter((key) => blocked.has(key) !== this.#blocked.has(key))
    this.#blocked = blocked
    for (const key of changed) {
      const at = key.indexOf('\n')
      const vertex = this.find(key.slice(0, at) as IdentifierKind, key.slice(at + 1))
      if (!vertex) continue
      vertex.blocked = blocked.has(key)
      vertex.idle = false
      if (vertex.earliest) this.noticeFounder(vertex.kind, vertex.value)
      this.#touchAround(vertex)
    }
  }

  /** Has the row of an identifier written, or taken back, whatever memory says of it. */
  force(kind: IdentifierKind, value: string): void {
    const vertex = this.#vertex(kind, value)
    this.forced.add(vertex)
    this.born.delete(vertex)
    if (vertex.earliest) this.noticeFounder(kind, value)
  }

  /** Overwrites what was removed and is still in memory. */
  wipe(): void {
    this.#all.packed.wipe()
  }

  /** Whether all that it knows is worked out, and told. */
  get isAtRest(): boolean {
    const waiting = [this.dirty, this.forced, this.added, this.removed, this.restated, this.born, this.#owed]
    return waiting.every(({ size }) => size === 0)
  }

  /** All of it as it is now, at rest. */
  freeze(): { pieces: Piece[]; told: FrozenSite } {
    if (!this.isAtRest) throw new Error('Something of the graph is not written yet')
    const { pieces, told } = this.#all.packed.freeze()
    return { pieces, told: { ...told, hands: [...this.#hands], blocked: [...this.#blocked] } }
  }

  /** Takes in what was frozen; there must be nothing in it yet. */
  async fill({ hands, blocked, ...told }: FrozenSite, fill: Fill): Promise<void> {
    await this.#all.packed.fill(told, fill)
    for (const [id, end] of hands) this.#hands.set(id, end)
    this.#blocked = new Set(blocked)
  }

  /** An edge as the table has it now, for a graph that was filled: what the table was told since. */
  catchUp(row: HistoryRow<'edges'>, is_deleted: boolean): void {
    const a = this.find(row.a_kind as IdentifierKind, row.a_value)
    const b = this.find(row.b_kind as IdentifierKind, row.b_value)
    const old = a && b && pairEdges(a, b).find(({ fact, fact_id }) => fact === row.fact && fact_id === row.fact_id)
    if (is_deleted) {
      if (old) this.#remove(old)
      return
    }
    const [from, to] = [row.a_kind as IdentifierKind, row.b_kind as IdentifierKind]
    const edge = rowEdge(this.#vertex(from, row.a_value), this.#vertex(to, row.b_value), row)
    const { joins, reason } = edge
    if (old && saysTheSame(old, edge)) {
      // Every edge of a graph is one it made.
      this.#doubts.said(Object.assign(old as LiveEdge, { joins, reason }))
      this.dirty.add(old.a).add(old.b)
      return
    }
    this.#add(edge)
    this.#doubts.said(edge)
    // After the new one is there: an identifier left without edges is forgotten.
    if (!old) return
    this.#remove(old)
    if (edge.fact === 'annotation') this.#hands.set(edge.fact_id, { kind: edge.a.kind, value: edge.a.value })
  }

  /** Packs what it has caught up with and was worked out; notes where the table says otherwise. */
  settleCaughtUp(): void {
    // Every edge of a graph is one it made.
    this.#doubts.workedOut(this.restated as Set<LiveEdge>, this.removed as Set<LiveEdge>, this.#all.packed)
    this.settle()
    this.#doubts.packed()
  }

  /** Ends of the edges of which the table says otherwise, now that all is caught up with; they are to be written. */
  endCatchUp(): Set<Vertex> {
    const ends = new Set<Vertex>()
    for (const place of this.#doubts.end()) {
      this.#owed.add(place)
      const { a, b } = this.#all.edgeAt(place)
      ends.add(a).add(b)
    }
    return ends
  }

  /** What changed is written: the next changes are told beside it, and what was looked at is packed again. */
  settle(): void {
    this.changes += this.added.size + this.removed.size + this.restated.size
    for (const changes of [this.added, this.removed, this.restated, this.born]) changes.clear()
    // Whose surroundings were not looked at yet stays an object, and so does all that hangs on it.
    if (this.dirty.size === 0 && this.forced.size === 0) this.#all.pack()
  }

  /** At start: edges that the rules of today tell otherwise than the table are to be written with the next changes. */
  oweRestated(): void {
    // At start all edges come from the table, and so have a place.
    for (const edge of this.restated) this.#owed.add((edge as LiveEdge).place)
    this.restated.clear()
  }

  /** Whether edges found wrong at start are still to be written. */
  get owes(): boolean {
    return this.#owed.size > 0
  }

  /** Tells some of the edges found wrong at start as restated. */
  recallOwed(): void {
    let left = RECALLED_MAX
    for (const place of this.#owed) {
      if (left-- === 0) return
      this.#owed.delete(place)
      this.restated.add(this.#all.edgeAt(place))
    }
  }

  /** What was forced has been looked at; of it only what a fact names stays. */
  endForced(): void {
    // Every vertex of a graph is one it made.
    for (const vertex of this.forced) if (!vertex.hasMoreEdgesThan(0)) this.#all.removeVertex(vertex as LiveVertex)
    this.forced.clear()
  }

  #ends(claim: Claim): [LiveVertex, LiveVertex] {
    const order = compareKinds(claim.a_kind, claim.b_kind) || compareText(claim.a_value, claim.b_value)
    const a = this.#vertex(claim.a_kind, claim.a_value)
    const b = this.#vertex(claim.b_kind, claim.b_value)
    return order <= 0 ? [a, b] : [b, a]
  }

  #vertex(kind: IdentifierKind, value: string): LiveVertex {
    const known = this.#all.find(kind, value)
    if (known) return known
    const blocked = this.#blocked.has(`${kind}\n${value}`)
    const revived = this.#all.revive(kind, value)
    // While nothing named it, what is blocked may have changed.
    if (revived) return Object.assign(revived, { blocked })
    const vertex = this.#all.addVertex(kind, value, blocked)
    this.born.add(vertex)
    return vertex
  }

  #add(edge: LiveEdge): void {
    const unnamed = [edge.a, edge.b].filter(({ earliest }) => !earliest)
    this.#all.addEdge(edge)
    for (const vertex of unnamed) if (vertex.earliest) this.noticeFounder(vertex.kind, vertex.value)
    if (edge.fact === 'annotation') this.#hands.set(edge.fact_id, { kind: edge.a.kind, value: edge.a.value })
    this.added.add(edge)
    this.dirty.add(edge.a).add(edge.b)
  }

  #remove(edge: Edge): void {
    // Every edge of a graph is one it made.
    const live = edge as LiveEdge
    this.#all.removeEdge(live)
    if (edge.fact === 'annotation') this.#hands.delete(edge.fact_id)
    this.#owed.delete(live.place)
    this.restated.delete(edge)
    if (!this.added.delete(edge)) this.removed.add(edge)
    // A vertex that goes is still looked at once more, so that its row is taken back.
    for (const changed of [this.dirty, this.loosened]) changed.add(edge.a).add(edge.b)
    this.#forgetIdle([edge])
  }

  #forgetIdle(edges: readonly Edge[]): void {
    for (const vertex of edges.flatMap(({ a, b }) => [a, b])) {
      // One that was forced stays until it has been looked at: named again, it must be the same one.
      if (!vertex.hasMoreEdgesThan(0) && !this.forced.has(vertex)) this.#all.removeVertex(vertex as LiveVertex)
    }
  }

  #touchAround(vertex: Vertex): void {
    this.dirty.add(vertex)
    for (const edge of vertex.edges) this.dirty.add(otherEnd(edge, vertex))
  }
}
