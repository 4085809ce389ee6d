import type { IdentifierKind } from '#domain/identifier.ts'
import { compareEdges, type Edge, type EdgeFact, type EdgeReason, names, type SharedBy, type Vertex } from '../edge.ts'
import type { PackedGraph, Place } from './packed-graph.ts'

/** Gives objects for what is packed, always the same one for the same place until all is packed again. */
export interface Unpacking {
  readonly packed: PackedGraph
  vertexAt(place: Place): LiveVertex
  edgeAt(place: Place): LiveEdge
  /** The id of the person founded on the identifier that stands there. */
  personAt(founder: Place): string
}

type Lazy<Value> = Value | 'packed'

/** An identifier that is being looked at: reads what is packed when it is asked for. */
export class LiveVertex implements Vertex {
  readonly kind: IdentifierKind
  /** 0 while it is not packed yet. */
  place: Place
  blocked: boolean
  crowded: SharedBy | undefined
  isMeeting = false
  shared: SharedBy | undefined
  told: SharedBy | undefined
  idle = false
  isStaff = false
  listed = false
  candidates: readonly string[] = none
  settled = false
  unseen = false
  readonly #from: Unpacking | undefined
  #value: string | undefined
  #edges: Edge[] | undefined
  /** What was linked and unlinked since it was packed, while nobody asked for the others: a hub has a hundred thousand. */
  readonly #linked = new Set<Edge>()
  readonly #unlinked = new Set<Edge>()
  #person: Lazy<string> = ''
  /** Whether it belongs to a person. */
  owned = false
  #because: Lazy<Edge | undefined>
  #first: Lazy<Edge | undefined>
  #earliest: Lazy<Edge | undefined>

  constructor(kind: IdentifierKind, value: string, blocked: boolean)
  constructor(from: Unpacking, place: Place)
  constructor(from: Unpacking | IdentifierKind, said: Place | string, blocked = false) {
    if (typeof said === 'string') {
      this.kind = from as IdentifierKind
      this.#value = said
      this.#edges = []
      this.blocked = blocked
      this.place = 0
      return
    }
    const { packed } = from as Unpacking
    this.#from = from as Unpacking
    this.place = said
    this.kind = packed.kindOf(said)
    const state = packed.stateOf(said)
    this.blocked = state.blocked
    this.isMeeting = state.isMeeting
    this.idle = state.idle
    this.isStaff = state.isStaff
    this.listed = state.listed
    this.settled = state.settled
    this.unseen = state.unseen === true
    this.owned = state.owned
    this.candidates = packed.candidatesOf(said)
    const { crowded, shared } = packed.wallsOf(said)
    this.crowded = crowded
    this.shared = shared
    this.told = shared
    this.#person = 'packed'
    this.#because = 'packed'
    this.#first = 'packed'
    this.#earliest = 'packed'
  }

  get value(): string {
    this.#value ??= this.#unpacking.packed.valueOf(this.place)
    return this.#value
  }

  get edges(): Edge[] {
    if (!this.#edges) {
      this.#edges = [...this.edgesOf()]
      this.#linked.clear()
      this.#unlinked.clear()
    }
    return this.#edges
  }

