/** Fuller than this they are made twice as many. */
const FULL = 0.75
const SLOTS_MIN = 1024

/** Places found by a hash of what stands there, in one array: open addressing, the next slot after a full one. 0 is none. */
export class HashSlots {
  readonly #hashOf: (place: number) => number
  #slots = new Uint32Array(SLOTS_MIN)
  #count = 0

  constructor(hashOf: (place: number) => number) {
    this.#hashOf = hashOf
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  find(hash: number, isIt: (place: number) => boolean): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] as number
      if (place === 0 || isIt(place)) return place
    }
  }

  add(place: number): void {
    if (this.#count >= this.#slots.length * FULL) this.#widen()
    this.#count += 1
    this.#enter(place)
  }

  /** What stands behind it moves up, so that nothing is looked for across a gap. */
  remove(place: number): void {
    const mask = this.#slots.length - 1
    let gap = this.#hashOf(place) & mask
    while (this.#slots[gap] !== place) gap = (gap + 1) & mask
    for (let next = (gap + 1) & mask; this.#slots[next] !== 0; next = (next + 1) & mask) {
      const other = this.#slots[next] as number
      const home = this.#hashOf(other) & mask
      // One whose home lies behind the gap stays.
      if (((next - home) & mask) < ((next - gap) & mask)) continue
      this.#slots[gap] = other
      gap = next
    }
    this.#slots[gap] = 0
    this.#count -= 1
  }

  #enter(place: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#hashOf(place) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = place
  }

  #widen(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (const place of old) if (place !== 0) this.#enter(place)
  }
}
