import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FolderInUse, lockFolder } from '#ingest/log/lock-folder.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import { readState } from './import-state.ts'

/** So many imports are remembered at most. */
export const IMPORTS_MAX = 10_000

const day_ms = 86_400_000
const ENDED_KEPT_MS = 30 * day_ms
const BROKEN_OFF_KEPT_MS = 90 * day_ms
const SWEEP_EVERY_MS = 3_600_000

export interface SweepOptions {
  now: Clock
  imports_max: number
  /** When this process swept last. */
  sweeper: { swept_ms: number }
}

/**
 * Makes room for one more import; called with the lock of the folder of all. Old ones go, and the oldest that ended when
 * there are too many. One that broke off is not dropped for that: its sender will come back.
 */
export async function sweepImports(dir: string, { now, imports_max, sweeper }: SweepOptions): Promise<void> {
  const names = (await readdir(dir)).filter((name) => /^[0-9a-f]{40}$/.test(name))
  if (names.length < imports_max && performance.now() - sweeper.swept_ms < SWEEP_EVERY_MS) return
  sweeper.swept_ms = performance.now()
  let left = names.length
  const ended: { name: string; updated_at_ms: number }[] = []
  for (const name of names) {
    const state = await readState(join(dir, name))
    const age_ms = state ? now() - state.updated_at_ms : Number.POSITIVE_INFINITY
    if (age_ms > (state?.is_ended ? ENDED_KEPT_MS : BROKEN_OFF_KEPT_MS)) left -= await remove(join(dir, name))
    else if (state?.is_ended) ended.push({ name, updated_at_ms: state.updated_at_ms })
  }
  for (const { name } of ended.toSorted((a, b) => a.updated_at_ms - b.updated_at_ms)) {
    if (left < imports_max) return
    left -= await remove(join(dir, name))
  }
  if (left >= imports_max) {
    throw new Failure('too_many_imports', `There are ${left} imports that were not sent to their end.`)
  }
}

/** How many were removed: none, when a request is sending it. */
async function remove(folder: string): Promise<0 | 1> {
  try {
    const lock = await lockFolder(folder, { wait_ms: 0 })
    await rm(folder, { recursive: true, force: true }).finally(() => lock.release())
    return 1
  } catch (error) {
    if (error instanceof FolderInUse) return 0
    throw error
  }
}
