import type { IdentifierKind } from '#domain/identifier.ts'
import type { FrozenSlots } from './hash-slots.ts'
import type { Place } from './packed-graph.ts'
import type { PackedWalls } from './vertex-state.ts'

/** Bytes that stay as they are until they are given free, whatever is written in their place meanwhile. */
export interface Piece {
  bytes: Uint8Array
  free(): void
}

/** Reads the next bytes of what was frozen into these arrays, one behind the other. */
export type Fill = (into: readonly Uint8Array[]) => Promise<void>

/** What no change reaches any more, or none that was made after the freeze. */
export function lasting(bytes: Uint8Array): Piece {
  return { bytes, free() {} }
}

export function bytesOf(numbers: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

/** A packed graph as it was at one moment: the arrays, one behind the other, and what is told beside them. */
export interface FrozenGraph {
  pieces: Piece[]
  told: FrozenTold
}

export interface FrozenTold {
  vertex_end: number
  edge_end: number
  slots: FrozenSlots
  text_bytes: number
  waste_bytes: number
  free_vertices: number
  free_edges: number
  nodes: string[]
  far: [Place, number][]
  candidates: [Place, readonly string[]][]
  walls: [Place, PackedWalls][]
}

/** What is told beside the frozen arrays of a site. */
export interface FrozenSite extends FrozenTold {
  hands: [id: string, end: { kind: IdentifierKind; value: string }][]
  blocked: string[]
}

/** The pieces of several arrays as one: `freed` is told when none of them is frozen any more. */
export function together(pieces: readonly Piece[], freed: () => void): Piece[] {
  let left = pieces.length
  return pieces.map(({ bytes, free }) => ({
    bytes,
    free() {
      free()
      left -= 1
      if (left === 0) freed()
    },
  }))
}
