/** An id that is being written, by its 64-bit hash. */
interface Claim<Writing> {
  high: number
  writing: Writing
  /** Another id whose hash has the same low half. */
  next: Claim<Writing> | undefined
}

/**
 * The writes that ids are in now, by the hashes of the ids as the window of repeats has them. Found by one half, which is
 * a small whole number to the engine: a text that just came would be put together and hashed again to be looked up.
 */
export class InFlight<Writing> {
  readonly #claims = new Map<number, Claim<Writing>>()

  get(high: number, low: number): Writing | undefined {
    let claim = this.#claims.get(low | 0)
    while (claim && claim.high !== high) claim = claim.next
    return claim?.writing
  }

  /** The id must not be there yet. */
  claim(high: number, low: number, writing: Writing): void {
    this.#claims.set(low | 0, { high, writing, next: this.#claims.get(low | 0) })
  }

  /** Lets go of the first `ids` of the hashes, two numbers each. All must be there. */
  release(hashes: Uint32Array, ids: number): void {
    for (let at = 0; at < 2 * ids; at += 2) this.#release(hashes[at] as number, hashes[at + 1] as number)
  }

  #release(high: number, low: number): void {
    const first = this.#claims.get(low | 0)
    if (first?.high === high) {
      if (first.next) this.#claims.set(low | 0, first.next)
      else this.#claims.delete(low | 0)
      return
    }
    for (let claim = first; claim; claim = claim.next)
      if (claim.next?.high === high) {
        claim.next = claim.next.next
        return
      }
  }
}
