import { bucketsOf, type Reached, reachedByBucket, type Share, wholeShare } from '#domain/site-share.ts'
import type { Params, Store } from '#storage/client.ts'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import type { Portion } from './read-new-facts.ts'

/**
 * Rows noted in one step, at most and about. They are taken into the history in pieces (`slicesOf`); the more of a backlog
 * are noted together, the seldomer each part of a table is read.
 */
export const STEP_ROWS = 1_000_000

/** How many times as many a step may have that is not cut off between events and what landed with them. */
const STEP_OVER_MAX = 1.25

/** Clocks may have been set back within a segment; the bound only spares older partitions. */
const RECEIVED_MARGIN_MS = 86_400_000

/** Segments of one log and table asked for in one step. */
const LOG_SEGMENTS_MAX = 1_000

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
  readonly #share: Share
  readonly #read = new Map<string, number>()
  /** Which segment after the position was too large for one step, and how many of its rows are read already. */
  readonly #within = new Map<string, { segment: number; rows: number }>()

  constructor(store: Store, step_rows: number, share = wholeShare) {
    this.#store = store
    this.#step_rows = step_rows
    this.#share = share
  }

  /**
   * From where the last run stopped. Where the sites were shared by another number of processes then, from where the
   * furthest behind of those stopped that had some of these sites: what is read twice says the same twice.
   */
  async load(): Promise<void> {
    const rows = await this.#store.query<{
      node: string
      table: string
      shares: number
      share: number
      segment: number
    }>('SELECT node, table, shares, share, segment FROM matching_positions FINAL')
    const byLog = new Map<string, Reached[]>()
    for (const { node, table, shares, share, segment } of rows) {
      const key = `${node}\n${table}`
      const reached = { share: readShare(shares, share), value: segment }
      byLog.set(key, [...(byLog.get(key) ?? []), reached])
    }
    for (const [key, reached] of byLog) {
      const segment = leastOf(reachedByBucket(reached), this.#share)
      if (segment !== undefined) this.#read.set(key, segment)
    }
  }

  /** Writes down what is reached. */
  async save(reached: Step['reached'], { version, read_at }: { version: number; read_at: number }): Promise<void> {
    const share = writtenShare(this.#share)
    await this.#store.insert(
      'matching_positions',
      reached.map((position) => ({ ...position, ...share, version, read_at })),
    )
  }

  all(): { node: string; table: FactTable; segment: number }[] {
    return [...this.#read].map(([key, segment]) => {
      const [node, table] = key.split('\n') as [string, FactTable]
      return { node, table, segment }
    })
  }

  /** Where the logs of these portions, and all others, stood before a step: of a log that is new before its first segment. */
  before(portions: readonly Portion[]): Step['reached'] {
    const begun = new Map<string, Step['reached'][number]>()
    for (const { node, table, first_segment } of portions) {
      const key = `${node}\n${table}`
      if (this.#read.has(key) || begun.has(key) || first_segment === 0) continue
      begun.set(key, { node, table, segment: first_segment - 1 })
    }
    return [...this.all(), ...begun.values()]
  }

  /** The next facts to read, oldest landed first; undefined when all is read. */
  async next(now_ms: number): Promise<Step | undefined> {
    const landed = inOrder(await this.#unread())
    if (landed.length === 0) return undefined
    const step: Step = { portions: [], reached: [], rows: 0, oldest_landed_ms: landed[0]?.landed_ms ?? now_ms }
    const stopped = new Set<string>()
    for (const segment of landed) {
      const key = `${segment.node}\n${segment.table}`
      if (this.#isFull(step.rows, segment.table)) break
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

  /**
   * What other tables say of visits lands behind their events: left for the next step, it would have them taken in a second
   * time, and one by one. So a full step ends before events, as long as it does not get much larger.
   */
  #isFull(rows: number, next: FactTable): boolean {
    return rows >= this.#step_rows && (next === 'events' || rows >= this.#step_rows * STEP_OVER_MAX)
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

  /**
   * The next segments of every log. Logs never heard of are in it at once: a fact in the first segment of a new one waits
   * no longer than others. What is behind the positions is left out by the primary key.
   */
  #unread(): Promise<Landed[]> {
    const { filter, params } = behindPositions(this.all())
    return this.#store.query<Landed>(
      // By log and number, never by time: a clock set back must not bring a later segment in while it cuts off an earlier.
      `SELECT t.node AS node, t.table AS table, t.segment AS segment, t.rows AS rows,
         greatest(0, toFloat64(toUnixTimestamp64Milli(t.first_received_at)) - ${RECEIVED_MARGIN_MS}) AS received_ms,
         toFloat64(toUnixTimestamp64Milli(t.landed_at)) AS landed_ms
       FROM segments AS t FINAL WHERE t.table IN {tables:Array(String)} AND (${filter})
       ORDER BY t.node, t.table, t.segment LIMIT ${LOG_SEGMENTS_MAX} BY t.node, t.table`,
      { ...params, tables: factTableNames },
    )
  }
}

/** In the tables one process that has every site is called share 0 of 0, as it was before there were shares. */
export function readShare(shares: number, share: number): Share {
  return { index: share, of: Math.max(1, shares) }
}

function writtenShare({ index, of }: Share): { shares: number; share: number } {
  return { shares: of === 1 ? 0 : of, share: index }
}

function leastOf(byBucket: readonly (number | undefined)[], share: Share): number | undefined {
  const values = bucketsOf(share).map((bucket) => byBucket[bucket])
  return values.every((value) => value !== undefined) ? Math.min(...values) : undefined
}

/** Segments that stand after these positions, or in logs and tables that have none. */
function behindPositions(positions: readonly { node: string; table: string; segment: number }[]): {
  filter: string
  params: Params
} {
  const byNode = new Map<string, string[]>()
  const params: Params = { nodes: [...new Set(positions.map(({ node }) => node))] }
  positions.forEach(({ node, table, segment }, index) => {
    params[`table${index}`] = table
    params[`after${index}`] = segment
    const clauses = byNode.get(node) ?? []
    clauses.push(`(t.table = {table${index}:String} AND t.segment > {after${index}:Int64})`)
    byNode.set(node, clauses)
  })
  const nodes = [...byNode].map(([node, clauses], index) => {
    params[`node${index}`] = node
    params[`of${index}`] = positions.filter((position) => position.node === node).map(({ table }) => table)
    return `(t.node = {node${index}:String} AND (${clauses.join(' OR ')} OR t.table NOT IN {of${index}:Array(String)}))`
  })
  params.nodes = [...byNode.keys()]
  return { filter: [...nodes, 't.node NOT IN {nodes:Array(String)}'].join(' OR '), params }
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
