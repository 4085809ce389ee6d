import { hasSite, wholeShare } from '#domain/site-share.ts'
import type { Store } from '#storage/client.ts'
import { namedWrites } from '../named-writes.ts'
import { openProjection, type Projection, type ProjectionOptions } from '../projection.ts'
import type { Snapshots } from '../snapshot/snapshots.ts'
import { alone, type Meeting } from './meeting.ts'
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
  /** Called by the lead when all who take part are there, before a fact is read. */
  begun?: (() => Promise<void>) | undefined
}

type Options = Pick<ProjectionOptions, 'settings' | 'now' | 'share' | 'settingsNow'>

/**
 * Derives the history anew from all facts, into tables beside those in use. The live run goes on meanwhile; it stands
 * still only for the last facts, the comparison and the swap. Several processes do it together, each for its own sites:
 * the swap concerns all, so all must stand still then, also when it is for one site of one of them.
 */
export async function rebuild(
  live: LiveRun,
  options: Options,
  asked: RebuildOptions,
  meeting: Meeting = alone,
): Promise<RebuildReport> {
  const { store } = live
  const started_ms = options.now()
  if (meeting.isLead) await createRebuildTables(store)
  const swap = openSwap(live, options, asked)
  try {
    await meeting.reach('tables')
    if (meeting.isLead) await live.begun?.()
    const isConcerned = asked.site === undefined || hasSite(options.share ?? wholeShare, asked.site)
    const found = await (isConcerned
      ? fillAndSwap({ live, swap }, options, asked, meeting)
      : standBy({ live, swap }, asked, meeting))
    // The tables are compared until here.
    await meeting.reach('done')
    return { ...found, took_ms: options.now() - started_ms, swapped: asked.check !== true }
  } finally {
    // After a swap that has failed nobody knows which tables are whose: the live run sees to it before it goes on.
    if (meeting.isLead && !swap.isUnsure()) await dropRebuildTables(store)
  }
}

interface Swap {
  run(): Promise<void>
  /** It was begun, and did not come to its end. */
  isUnsure(): boolean
}

function openSwap({ store }: LiveRun, { share = wholeShare }: Options, { site }: RebuildOptions): Swap {
  let isUnsure = false
  return {
    isUnsure: () => isUnsure,
    async run() {
      isUnsure = true
      // Under names by which a later run ends what is still under way.
      await swapTables(namedWrites(store, share), site)
      isUnsure = false
    },
  }
}

type Found = Pick<RebuildReport, 'rows' | 'differences'>

async function fillAndSwap(
  { live, swap }: { live: LiveRun; swap: Swap },
  options: Options,
  { site, check = false }: RebuildOptions,
  meeting: Meeting,
): Promise<Found> {
  const { store } = live
  const anew = await openProjection({ ...options, store, site, suffix: REBUILD_SUFFIX, fresh: true })
  let rows = 0
  const readAll = async () => {
    for (let done = await anew.step(); done; done = await anew.step()) {
      rows += done.rows
      meeting.check()
    }
  }
  await readAll()
  // Whoever is the last to fill is waited for before the others stand still.
  await meeting.reach('filled')
  const differences = await live.paused(async (catchUp) => {
    const compare = () => compareTables(store, site, options.share)
    const found = await compareAtRest(compare, { readAll, catchUp })
    if (check) return found
    // Before the swap: a start after it would take every row of the new tables for unfinished.
    await live.projection().finish(anew.version)
    await live.snapshots?.discard()
    await meeting.reach('at_rest')
    if (meeting.isLead) await swap.run()
    await meeting.reach('swapped')
    takeOver(live.projection(), anew, site)
    return found
  })
  return { rows, differences }
}

/** While the tables are filled and swapped on behalf of a site that this process has not. */
async function standBy(
  { live, swap }: { live: LiveRun; swap: Swap },
  { check }: RebuildOptions,
  meeting: Meeting,
): Promise<Found> {
  await meeting.reach('filled')
  if (check) return { rows: 0, differences: [] }
  await live.paused(async () => {
    await live.snapshots?.discard()
    await meeting.reach('at_rest')
    if (meeting.isLead) await swap.run()
    await meeting.reach('swapped')
  })
  return { rows: 0, differences: [] }
}

/**
 * Compares when both have read the same facts. Some may land between the last look of the one and of the other; then the
 * difference means nothing, and both read on.
 */
async function compareAtRest(
  compare: () => Promise<TableDifference[]>,
  { readAll, catchUp }: { readAll(): Promise<void>; catchUp(): Promise<boolean> },
): Promise<TableDifference[]> {
  for (let round = 1; ; round++) {
    await readAll()
    const found = await compare()
    if (found.length === 0 || round === ROUNDS_MAX || !(await catchUp())) return found
  }
}

/** The live run goes on from what the rebuild has in memory, as the tables now are the rebuild's. */
function takeOver(live: Projection, anew: Projection, site: string | undefined): void {
  if (site === undefined) live.sites.clear()
  else live.sites.delete(site)
  for (const [name, state] of anew.sites) live.sites.set(name, state)
}
