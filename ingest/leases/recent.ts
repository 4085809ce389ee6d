/**
 * What was said of late, by key: of the last half of `size_max` at least, of `size_max` at most. Two maps, of which the older
 * goes when the younger is full: a list in the order of use would have to be mended at every post.
 */
export class Recent<Value> {
  readonly #young_max: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(size_max: number) {
    this.#young_max = size_max / 2
  }

  /** What is asked for counts as said again. */
  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value)
    if (this.#young.size < this.#young_max) return
    this.#old = this.#young
    this.#young = new Map()
  }
}
