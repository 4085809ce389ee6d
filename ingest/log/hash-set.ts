/** A set of 64-bit numbers, each given as two halves, in memory that never grows: 12 bytes for each of `size_max`. */
export class HashSet {
  readonly size_max: number
  readonly #halves: Uint32Array
  readonly #places: number
  /** Spreads the low half over the places. */
  readonly #spread: number
  #size = 0

  constructor(size_max: number) {
    this.size_max = size_max
    // A third is empty at least: in a full set a search looks at five places that lie side by side.
    this.#places = Math.ceil(size_max * 1.5) + 1
    this.#spread = this.#places / 2 ** 32
    this.#halves = new Uint32Array(this.#places * 2)
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size >= this.size_max
  }

  has(high: number, low: number): boolean {
    return this.#halves[this.#placeOf(high, low)] !== 0
  }

  /** `high` may not be 0, which stands for an empty place. Adds nothing to a full set. */
  add(high: number, low: number): void {
    if (this.isFull) return
    const place = this.#placeOf(high, low)
    if (this.#halves[place] !== 0) return
    this.#halves[place] = high
    this.#halves[place + 1] = low
    this.#size++
  }

  /** The same numbers in no more room than they need; it is full. */
  compacted(): HashSet {
    const copy = new HashSet(Math.max(1, this.#size))
    for (let place = 0; place < this.#halves.length; place += 2) {
      const high = this.#halves[place] as number
      if (high !== 0) copy.add(high, this.#halves[place + 1] as number)
    }
    return copy
  }

  #placeOf(high: number, low: number): number {
    for (let at = Math.floor(low * this.#spread); ; at = at + 1 === this.#places ? 0 : at + 1) {
      const place = at * 2
      const found = this.#halves[place]
      if (found === 0 || (found === high && this.#halves[place + 1] === low)) return place
    }
  }
}
