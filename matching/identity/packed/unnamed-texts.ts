/** They are wiped when there are so many of them. */
const UNNAMED_MAX = 100_000

/** Bits by which texts are told apart at a glance. */
const MARKS = 1 << 18

/** Texts that stood for what was removed. Another edge of the same fact may still name one. */
export class UnnamedTexts {
  readonly #texts = new Set<number>()

  get isEmpty(): boolean {
    return this.#texts.size === 0
  }

  /** Returns whether it is time to wipe them. */
  add(text: number): boolean {
    this.#texts.add(text)
    return this.#texts.size > UNNAMED_MAX
  }

  /** Gives out those that none of the first numbers of a column names. */
  take(column: { get(index: number): number }, length: number): number[] {
    // Of most texts one look at a bit tells that they are none of these.
    const marks = new Uint8Array(MARKS)
    for (const text of this.#texts) marks[text % MARKS] = 1
    for (let index = 0; index < length; index++) {
      const text = column.get(index)
      if (marks[text % MARKS] === 1) this.#texts.delete(text)
    }
    const taken = [...this.#texts]
    this.#texts.clear()
    return taken
  }

  clear(): void {
    this.#texts.clear()
  }
}
