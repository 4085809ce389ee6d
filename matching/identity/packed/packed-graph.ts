import { type IdentifierKind, identifierKinds } from '#domain/identifier.ts'
import type { EdgeFact } from '../edge.ts'
import { type EdgeFlags, factOf, type PackedEdge, packFlags, readFlags } from './edge-flags.ts'
import { bytesOf, type Fill, type FrozenGraph, type FrozenTold, lasting, together } from './frozen.ts'
import { HashSlots } from './hash-slots.ts'
import { bytes, moments, offsets, shorts, words } from './paged-array.ts'
import { hashBytes, TEXT_BYTES_MAX, TextArena } from './text-arena.ts'
import { UnnamedTexts } from './unnamed-texts.ts'
import { type PackedState, type PackedWalls, packState, readState } from './vertex-state.ts'

/** Where a vertex or an edge stands; 0 is none. */
export type Place = number

/** Waste is copied away when it is most of what there is, and this much. */
const WASTE_BYTES_MIN = 16 * 1024 ** 2

/**
 * The identifiers of a site and what joins them, packed: some 60 bytes a vertex with its value and 68 an edge, none of
 * them an object. Vertices are found by a hash of kind and value; edges of a vertex are a chain. Knows no rules.
 */
export class PackedGraph {
  readonly #slots = new HashSlots((vertex) => this.#hashOf(vertex))
  #texts = new TextArena()
  #waste_bytes = 0
  readonly #scratch = Buffer.alloc(TEXT_BYTES_MAX + 1)
  readonly #vertices = {
    ...{ kind: bytes(), state: bytes(), value: words(), head: words(), because: words(), first: words() },
  }
  readonly #edges = {
    ...{ a: words(), b: words(), next_a: words(), next_b: words(), flags: shorts(), fact_id: words() },
    ...{ received_at: moments(), after_ms: offsets(), node: shorts(), segment: words(), row: words(), name: words() },
  }
  /** Facts that happened further from their receipt than 24 days. */
  readonly #far = new Map<Place, number>()
  readonly #candidates = new Map<Place, readonly string[]>()
  readonly #walls = new Map<Place, PackedWalls>()
  readonly #nodes: string[] = []
  readonly #node_places = new Map<string, number>()
  #vertex_end = 1
  #edge_end = 1
  readonly #free_vertices: Place[] = []
  readonly #free_edges: Place[] = []
  #told = { fact_id: '', at: NO_TEXT }
  readonly #unnamed = new UnnamedTexts()
  #isFrozen = false
  readonly #waste_bytes_min: number

  constructor({ waste_bytes_min = WASTE_BYTES_MIN }: { waste_bytes_min?: number } = {}) {
    this.#waste_bytes_min = waste_bytes_min
  }

  get vertexCount(): number {
    return this.#vertex_end - 1 - this.#free_vertices.length
  }

  get edgeCount(): number {
    return this.#edge_end - 1 - this.#free_edges.length
  }

  /** Bytes held in arrays. */
  get bytes(): number {
    const arrays = [...Object.values(this.#vertices), ...Object.values(this.#edges)]
    return arrays.reduce((sum, one) => sum + one.bytes, this.#slots.bytes + this.#texts.bytes)
  }

  find(kind: IdentifierKind, value: string): Place {
    const length = this.#scratch.write(value)
    const kind_place = kindPlaces[kind]
    return this.#slots.find(
      hashBytes(this.#scratch, 0, length, kind_place),
      (place) =>
        this.#vertices.kind.get(place) === kind_place &&
        this.#texts.isSame(this.#vertices.value.get(place), this.#scratch, length),
    )
  }

  /** There must be none of this kind and value. */
  addVertex(kind: IdentifierKind, value: string): Place {
    const place = this.#free_vertices.pop() ?? this.#vertex_end++
    const { kind: kinds, state, value: values, head, because, first } = this.#vertices
    kinds.set(place, kindPlaces[kind])
    values.set(place, this.#texts.add(this.#scratch, this.#scratch.write(value)))
    for (const column of [state, head, because, first]) column.set(place, 0)
    this.#slots.add(place)
    return place
  }

  /** A vertex without edges. */
  removeVertex(place: Place): void {
    this.#slots.remove(place)
    this.#candidates.delete(place)
    this.#walls.delete(place)
    this.#unname(this.#vertices.value.get(place))
    this.#free_vertices.push(place)
    this.#vertices.kind.set(place, NO_KIND)
    this.#tidy()
  }

  addEdge(edge: PackedEdge): Place {
    const place = this.#free_edges.pop() ?? this.#edge_end++
    const { a, b, next_a, next_b, fact_id, received_at, after_ms, node, segment, row, name } = this.#edges
    a.set(place, edge.a)
    b.set(place, edge.b)
    next_a.set(place, this.#vertices.head.get(edge.a))
    this.#vertices.head.set(edge.a, place)
    if (edge.a !== edge.b) {
      next_b.set(place, this.#vertices.head.get(edge.b))
      this.#vertices.head.set(edge.b, place)
    } else next_b.set(place, 0)
    fact_id.set(place, this.#factId(edge))
    received_at.set(place, edge.received_at)
    const after = edge.at - edge.received_at
    const isNear = after === (after | 0)
    after_ms.set(place, isNear ? after : 0)
    if (isNear) this.#far.delete(place)
    else this.#far.set(place, edge.at)
    node.set(place, this.#node(edge.node))
    segment.set(place, edge.segment)
    row.set(place, edge.row)
    name.set(place, edge.name)
    this.restate(place, edge)
    return place
  }

  restate(place: Place, edge: EdgeFlags): void {
    this.#edges.flags.set(place, packFlags(edge))
  }

  removeEdge(place: Place): void {
    const [a, b] = [this.#edges.a.get(place), this.#edges.b.get(place)]
    this.#unchain(a, place)
    if (a !== b) this.#unchain(b, place)
    this.#far.delete(place)
    const text = this.#edges.fact_id.get(place)
    if (text !== this.#vertices.value.get(a) && text !== this.#vertices.value.get(b)) this.#unname(text)
    this.#edges.fact_id.set(place, NO_TEXT)
    this.#free_edges.push(place)
    this.#tidy()
  }

  /** The edges that begin or end here, of one fact or of all; the newest first. */
  *edgesAt(vertex: Place, fact?: EdgeFact): Generator<Place> {
    const { flags } = this.#edges
    for (let at = this.#vertices.head.get(vertex); at !== 0; at = this.#next(vertex, at)) {
      if (fact === undefined || factOf(flags.get(at)) === fact) yield at
    }
  }

  /** Whether more edges begin or end here; looks at no more than that. */
  hasMoreEdgesThan(vertex: Place, max: number): boolean {
    let left = max
    for (let at = this.#vertices.head.get(vertex); at !== 0; at = this.#next(vertex, at)) if (left-- === 0) return true
    return false
  }

  endsOf(edge: Place): [a: Place, b: Place] {
    return [this.#edges.a.get(edge), this.#edges.b.get(edge)]
  }

  readEdge(place: Place): Omit<PackedEdge, 'a' | 'b' | 'fact_id'> {
    const { flags: all, received_at, after_ms, node, segment, row, name } = this.#edges
    const received = received_at.get(place)
    return {
      at: this.#far.get(place) ?? received + after_ms.get(place),
      received_at: received,
      node: this.#nodes[node.get(place)] as string,
      segment: segment.get(place),
      row: row.get(place),
      name: name.get(place),
      ...readFlags(all.get(place)),
    }
  }

  factIdOf(edge: Place): string {
    return this.#texts.read(this.#edges.fact_id.get(edge))
  }

  kindOf(vertex: Place): IdentifierKind {
    return identifierKinds[this.#vertices.kind.get(vertex)] as IdentifierKind
  }

  valueOf(vertex: Place): string {
    return this.#texts.read(this.#vertices.value.get(vertex))
  }

  /** The founder of its person, to whom the edges lead that tie each identifier to another; 0 when it is nobody's. */
  founderOf(vertex: Place): Place {
    if (!this.stateOf(vertex).owned) return 0
    let at = vertex
    for (let edge = this.becauseOf(at); edge !== 0; edge = this.becauseOf(at)) {
      const [a, b] = this.endsOf(edge)
      at = a === at ? b : a
    }
    return at
  }

  becauseOf(vertex: Place): Place {
    return this.#vertices.because.get(vertex)
  }

  firstOf(vertex: Place): Place {
    return this.#vertices.first.get(vertex)
  }

  candidatesOf(vertex: Place): readonly string[] {
    return this.#candidates.get(vertex) ?? none
  }

  stateOf(vertex: Place): PackedState {
    return readState(this.#vertices.state.get(vertex))
  }

  setState(vertex: Place, state: PackedState): void {
    this.#vertices.state.set(vertex, packState(state))
  }

  setBecause(vertex: Place, edge: Place): void {
    this.#vertices.because.set(vertex, edge)
  }

  setFirst(vertex: Place, edge: Place): void {
    this.#vertices.first.set(vertex, edge)
  }

  wallsOf(vertex: Place): PackedWalls {
    return this.#walls.get(vertex) ?? noWalls
  }

  setWalls(vertex: Place, { crowded, shared }: PackedWalls): void {
    if (crowded || shared) this.#walls.set(vertex, { crowded, shared })
    else this.#walls.delete(vertex)
  }

  setCandidates(vertex: Place, candidates: readonly string[]): void {
    if (candidates.length > 0) this.#candidates.set(vertex, candidates)
    else this.#candidates.delete(vertex)
  }

  /** All places of vertices, in the order of places. */
  *places(): Generator<Place> {
    for (let place = 1; place < this.#vertex_end; place++) {
      if (this.#vertices.kind.get(place) !== NO_KIND) yield place
    }
  }

  /** Overwrites the texts of what was removed. Not while the graph is frozen: what was frozen still names them. */
  wipe(): void {
    if (this.#isFrozen || this.#unnamed.isEmpty) return
    for (const text of this.#unnamed.take(this.#edges.fact_id, this.#edge_end)) this.#texts.wipe(text)
    this.#told = { fact_id: '', at: NO_TEXT }
  }

  /** All of it as it is now, until every piece is free again. One freeze at a time. */
  freeze(): FrozenGraph {
    if (this.#isFrozen) throw new Error('The graph is frozen already')
    this.wipe()
    const [vertex_end, edge_end] = [this.#vertex_end, this.#edge_end]
    const slots = this.#slots.freeze()
    const pieces = [
      ...Object.values(this.#vertices).flatMap((column) => column.freeze(vertex_end)),
      ...Object.values(this.#edges).flatMap((column) => column.freeze(edge_end)),
      ...slots.pieces,
      ...this.#texts.freeze(),
      ...[this.#free_vertices, this.#free_edges].map((free) => lasting(bytesOf(Uint32Array.from(free)))),
    ]
    this.#isFrozen = true
    return {
      pieces: together(pieces, () => {
        this.#isFrozen = false
      }),
      told: {
        ...{ vertex_end, edge_end, slots: slots.frozen, waste_bytes: this.#waste_bytes },
        text_bytes: this.#texts.used,
        free_vertices: this.#free_vertices.length,
        free_edges: this.#free_edges.length,
        nodes: [...this.#nodes],
        far: [...this.#far],
        candidates: [...this.#candidates],
        walls: [...this.#walls],
      },
    }
  }

  /** Takes in what was frozen; there must be nothing in it yet. */
  async fill(told: FrozenTold, fill: Fill): Promise<void> {
    for (const column of Object.values(this.#vertices)) await column.fill(told.vertex_end, fill)
    for (const column of Object.values(this.#edges)) await column.fill(told.edge_end, fill)
    await this.#slots.fill(told.slots, fill)
    await this.#texts.fill(told.text_bytes, fill)
    for (const [free, count] of [
      [this.#free_vertices, told.free_vertices],
      [this.#free_edges, told.free_edges],
    ] as const) {
      const places = new Uint32Array(count)
      await fill([bytesOf(places)])
      for (const place of places) free.push(place)
    }
    this.#vertex_end = told.vertex_end
    this.#edge_end = told.edge_end
    this.#waste_bytes = told.waste_bytes
    for (const name of told.nodes) this.#node(name)
    for (const [place, at] of told.far) this.#far.set(place, at)
    for (const [place, candidates] of told.candidates) this.#candidates.set(place, candidates)
    for (const [place, walls] of told.walls) this.#walls.set(place, walls)
  }

  #unname(text: number): void {
    this.#waste_bytes += 2 + this.#texts.length(text)
    if (this.#unnamed.add(text)) this.wipe()
  }

  /** What one fact says of several identifiers stands together, and its id once; a form is named like its lead. */
  #factId({ a, b, fact_id }: PackedEdge): number {
    if (this.#told.at !== NO_TEXT && this.#told.fact_id === fact_id) return this.#told.at
    const length = this.#scratch.write(fact_id)
    for (const end of [a, b]) {
      const at = this.#vertices.value.get(end)
      if (this.#texts.isSame(at, this.#scratch, length)) return at
    }
    this.#told = { fact_id, at: this.#texts.add(this.#scratch, length) }
    return this.#told.at
  }

  #node(name: string): number {
    let place = this.#node_places.get(name)
    if (place === undefined) {
      place = this.#nodes.push(name) - 1
      this.#node_places.set(name, place)
    }
    return place
  }

  #next(vertex: Place, edge: Place): Place {
    return this.#edges.a.get(edge) === vertex ? this.#edges.next_a.get(edge) : this.#edges.next_b.get(edge)
  }

  #unchain(vertex: Place, edge: Place): void {
    const after = this.#next(vertex, edge)
    let at = this.#vertices.head.get(vertex)
    if (at === edge) {
      this.#vertices.head.set(vertex, after)
      return
    }
    while (this.#next(vertex, at) !== edge) at = this.#next(vertex, at)
    const next = this.#edges.a.get(at) === vertex ? this.#edges.next_a : this.#edges.next_b
    next.set(at, after)
  }

  #hashOf(vertex: Place): number {
    return this.#texts.hash(this.#vertices.value.get(vertex), this.#vertices.kind.get(vertex))
  }

  /** Copies what is needed of the texts when most of them are not. */
  #tidy(): void {
    if (this.#waste_bytes < this.#waste_bytes_min || this.#waste_bytes * 2 < this.#texts.used) return
    const old = this.#texts
    const kept = new TextArena()
    const { a, b, fact_id } = this.#edges
    const { value } = this.#vertices
    let last = { from: 0, to: 0 }
    const move = (from: number) => {
      if (from !== last.from) last = { from, to: kept.add(this.#scratch, this.#scratch.write(old.read(from))) }
      return last.to
    }
    const edges = () => range(1, this.#edge_end, (place) => fact_id.get(place) !== NO_TEXT)
    for (const place of edges()) {
      const at = fact_id.get(place)
      if (at === value.get(a.get(place))) fact_id.set(place, LIKE_A)
      else fact_id.set(place, at === value.get(b.get(place)) ? LIKE_B : move(at))
    }
    for (const place of this.places()) value.set(place, move(value.get(place)))
    for (const place of edges()) {
      const at = fact_id.get(place)
      if (at <= LIKE_B) fact_id.set(place, value.get((at === LIKE_A ? a : b).get(place)))
    }
    this.#texts = kept
    this.#told = { fact_id: '', at: NO_TEXT }
    this.#unnamed.clear()
    this.#waste_bytes = 0
  }
}

/** What stands for the text of an edge that was removed. */
const NO_TEXT = 0

/** While texts are moved: named like the one end, or like the other. */
const LIKE_A = 1
const LIKE_B = 2

function* range(from: number, to: number, isWanted: (place: number) => boolean): Generator<number> {
  for (let place = from; place < to; place++) if (isWanted(place)) yield place
}

const none: readonly string[] = []
const noWalls: PackedWalls = { crowded: undefined, shared: undefined }

const NO_KIND = 255

const placed = identifierKinds.map((kind, index) => [kind, index] as const)
const kindPlaces = Object.fromEntries(placed) as Record<IdentifierKind, number>
