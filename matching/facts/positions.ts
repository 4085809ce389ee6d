import type { Store } from '#storage/client.ts'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import type { Portion } from './read-new-facts.ts'

/** Rows read in one step, about: what is held in memory at once grows with it. */
export const STEP_ROWS = 20_000

/** Clocks may have been set back within a segment; the bound only spares older partitions. */
const RECEIVED_MARGIN_MS = 86_400_000

/** Segments asked for in one step. */
const STEP_SEGMENTS_MAX = 2_000

/** How often logs never heard of are looked for. */
const DISCOVER_EVERY_MS = 1_000

interface Landed {
  node: string
  table: FactTable
  segment: number
  rows: number
  received_ms: number
  landed_ms: number
}

/** What one step reads, and what it will have read up to. */
export interface Step {
  portions: Portion[]
  /** Positions that are reached once the step is written. */
  reached: { node: string; table: FactTable; segment: number }[]
  rows: number
  oldest_landed_ms: number
}

/** How far one run of matching has read each log: one number per node and table. */
export class Positions {
  readonly #store: Store
  readonly #step_rows: number
  readonly #read = new Map<string, number>()
  /** Which segment after the position was too large for one step, and how many of its rows are read already. */
  readonly #within = new Map<string, { segment: number; rows: number }>()
  #discovered_ms = Number.NEGATIVE_INFINITY

  constructor(store: Store, step_rows: number) {
    this.#store = store
    this.#step_rows = step_rows
  }

  /** From where the last run stopped. */
  async load(): Promise<void> {
    const rows = await this.#store.query<{ node: string; table: string; segment: number }>(
      'SELECT node, table, segment FROM matching_positions FINAL',
    )
    for (const { node, table, segment } of rows) this.#read.set(`${node}\n${table}`, segment)
  }

  all(): { node: string; table: string; segment: number }[] {
    return [...this.#read].map(([key, segment]) => {
      const [node, table] = key.split('\n') as [string, string]
      return { node, table, segment }
    })
  }

  /** The next facts to read, oldest landed first; undefined when all is read. */
  async next(now_ms: number): Promise<Step | undefined> {
    await this.#discover(now_ms)
    const landed = inOrder(await this.#unread())
    if (landed.length === 0) return undefined
    const step: Step = { portions: [], reached: [], rows: 0, oldest_landed_ms: landed[0]?.landed_ms ?? now_ms }
    const stopped = new Set<string>()
    for (const segment of landed) {
      const key = `${segment.node}\n${segment.table}`
      if (step.rows >= this.#step_rows) break
      if (stopped.has(key)) continue
      if (!this.#take(step, segment, key)) stopped.add(key)
    }
    return step
  }

  /** Remembers what a step has read, once it is written. */
  commit(step: Step): void {
    for (const { node, table, first_segment, rows } of step.portions) {
      if (rows) this.#within.set(`${node}\n${table}`, { segment: first_segment, rows: rows.to })
    }
    for (const { node, table, segment } of step.reached) {
      const key = `${node}\n${table}`
      this.#read.set(key, segment)
      // The segment behind a finished one may have been begun in the same step.
      if ((this.#within.get(key)?.segment ?? 0) <= segment) this.#within.delete(key)
    }
  }

  /** Returns whether the segment is taken whole. */
  #take(step: Step, { node, table, segment, rows, received_ms }: Landed, key: string): boolean {
    const begun = this.#within.get(key)
    const from = begun?.segment === segment ? begun.rows : 0
    const to = Math.min(rows, from + this.#step_rows)
    step.rows += to - from
    const isWhole = to >= rows
    if (from > 0 || !isWhole) {
      const part = { from, to: isWhole ? 2 ** 32 - 1 : to }
      step.portions.push({ node, table, first_segment: segment, last_segment: segment, rows: part, received_ms })
    } else {
      const last = step.portions.findLast((portion) => portion.node === node && portion.table === table)
      if (last && !last.rows) {
        last.last_segment = segment
        last.received_ms = Math.min(last.received_ms, received_ms)
      } else {
        step.portions.push({ node, table, first_segment: segment, last_segment: segment, received_ms })
      }
    }
    if (isWhole) {
      const reached = step.reached.find((other) => other.node === node && other.table === table)
      if (reached) reached.segment = segment
      else step.reached.push({ node, table, segment })
    }
    return isWhole
  }

  async #discover(now_ms: number): Promise<void> {
    if (now_ms - this.#discovered_ms < DISCOVER_EVERY_MS && this.#read.size > 0) return
    const rows = await this.#store.query<{ node: string; table: string }>(
      // Repeated rows of a segment do not matter to which logs there are.
      'SELECT node, table FROM segments GROUP BY node, table',
    )
    for (const { node, table } of rows) {
      const key = `${node}\n${table}`
      if (factTableNames.includes(table as FactTable) && !this.#read.has(key)) this.#read.set(key, -1)
    }
    this.#discovered_ms = now_ms
  }

  #unread(): Promise<Landed[]> {
    const known = this.all()
    if (known.length === 0) return Promise.resolve([])
    const filters = known.map(
      (_, index) =>
        `(t.node = {node${index}:String} AND t.table = {table${index}:String} AND t.segment > {after${index}:Int64})`,
    )
    const params = Object.fromEntries(
      known.flatMap(({ node, table, segment }, index) => [
        [`node${index}`, node],
        [`table${index}`, table],
        [`after${index}`, segment],
      ]),
    )
    return this.#store.query<Landed>(
      `SELECT t.node AS node, t.table AS table, t.segment AS segment, t.rows AS rows,
         greatest(0, toFloat64(toUnixTimestamp64Milli(t.first_received_at)) - ${RECEIVED_MARGIN_MS}) AS received_ms,
         toFloat64(toUnixTimestamp64Milli(t.landed_at)) AS landed_ms
       FROM segments AS t FINAL WHERE ${filters.join(' OR ')}
       ORDER BY landed_ms, node, table, segment LIMIT ${STEP_SEGMENTS_MAX}`,
      params,
    )
  }
}

/** Oldest landed first, and of each log in the order of its segments even when the clock was set back between them. */
function inOrder(landed: readonly Landed[]): Landed[] {
  const latest = new Map<string, number>()
  return landed
    .toSorted((a, b) => a.segment - b.segment)
    .map((segment) => {
      const key = `${segment.node}\n${segment.table}`
      const landed_ms = Math.max(segment.landed_ms, latest.get(key) ?? 0)
      latest.set(key, landed_ms)
      return { ...segment, landed_ms }
    })
    .toSorted((a, b) => a.landed_ms - b.landed_ms)
}
