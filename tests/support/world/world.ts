import type { FactRow, FactTable } from '#storage/fact-tables.ts'
import type { Chance } from './chance.ts'
import type { Names } from './names.ts'
import type { Numbers } from './numbers.ts'
import type { Truth } from './truth.ts'
import type { WorldOptions } from './world-options.ts'

/** A fact as the log has it; columns that are not said are empty. */
export type SimulatedFact = {
  [Table in FactTable]: { table: Table; row: Partial<FactRow<Table>> & { received_at: number } }
}[FactTable]

/** What everybody in a world has to do with. */
export interface World {
  readonly options: WorldOptions
  readonly chance: Chance
  readonly truth: Truth
  readonly numbers: Numbers
  readonly names: Names
  readonly now_ms: number
  /** The last moment at which somebody comes to the site. */
  readonly ends_ms: number
  /** Has something happen at a moment not yet past. */
  at(moment_ms: number, happens: () => void): void
  /** A fact that ingest receives at `row.received_at`, not before now. */
  tell<Table extends FactTable>(table: Table, row: Partial<FactRow<Table>> & { received_at: number }): void
  /** `c1`, `c2` … */
  newId(prefix: string): string
}
