import { type IdentifierKind, personId } from '#domain/identifier.ts'
import type { Vertex } from '../edge.ts'
import type { PackedEdge } from './edge-flags.ts'
import { LiveEdge, LiveVertex, type Unpacking } from './live.ts'
import { PackedGraph, type Place } from './packed-graph.ts'

/** A packed graph of which what is looked at and changed stands in objects, until all is packed again. */
export class UnpackedGraph implements Unpacking {
  readonly packed = new PackedGraph()
  readonly #site: string
  /** What was unpacked, by its place; what was taken out since is among it. */
  readonly #vertices = new Map<Place, LiveVertex>()
  readonly #edges = new Map<Place, LiveEdge>()
  readonly #gone = new Set<LiveVertex>()
  readonly #dropped = new Set<LiveEdge>()
  /** What has no place yet, vertices by kind and value. */
  readonly #fresh = new Map<string, LiveVertex>()
  readonly #added = new Set<LiveEdge>()
  /** Ids of persons by the place of their founder. */
  readonly #persons = new Map<Place, string>()
  /** Edges that were made objects so far: what looking at them costs. */
  unpacked = 0

  constructor(site: string) {
    this.#site = site
  }

  get vertexCount(): number {
    return this.packed.vertexCount - this.#gone.size + this.#fresh.size
  }

  get edgeCount(): number {
    return this.packed.edgeCount - this.#dropped.size + this.#added.size
  }

  find(kind: IdentifierKind, value: string): LiveVertex | undefined {
    const place = this.packed.find(kind, value)
    if (place === 0) return this.#fresh.get(`${kind}\n${value}`)
    const vertex = this.vertexAt(place)
    return this.#gone.has(vertex) ? undefined : vertex
  }

  *vertices(): Generator<Vertex> {
    for (const place of this.packed.places()) {
      const vertex = this.vertexAt(place)
      if (!this.#gone.has(vertex)) yield vertex
    }
    yield* this.#fresh.values()
  }

  /** There must be none of this kind and value. */
  addVertex(kind: IdentifierKind, value: string, blocked: boolean): LiveVertex {
    const vertex = new LiveVertex(kind, value, blocked)
    this.#fresh.set(`${kind}\n${value}`, vertex)
    return vertex
  }

  /** One that was taken out since all was packed. */
  revive(kind: IdentifierKind, value: string): LiveVertex | undefined {
    const vertex = this.#vertices.get(this.packed.find(kind, value))
    if (vertex) this.#gone.delete(vertex)
    return vertex
  }

  /** A vertex without edges. */
  removeVertex(vertex: LiveVertex): void {
    if (vertex.place !== 0) this.#gone.add(vertex)
    else if (this.#fresh.get(`${vertex.kind}\n${vertex.value}`) === vertex)
      this.#fresh.delete(`${vertex.kind}\n${vertex.value}`)
  }

  addEdge(edge: LiveEdge): void {
    edge.a.link(edge)
    if (edge.b !== edge.a) edge.b.link(edge)
    this.#added.add(edge)
  }

  removeEdge(edge: LiveEdge): void {
    edge.a.unlink(edge)
    if (edge.b !== edge.a) edge.b.unlink(edge)
    if (edge.place === 0) this.#added.delete(edge)
    else this.#dropped.add(edge)
  }

  vertexAt(place: Place): LiveVertex {
    let vertex = this.#vertices.get(place)
    if (!vertex) {
      vertex = new LiveVertex(this, place)
      this.#vertices.set(place, vertex)
    }
    return vertex
  }

  readonly edgeAt = (place: Place): LiveEdge => {
    let edge = this.#edges.get(place)
    if (!edge) {
      this.unpacked += 1
      const [a, b] = this.packed.endsOf(place)
      const ends = { a: this.vertexAt(a), b: this.vertexAt(b) }
      edge = new LiveEdge(ends, this.packed.readEdge(place), { packed: this.packed, place })
      this.#edges.set(place, edge)
    }
    return edge
  }

  personAt(founder: Place): string {
    let person = this.#persons.get(founder)
    if (person === undefined) {
      person = personId(this.#site, this.packed.kindOf(founder), this.packed.valueOf(founder))
      this.#persons.set(founder, person)
    }
    return person
  }

  /** Packs what was changed and lets go of all objects: those still held elsewhere are no longer part of the graph. */
  pack(): void {
    for (const edge of this.#dropped) this.packed.removeEdge(edge.place)
    for (const vertex of this.#fresh.values()) {
      vertex.place = this.packed.addVertex(vertex.kind, vertex.value)
      this.#vertices.set(vertex.place, vertex)
    }
    for (const edge of this.#added) {
      edge.place = this.packed.addEdge(packedEdge(edge))
    }
    for (const edge of this.#edges.values()) if (!this.#dropped.has(edge)) this.packed.restate(edge.place, edge)
    for (const vertex of this.#vertices.values()) if (!this.#gone.has(vertex)) vertex.pack(this.packed)
    for (const vertex of this.#gone) this.packed.removeVertex(vertex.place)
    for (const some of [this.#vertices, this.#edges, this.#fresh, this.#persons]) some.clear()
    for (const some of [this.#gone, this.#dropped, this.#added]) some.clear()
  }
}

function packedEdge(edge: LiveEdge): PackedEdge {
  const { fact, fact_id, at, received_at, node, segment, row, name, claimed, candidate, joins, reason } = edge
  const said = { fact, fact_id, at, received_at, node, segment, row, name, claimed, candidate, joins, reason }
  return { ...said, a: edge.a.place, b: edge.b.place }
}
