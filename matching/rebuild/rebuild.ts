import type { Store } from '#storage/client.ts'
import { openProjection, type Projection, type ProjectionOptions } from '../projection.ts'
import type { Snapshots } from '../snapshot/snapshots.ts'
import {
  compareTables,
  createRebuildTables,
  dropRebuildTables,
  REBUILD_SUFFIX,
  swapTables,
  type TableDifference,
} from './rebuild-tables.ts'

export interface RebuildOptions {
  /** Only this site. */
  site?: string
  /** Says where the history differs from the facts, and leaves it as it is. */
  check?: boolean
}

export interface RebuildReport {
  rows: number
  took_ms: number
  /** Where the history in use said something else, before it was replaced. */
  differences: TableDifference[]
  swapped: boolean
}

/** How often facts that land meanwhile may spoil a comparison before it is taken as it is. */
const ROUNDS_MAX = 20

/** What a rebuild needs of the run it goes on beside. */
export interface LiveRun {
  store: Store
  projection(): Projection
  /** What is kept of the tables in use. */
  snapshots?: Pick<Snapshots, 'discard'> | undefined
  /** Runs `work` while the live run stands still, having read all there is; `catchUp` says whether there was more. */
  paused<Result>(work: (catchUp: () => Promise<boolean>) => Promise<Result>): Promise<Result>
}

/**
 * Derives the history anew from all facts, into tables beside those in use. The live run goes on meanwhile; it stands
 * still only for the last facts, the comparison and the swap.
 */
export async function rebuild(
  live: LiveRun,
  options: Pick<ProjectionOptions, 'settings' | 'now'>,
  asked: RebuildOptions,
): Promise<RebuildReport> {
  const { store } = live
  await createRebuildTables(store)
  try {
    return await fillAndSwap(live, options, asked)
  } finally {
    await dropRebuildTables(store)
  }
}

async function fillAndSwap(
  live: LiveRun,
  options: Pick<ProjectionOptions, 'settings' | 'now'>,
  { site, check = false }: RebuildOptions,
): Promise<RebuildReport> {
  const { store } = live
  const started_ms = options.now()
  const anew = await openProjection({ ...options, store, site, suffix: REBUILD_SUFFIX, fresh: true })
  let rows = 0
  const readAll = async () => {
    for (let done = await anew.step(); done; done = await anew.step()) rows += done.rows
  }
  await readAll()
  const differences = await live.paused(async (catchUp) => {
    const found = await compareAtRest(store, site, { readAll, catchUp })
    if (!check) {
      // Before the swap: a start after it would take every row of the new tables for unfinished.
      await live.projection().finish(anew.version)
      await live.snapshots?.discard()
      await swapTables(store, site)
      takeOver(live.projection(), anew, site)
    }
    return found
  })
  return { rows, took_ms: options.now() - started_ms, differences, swapped: !check }
}

/**
 * Compares when both have read the same facts. Some may land between the last look of the one and of the other; then the
 * difference means nothing, and both read on.
 */
async function compareAtRest(
  store: Store,
  site: string | undefined,
  { readAll, catchUp }: { readAll(): Promise<void>; catchUp(): Promise<boolean> },
): Promise<TableDifference[]> {
  for (let round = 1; ; round++) {
    await readAll()
    const found = await compareTables(store, site)
    if (found.length === 0 || round === ROUNDS_MAX || !(await catchUp())) return found
  }
}

/** The live run goes on from what the rebuild has in memory, as the tables now are the rebuild's. */
function takeOver(live: Projection, anew: Projection, site: string | undefined): void {
  if (site === undefined) live.sites.clear()
  else live.sites.delete(site)
  for (const [name, state] of anew.sites) live.sites.set(name, state)
}
