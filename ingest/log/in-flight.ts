const PLACES_MIN = 1024

/**
 * The writes that ids are in now, by the hashes of the ids as the window of repeats has them. In arrays, where what is let go
 * leaves nothing behind: a Map makes itself a new table every so many entries, the old tables hold on to the new ones once
 * they have grown old, and with them all writes of the past live until the next collection of everything.
 */
export class InFlight<Writing> {
  #halves = new Uint32Array(PLACES_MIN * 2)
  /** The write of each place, undefined where nothing is. A power of two. */
  #writings = emptyPlaces<Writing>(PLACES_MIN)
  #size = 0

  get(high: number, low: number): Writing | undefined {
    return this.#writings[this.#placeOf(high, low)]
  }

  /** The id must not be there yet. */
  claim(high: number, low: number, writing: Writing): void {
    if ((this.#size + 1) * 2 > this.#writings.length) this.#grow()
    this.#put(high, low, writing)
    this.#size++
  }

  /** Lets go of the first `ids` of the hashes, two numbers each. All must be there. */
  release(hashes: Uint32Array, ids: number): void {
    for (let at = 0; at < 2 * ids; at += 2) this.#release(this.#placeOf(hashes[at] as number, hashes[at + 1] as number))
  }

  #put(high: number, low: number, writing: Writing): void {
    const place = this.#placeOf(high, low)
    this.#halves[place * 2] = high
    this.#halves[place * 2 + 1] = low
    this.#writings[place] = writing
  }

  /** Where it is, or the empty place where its search ends. */
  #placeOf(high: number, low: number): number {
    const [halves, writings] = [this.#halves, this.#writings]
    const last = writings.length - 1
    for (let place = low & last; ; place = (place + 1) & last) {
      if (writings[place] === undefined) return place
      if (halves[place * 2] === high && halves[place * 2 + 1] === low) return place
    }
  }

  /** Those behind it move up, if their search comes by: no search ends too early at the place that is free now. */
  #release(freed: number): void {
    const [halves, writings] = [this.#halves, this.#writings]
    const last = writings.length - 1
    let hole = freed
    for (let place = (hole + 1) & last; writings[place] !== undefined; place = (place + 1) & last) {
      const home = (halves[place * 2 + 1] as number) & last
      if (((place - home) & last) < ((place - hole) & last)) continue
      halves[hole * 2] = halves[place * 2] as number
      halves[hole * 2 + 1] = halves[place * 2 + 1] as number
      writings[hole] = writings[place]
      hole = place
    }
    writings[hole] = undefined
    this.#size--
  }

  #grow(): void {
    const [halves, writings] = [this.#halves, this.#writings]
    this.#halves = new Uint32Array(halves.length * 2)
    this.#writings = emptyPlaces(writings.length * 2)
    for (const [place, writing] of writings.entries())
      if (writing !== undefined) this.#put(halves[place * 2] as number, halves[place * 2 + 1] as number, writing)
  }
}

function emptyPlaces<Writing>(places: number): (Writing | undefined)[] {
  return Array.from({ length: places }, () => undefined)
}
