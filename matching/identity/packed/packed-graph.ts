import { type IdentifierKind, identifierKinds } from '#domain/identifier.ts'
import type { SharedBy } from '../edge.ts'
import { type EdgeFlags, packFlags, readFlags } from './edge-flags.ts'
import { HashSlots } from './hash-slots.ts'
import { bytes, moments, offsets, shorts, words } from './paged-array.ts'
import { hashBytes, TextArena } from './text-arena.ts'

/** Where a vertex or an edge stands; 0 is none. */
export type Place = number

export interface PackedEdge extends EdgeFlags {
  a: Place
  b: Place
  fact_id: string
  at: number
  received_at: number
  node: string
  segment: number
  row: number
}

/** What memory holds of a vertex beside its edges. */
export interface PackedState {
  blocked: boolean
  listed: boolean
  /** Whether there may be several people around it. */
  isMeeting: boolean
  /** Whether all its edges are known not to join. */
  idle: boolean
  /** Whether it is an employee's browser, or a visit made with one. */
  isStaff: boolean
  /** Whether it belongs to a person. */
  owned: boolean
  /** Whether it has been worked out who it is. */
  settled: boolean
}

/** By which rules a vertex is a wall. Few are. */
export interface PackedWalls {
  crowded: SharedBy | undefined
  shared: SharedBy | undefined
}

/** Waste is copied away when it is most of what there is, and this much. */
const WASTE_BYTES_MIN = 16 * 1024 ** 2

const TEXT_BYTES_MAX = 65_535

/**
 * The identifiers of a site and what joins them, packed: some 60 bytes a vertex with its value and 60 an edge, none of
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
    ...{ received_at: moments(), after_ms: offsets(), node: shorts(), segment: words(), row: words() },
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
  #told = { fact_id: '', at: 0 }
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
    this.#waste_bytes += 2 + this.#texts.length(this.#vertices.value.get(place))
    this.#free_vertices.push(place)
    this.#vertices.kind.set(place, NO_KIND)
    this.#tidy()
  }

  addEdge(edge: PackedEdge): Place {
    const place = this.#free_edges.pop() ?? this.#edge_end++
    const { a, b, next_a, next_b, fact_id, received_at, after_ms, node, segment, row } = this.#edges
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
    this.#waste_bytes += 2 + this.#texts.length(this.#edges.fact_id.get(place))
    this.#free_edges.push(place)
    this.#tidy()
  }

  edgesOf(vertex: Place): Place[] {
    const places: Place[] = []
    for (let at = this.#vertices.head.get(vertex); at !== 0; at = this.#next(vertex, at)) places.push(at)
    return places
  }

  endsOf(edge: Place): [a: Place, b: Place] {
    return [this.#edges.a.get(edge), this.#edges.b.get(edge)]
  }

  readEdge(place: Place): Omit<PackedEdge, 'a' | 'b' | 'fact_id'> {
    const { flags: all, received_at, after_ms, node, segment, row } = this.#edges
    const received = received_at.get(place)
    return {
      at: this.#far.get(place) ?? received + after_ms.get(place),
      received_at: received,
      node: this.#nodes[node.get(place)] as string,
      segment: segment.get(place),
      row: row.get(place),
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
    const state = this.#vertices.state.get(vertex)
    return {
      blocked: (state & 1) !== 0,
      isMeeting: (state & 2) !== 0,
      listed: (state & 4) !== 0,
      owned: (state & 16) !== 0,
      settled: (state & 8) !== 0,
      idle: (state & 32) !== 0,
      isStaff: (state & 64) !== 0,
    }
  }

  setState(vertex: Place, { blocked, isMeeting, listed, settled, owned, idle, isStaff }: PackedState): void {
    const state = (blocked ? 1 : 0) | (isMeeting ? 2 : 0) | (listed ? 4 : 0) | (settled ? 8 : 0)
    this.#vertices.state.set(vertex, state | (owned ? 16 : 0) | (idle ? 32 : 0) | (isStaff ? 64 : 0))
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

  /** What one fact says of several identifiers stands together, and its id once; a form is named like its lead. */
  #factId({ a, b, fact_id }: PackedEdge): number {
    if (this.#told.at !== 0 && this.#told.fact_id === fact_id) return this.#told.at
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
    const free = new Set(this.#free_edges)
    const edges = () => range(1, this.#edge_end, (place) => !free.has(place))
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
    this.#told = { fact_id: '', at: 0 }
    this.#waste_bytes = 0
  }
}

/** While texts are moved: named like the one end, or like the other. */
const LIKE_A = 1
const LIKE_B = 2

function* range(from: number, to: number, isWanted: (place: number) => boolean): Generator<number> {
  for (let place = from; place < to; place++) if (isWanted(place)) yield place
}

const none: readonly string[] = []
const noWalls: PackedWalls = { crowded: undefined, shared: undefined }

const NO_KIND = 255

const kindPlaces = Object.fromEntries(identifierKinds.map((kind, index) => [kind, index])) as Record<
  IdentifierKind,
  number
>
