import type { Device, Population } from './population.ts'
import type { World } from './world.ts'

/** A world with its people in it. */
export interface Society {
  readonly world: World
  readonly population: Population
  /** People for whom a deal was opened. */
  readonly dealt: Set<number>
  readonly kiosks: readonly Device[]
}
