import { type Random, seededRandom } from '../random.ts'

/** Random numbers of a world, with the distributions that people follow. */
export interface Chance extends Random {
  /** Exponentially distributed around this mean. */
  exponential(mean: number): number
  /** Log-normal: half of the values are below the median; `spread` is the deviation of the logarithm. */
  skewed(median: number, spread: number): number
  /** From `from` to `to`, evenly. */
  between(from: number, to: number): number
  /** How often something happens whose mean this is: 0, 1, 2 … geometrically distributed. */
  times(mean: number): number
}

export function openChance(seed: number): Chance {
  const random = seededRandom(seed)
  const exponential = (mean: number) => -mean * Math.log(1 - random.next())
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return {
    ...random,
    exponential,
    skewed: (median, spread) => median * Math.exp(spread * normal()),
    between: (from, to) => from + random.next() * (to - from),
    times: (mean) => Math.floor(Math.log(1 - random.next()) / Math.log(mean / (1 + mean))),
  }
}
