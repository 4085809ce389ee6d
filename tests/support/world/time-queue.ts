/** Things to be had in the order of their moments; those of one moment in the order they were put in. */
export interface TimeQueue<Value> {
  readonly size: number
  put(at_ms: number, value: Value): void
  /** The moment of the earliest one; infinite when there is none. */
  earliest_ms(): number
  take(): Value | undefined
}

/** A binary heap over parallel arrays: a world of a million visits puts some ten million things in. */
export function openTimeQueue<Value>(): TimeQueue<Value> {
  const moments: number[] = []
  const turns: number[] = []
  const values: Value[] = []
  let turn = 0

  const isBefore = (a: number, b: number) =>
    (moments[a] as number) - (moments[b] as number) || (turns[a] as number) - (turns[b] as number)
  const swap = (a: number, b: number) => {
    for (const list of [moments, turns, values] as unknown[][]) [list[a], list[b]] = [list[b], list[a]]
  }
  const sink = () => {
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      if (left >= moments.length) return
      const child = left + 1 < moments.length && isBefore(left + 1, left) < 0 ? left + 1 : left
      if (isBefore(at, child) <= 0) return
      swap(at, child)
      at = child
    }
  }

  return {
    get size() {
      return moments.length
    },
    put(at_ms, value) {
      moments.push(at_ms)
      turns.push(turn++)
      values.push(value)
      for (let at = moments.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (isBefore(parent, at) <= 0) break
        swap(parent, at)
        at = parent
      }
    },
    earliest_ms: () => moments[0] ?? Number.POSITIVE_INFINITY,
    take() {
      if (moments.length === 0) return undefined
      swap(0, moments.length - 1)
      moments.pop()
      turns.pop()
      const value = values.pop()
      sink()
      return value
    },
  }
}
