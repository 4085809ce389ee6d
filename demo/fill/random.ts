/** A small seeded generator (mulberry32): the same seed makes the same year. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number
  /** Whole numbers from `low` to `high`, both included. */
  whole(low: number, high: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** Picks by the weight of each item. */
  weighted<Item extends { weight: number }>(items: readonly Item[]): Item
  /** Exponentially distributed with this mean. */
  exponential(mean: number): number
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
    weighted(items) {
      const total = items.reduce((sum, { weight }) => sum + weight, 0)
      let left = next() * total
      for (const item of items) {
        left -= item.weight
        if (left < 0) return item
      }
      return items[items.length - 1] as (typeof items)[number]
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
  }
}
