import type { EdgeReason } from './edge.ts'
import type { LiveEdge } from './packed/live.ts'
import type { PackedGraph, Place } from './packed/packed-graph.ts'

/** Whether an edge joins, and why. */
interface Standing {
  joins: boolean
  reason: EdgeReason
}

/**
 * Where a table of edges says otherwise than what is worked out of it. Both are told piece by piece, and a later piece may
 * put right what an earlier one left wrong.
 */
export class Doubts {
  readonly #said = new Map<LiveEdge, Standing>()
  readonly #doubts = new Map<Place, Standing>()

  /** An edge stands as the table says, and is to be worked out. */
  said(edge: LiveEdge): void {
    this.#said.set(edge, { joins: edge.joins, reason: edge.reason })
  }

  /** What was worked out of it; of edges it was not told of just now, the table says what is packed. */
  workedOut(restated: ReadonlySet<LiveEdge>, removed: ReadonlySet<LiveEdge>, packed: PackedGraph): void {
    for (const { place } of removed) this.#doubts.delete(place)
    for (const edge of restated) {
      if (!this.#said.has(edge)) this.#said.set(edge, this.#doubts.get(edge.place) ?? packed.readEdge(edge.place))
    }
  }

  /** All edges have their places now. */
  packed(): void {
    for (const [{ place, joins, reason }, said] of this.#said) {
      if (joins === said.joins && reason === said.reason) this.#doubts.delete(place)
      else this.#doubts.set(place, { joins: said.joins, reason: said.reason })
    }
    this.#said.clear()
  }

  /** The places of the edges in doubt, when there is nothing more to tell. */
  end(): Place[] {
    const places = [...this.#doubts.keys()]
    this.#doubts.clear()
    return places
  }
}
