/**
 * Remembers what was worked out of two texts, at most one pair for each of `size` places (a power of two). A text from a
 * request was never seen by the engine before, so a Map would hash every letter of it; to compare it with the one that
 * stands in its place takes a tenth of that. A pair that is in the way is put out.
 */
export class Slots<Value> {
  readonly #size: number
  readonly #length_max: number
  readonly #slots: ({ first: string; second: string; value: Value } | undefined)[]

  constructor(size: number, length_max: number) {
    this.#size = size
    this.#length_max = length_max
    this.#slots = new Array(size).fill(undefined)
  }

  /** The value of a pair; worked out when it is not there. Longer pairs are not kept. */
  get(first: string, second: string, make: (first: string, second: string) => Value): Value {
    if (first.length + second.length > this.#length_max) return make(first, second)
    const place = (sketch(first) + 31 * sketch(second)) & (this.#size - 1)
    const found = this.#slots[place]
    if (found && found.first === first && found.second === second) return found.value
    const value = make(first, second)
    this.#slots[place] = { first, second, value }
    return value
  }
}

function sketch(text: string): number {
  let sum = text.length
  for (let at = 0; at < text.length; at++) sum = (sum * 31 + text.charCodeAt(at)) | 0
  return sum
}
