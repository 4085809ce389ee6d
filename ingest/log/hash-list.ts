/** Hashes of ids, two numbers an id, in one piece of memory however many calls bring them. */
export class HashList {
  #numbers = new Uint32Array(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(hashes: Uint32Array): void {
    this.#makeRoom(hashes.length)
    this.#numbers.set(hashes, this.#length)
    this.#length += hashes.length
  }

  addOne(high: number, low: number): void {
    this.#makeRoom(2)
    this.#numbers[this.#length++] = high
    this.#numbers[this.#length++] = low
  }

  get all(): Uint32Array {
    return this.#numbers.subarray(0, this.#length)
  }

  #makeRoom(more: number): void {
    const length = this.#length + more
    if (length <= this.#numbers.length) return
    const numbers = new Uint32Array(Math.max(length, 2 * this.#numbers.length))
    numbers.set(this.#numbers)
    this.#numbers = numbers
  }
}
