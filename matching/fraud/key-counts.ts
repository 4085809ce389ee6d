/** Room in the beginning; always a power of two. */
const SLOTS_MIN = 1 << 12

/** Fuller than this, and looking for a place takes longer and longer. */
const FULL = 0.6

/**
 * How many requests bear each key. Keys are kept as 53 bits of hash in typed arrays, 12 bytes a slot: a map of as many
 * strings would take eight times the memory.
 */
export class KeyCounts {
  #keys = new Float64Array(SLOTS_MIN)
  #counts = new Uint32Array(SLOTS_MIN)
  #used = 0

  get(key: string): number {
    return this.#counts[this.#place(hash53(key))] as number
  }

  add(key: string, more: number): void {
    const hash = hash53(key)
    let place = this.#place(hash)
    if (this.#keys[place] === 0) {
      if (this.#used + 1 > this.#keys.length * FULL) {
        this.#grow()
        place = this.#place(hash)
      }
      this.#keys[place] = hash
      this.#used += 1
    }
    this.#counts[place] = (this.#counts[place] as number) + more
  }

  /** Where the hash stands, or the free slot that is to take it. */
  #place(hash: number): number {
    const last = this.#keys.length - 1
    let place = (hash % 4_294_967_296) & last
    while (this.#keys[place] !== 0 && this.#keys[place] !== hash) place = (place + 1) & last
    return place
  }

  #grow(): void {
    const [keys, counts] = [this.#keys, this.#counts]
    this.#keys = new Float64Array(keys.length * 2)
    this.#counts = new Uint32Array(keys.length * 2)
    this.#used = 0
    keys.forEach((hash, from) => {
      // A count that fell to nothing leaves its slot here.
      if (hash === 0 || counts[from] === 0) return
      const place = this.#place(hash)
      this.#keys[place] = hash
      this.#counts[place] = counts[from] as number
      this.#used += 1
    })
  }
}

/** Two rounds of a multiplying hash over the text, 53 bits of them; never zero, which marks a free slot. */
function hash53(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    a = Math.imul(a ^ code, 2_654_435_761)
    b = Math.imul(b ^ code, 1_597_334_677)
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909)
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909)
  return 4_294_967_296 * (b & 0x1f_ffff) + (a >>> 0) + 1
}
