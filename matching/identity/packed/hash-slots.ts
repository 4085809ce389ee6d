import type { Fill, Piece } from './frozen.ts'
import { words } from './paged-array.ts'

/** Fuller than this they are made twice as many. */
const FULL = 0.75
const SLOTS_MIN = 1024

/** What of the slots is not among the slots themselves. */
export interface FrozenSlots {
  size: number
  count: number
}

/** Places found by a hash of what stands there, in one array: open addressing, the next slot after a full one. 0 is none. */
export class HashSlots {
  readonly #hashOf: (place: number) => number
  #slots = emptySlots(SLOTS_MIN)
  #size = SLOTS_MIN
  #count = 0

  constructor(hashOf: (place: number) => number) {
    this.#hashOf = hashOf
  }

  get bytes(): number {
    return this.#slots.bytes
  }

  find(hash: number, isIt: (place: number) => boolean): number {
    const mask = this.#size - 1
    const slots = this.#slots
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = slots.get(slot)
      if (place === 0 || isIt(place)) return place
    }
  }

  add(place: number): void {
    if (this.#count >= this.#size * FULL) this.#widen()
    this.#count += 1
    this.#enter(place)
  }

  /** What stands behind it moves up, so that nothing is looked for across a gap. */
  remove(place: number): void {
    const mask = this.#size - 1
    const slots = this.#slots
    let gap = this.#hashOf(place) & mask
    while (slots.get(gap) !== place) gap = (gap + 1) & mask
    for (let next = (gap + 1) & mask; slots.get(next) !== 0; next = (next + 1) & mask) {
      const other = slots.get(next)
      const home = this.#hashOf(other) & mask
      // One whose home lies behind the gap stays.
      if (((next - home) & mask) < ((next - gap) & mask)) continue
      slots.set(gap, other)
      gap = next
    }
    slots.set(gap, 0)
    this.#count -= 1
  }

  freeze(): { pieces: Piece[]; frozen: FrozenSlots } {
    return { pieces: this.#slots.freeze(this.#size), frozen: { size: this.#size, count: this.#count } }
  }

  async fill({ size, count }: FrozenSlots, fill: Fill): Promise<void> {
    this.#slots = emptySlots(size)
    this.#size = size
    this.#count = count
    await this.#slots.fill(size, fill)
  }

  #enter(place: number): void {
    const mask = this.#size - 1
    let slot = this.#hashOf(place) & mask
    while (this.#slots.get(slot) !== 0) slot = (slot + 1) & mask
    this.#slots.set(slot, place)
  }

  #widen(): void {
    const [old, size] = [this.#slots, this.#size]
    this.#slots = emptySlots(size * 2)
    this.#size = size * 2
    for (let slot = 0; slot < size; slot++) {
      const place = old.get(slot)
      if (place !== 0) this.#enter(place)
    }
  }
}

function emptySlots(size: number): ReturnType<typeof words> {
  const slots = words()
  slots.reserve(size)
  return slots
}
