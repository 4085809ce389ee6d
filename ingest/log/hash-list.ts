/** Hashes of ids, two numbers an id, in one piece of memory however many calls bring them. */
export class HashList {
  #numbers = new Uint32Array(64)
  #length = 0

  add(hashes: Uint32Array): void {
    const length = this.#length + hashes.length
    if (length > this.#numbers.length) {
      const numbers = new Uint32Array(Math.max(length, 2 * this.#numbers.length))
      numbers.set(this.#numbers)
      this.#numbers = numbers
    }
    this.#numbers.set(hashes, this.#length)
    this.#length = length
  }

  get all(): Uint32Array {
    return this.#numbers.subarray(0, this.#length)
  }
}
