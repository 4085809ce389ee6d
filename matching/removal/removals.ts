import type { Erasures } from '../erasures/erasures.ts'
import type { Retention } from '../retention/retention.ts'
import type { PlanRow } from './plan.ts'
import {
  type Counts,
  deleteFacts,
  isDeletingFacts,
  planRemoval,
  type Removal,
  type RemovalDeps,
  rederive,
} from './removal.ts'

export interface Removals {
  /** Does a bit of what is to be removed; false when nothing could be done. The steps stand still meanwhile. */
  turn(deps: RemovalDeps): Promise<boolean>
  /** Whether facts are going that the history still tells of. */
  isUnderWay(): boolean
  /** After something went wrong: what was under way is begun again from the tables. */
  restart(): void
}

export interface RemovalsOptions {
  erasures: Erasures
  retention: Retention
}

interface Work {
  removal: Removal & { isPlanned: boolean }
  begun: PlanRow[]
  planned(counts: Counts): Promise<void>
  removed(): Promise<void>
}

/** One removal at a time: people first, old facts after. */
export function openRemovals({ erasures, retention }: RemovalsOptions): Removals {
  let current: Work | undefined
  let isLoaded = false
  const next = async ({ projection }: RemovalDeps): Promise<Work | undefined> => {
    const erasure = await erasures.next(projection)
    if (erasure) {
      const { job, begun } = erasure
      return {
        ...{ removal: job, begun },
        planned: (counts) => erasures.planned(job, counts),
        removed: () => erasures.removed(job),
      }
    }
    const old = await retention.next(projection)
    if (!old) return undefined
    const { job, begun } = old
    return {
      ...{ removal: job, begun },
      planned: (counts) => retention.planned(job, counts),
      removed: () => retention.removed(job),
    }
  }
  return {
    async turn(deps) {
      if (!isLoaded) {
        await erasures.reload()
        await retention.reload()
        isLoaded = true
      }
      if (current) {
        // Facts go in the background: on a large table that takes minutes, and the history must keep up meanwhile.
        if (await isDeletingFacts(deps.store)) return false
        // Left as it is, it is what the next start goes on with.
        if (!(await rederive(deps, current.removal))) return false
        await current.removed()
        current = undefined
        return true
      }
      await erasures.clear()
      const work = await next(deps)
      if (!work) return false
      if (!work.removal.isPlanned) await work.planned(await planRemoval(deps, work.removal, work.begun))
      await deleteFacts(deps, work.removal)
      current = work
      return true
    },
    isUnderWay: () => current !== undefined,
    restart() {
      current = undefined
      isLoaded = false
    },
  }
}