  /** What is asked for one by one is unpacked one by one. */
  *edgesOf(fact?: EdgeFact): Generator<Edge> {
    for (const edge of this.#edges ?? this.#linked) if (fact === undefined || edge.fact === fact) yield edge
    if (this.#edges) return
    const { packed, edgeAt } = this.#unpacking
    for (const place of packed.edgesAt(this.place, fact)) {
      const edge = edgeAt(place)
      if (!this.#unlinked.has(edge)) yield edge
    }
  }

  hasMoreEdgesThan(max: number): boolean {
    if (this.#edges) return this.#edges.length > max
    const left = max - this.#linked.size + this.#unlinked.size
    return left < 0 || this.#unpacking.packed.hasMoreEdgesThan(this.place, left)
  }

  get person(): string {
    if (this.#person === 'packed') {
      const founder = this.#unpacking.packed.founderOf(this.place)
      this.#person = founder === 0 ? '' : this.#unpacking.personAt(founder)
    }
    return this.#person
  }

  set person(person: string) {
    this.#person = person
    this.owned = person !== ''
    this.settled = true
  }

  get because(): Edge | undefined {
    if (this.#because === 'packed') this.#because = this.#edgeAt(this.#unpacking.packed.becauseOf(this.place))
    return this.#because
  }

  set because(edge: Edge | undefined) {
    this.#because = edge
  }

  get first(): Edge | undefined {
    if (this.#first === 'packed') this.#first = this.#edgeAt(this.#unpacking.packed.firstOf(this.place))
    return this.#first
  }

  set first(edge: Edge | undefined) {
    this.#first = edge
  }

  get earliest(): Edge | undefined {
    // Who was worked out has it written down; at start nobody was.
    if (this.#earliest === 'packed') this.#earliest = this.settled ? this.first : earliestOf(this.edges)
    return this.#earliest
  }

  set earliest(edge: Edge | undefined) {
    this.#earliest = edge
  }

  /** Takes an edge that begins or ends here. */
  link(edge: Edge): void {
    const { earliest } = this
    if (this.#edges) this.#edges.push(edge)
    else this.#linked.add(edge)
    if (names(edge) && (!earliest || compareEdges(edge, earliest) < 0)) this.#earliest = edge
  }

  unlink(edge: Edge): void {
    const { earliest } = this
    if (this.#edges) {
      const index = this.#edges.indexOf(edge)
      if (index < 0) return
      this.#edges[index] = this.#edges.at(-1) as Edge
      this.#edges.pop()
    } else if (!this.#linked.delete(edge)) this.#unlinked.add(edge)
    if (earliest === edge) this.#earliest = earliestOf(this.edges)
  }

  /** Writes down what is known. Whose it is is told by the edges that tie it to the founder. */
  pack(packed: PackedGraph): void {
    packed.setState(this.place, this)
    packed.setCandidates(this.place, this.candidates)
    packed.setWalls(this.place, this)
    if (this.#because !== 'packed') packed.setBecause(this.place, (this.#because as LiveEdge | undefined)?.place ?? 0)
    if (this.#first !== 'packed') packed.setFirst(this.place, (this.#first as LiveEdge | undefined)?.place ?? 0)
  }

  #edgeAt(place: Place): Edge | undefined {
    return place === 0 ? undefined : this.#unpacking.edgeAt(place)
  }

  get #unpacking(): Unpacking {
    if (!this.#from) throw new Error('A vertex that was never packed has nothing to unpack')
    return this.#from
  }
}

/** What a fact says of two identifiers that are being looked at. */
export class LiveEdge implements Edge {
  readonly a: LiveVertex
  readonly b: LiveVertex
  readonly fact: EdgeFact
  readonly at: number
  readonly received_at: number
  readonly node: string
  readonly segment: number
  readonly row: number
  readonly claimed: boolean
  readonly name: number
  readonly candidate: boolean
  joins: boolean
  reason: EdgeReason
  /** 0 while it is not packed yet. */
  place: Place
  #fact_id: string | undefined
  readonly #packed: PackedGraph | undefined

  constructor(
    ends: { a: LiveVertex; b: LiveVertex },
    said: Omit<Edge, 'a' | 'b' | 'fact_id'>,
    id: { fact_id: string } | { packed: PackedGraph; place: Place },
  ) {
    this.a = ends.a
    this.b = ends.b
    this.fact = said.fact
    this.at = said.at
    this.received_at = said.received_at
    this.node = said.node
    this.segment = said.segment
    this.row = said.row
    this.claimed = said.claimed
    this.name = said.name
    this.candidate = said.candidate
    this.joins = said.joins
    this.reason = said.reason
    this.place = 'place' in id ? id.place : 0
    this.#fact_id = 'fact_id' in id ? id.fact_id : undefined
    this.#packed = 'packed' in id ? id.packed : undefined
  }

  get fact_id(): string {
    this.#fact_id ??= (this.#packed as PackedGraph).factIdOf(this.place)
    return this.#fact_id
  }
}

function earliestOf(edges: readonly Edge[]): Edge | undefined {
  let earliest: Edge | undefined
  for (const edge of edges) if (names(edge) && (!earliest || compareEdges(edge, earliest) < 0)) earliest = edge
  return earliest
}

const none: readonly string[] = []
