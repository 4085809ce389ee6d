import { laterPosition } from '#ingest/http/intake.ts'
import { REJECTIONS_LISTED_MAX, type Rejection } from '#ingest/wire/receipt.ts'
import type { Clock } from '#shell/clock.ts'
import { type ImportState, writeState } from './import-state.ts'

/** What some lines came to. */
export interface Step {
  /** The lines before this one are done. */
  lines: number
  accepted: number
  rejected_total: number
  rejected: readonly Rejection[]
  /** Empty when the lines held nothing to write. */
  position: string
}

/** Keeps the state of one import on the disk, never ahead of what is durable. */
export interface ImportProgress {
  readonly state: Readonly<ImportState>
  /** Called once the rows of the lines are synced. */
  advance(step: Step): void
  /** Resolves when the last state is on the disk. */
  end(is_ended: boolean): Promise<void>
}

/** After a crash so much work at most is done again. */
const SAVE_EVERY_MS = 1000

export function openProgress(folder: string, begun: ImportState, now: Clock): ImportProgress {
  let state = begun
  let saved_ms = performance.now()
  let saving: Promise<void> | undefined

  function save(): void {
    saved_ms = performance.now()
    // A state that could not be written is behind, and so is safe; the next one, or the last, will tell.
    saving = writeState(folder, state)
      .catch(() => {})
      .finally(() => {
        saving = undefined
      })
  }

  return {
    get state() {
      return state
    },
    advance(step) {
      state = {
        ...state,
        lines: step.lines,
        accepted: state.accepted + step.accepted,
        rejected_total: state.rejected_total + step.rejected_total,
        rejected: joinRejected(state.rejected, step.rejected),
        position: joinPositionTexts(state.position, step.position),
        updated_at_ms: now(),
      }
      if (!saving && performance.now() - saved_ms >= SAVE_EVERY_MS) save()
    },
    async end(is_ended) {
      await saving
      state = { ...state, is_ended, updated_at_ms: now() }
      await writeState(folder, state)
    },
  }
}

function joinRejected(before: Rejection[], more: readonly Rejection[]): Rejection[] {
  const room = REJECTIONS_LISTED_MAX - before.length
  return room > 0 && more.length > 0 ? [...before, ...more.slice(0, room)] : before
}

export function joinPositionTexts(a: string, b: string): string {
  if (a === '' || b === '') return a || b
  return laterPosition(a, b)
}
