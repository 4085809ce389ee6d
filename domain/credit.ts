import type { Channel } from './channel.ts'

/** The attribution models that share credit by a touch's place in its path. */
export const creditModels = ['first', 'last', 'last_non_direct', 'linear'] as const

export type CreditModel = (typeof creditModels)[number]

/** One touch of a path. */
export interface Touch {
  channel: Channel
}

export interface CreditOptions {
  model: CreditModel
  /** False leaves out touches that nobody brought; a path of nothing else then credits nobody. */
  direct?: boolean
}

/** The share of each touch, in the order of the path: they add up to 1, or are all 0 when no touch counts. */
export function creditWeights(path: readonly Touch[], { model, direct = true }: CreditOptions): number[] {
  const weights = new Array<number>(path.length).fill(0)
  const counted = countedTouches(path, direct)
  if (counted.length === 0) return weights
  if (model === 'linear') {
    for (const index of counted) weights[index] = 1 / counted.length
    return weights
  }
  weights[chosenTouch(path, counted, model)] = 1
  return weights
}

/** Visits that nobody brought: they end a path without having started anything. */
export function isUnsourced(channel: Channel): boolean {
  return channel === 'direct' || channel === 'internal'
}

function countedTouches(path: readonly Touch[], direct: boolean): number[] {
  const all = [...path.keys()]
  return direct ? all : all.filter((index) => !isUnsourced((path[index] as Touch).channel))
}

function chosenTouch(path: readonly Touch[], counted: number[], model: Exclude<CreditModel, 'linear'>): number {
  const last = counted.at(-1) as number
  if (model === 'first') return counted[0] as number
  if (model === 'last') return last
  return counted.findLast((index) => !isUnsourced((path[index] as Touch).channel)) ?? last
}
