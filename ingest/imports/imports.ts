import { mkdir } from 'node:fs/promises'
import { FolderInUse, isFolderLocked, lockFolder } from '#ingest/log/lock-folder.ts'
import type { Access } from '#shell/access.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import { type ImportProgress, openProgress } from './import-progress.ts'
import { type ImportState, importFolder, readState, writeState } from './import-state.ts'
import { IMPORTS_MAX, sweepImports } from './sweep-imports.ts'

/** The long imports of this machine; every worker process has the same ones. */
export interface Imports {
  /** Goes on with an import, or begins it. It belongs to this caller until `end`; others are told `import_in_use`. */
  begin(id: string, from_line: number, access: Access): Promise<ImportProgress>
  status(id: string, access: Access): Promise<{ state: ImportState; is_running: boolean }>
}

export interface ImportsOptions {
  dir: string
  now: Clock
  imports_max?: number
}

/** Whoever opens or removes a folder holds the lock above them all for a moment. */
const OPEN_WAIT_MS = 5_000
/** A look at whether an import runs holds its lock for a moment too. */
const TAKE_WAIT_MS = 100

export function openImports({ dir, now, imports_max = IMPORTS_MAX }: ImportsOptions): Imports {
  const sweeper = { swept_ms: Number.NEGATIVE_INFINITY }

  async function take(folder: string, is_known: boolean, id: string): Promise<{ release(): Promise<void> }> {
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      const all = await lockFolder(dir, { wait_ms: OPEN_WAIT_MS })
      try {
        if (!is_known) await sweepImports(dir, { now, imports_max, sweeper })
        await mkdir(folder, { recursive: true, mode: 0o700 })
        return await lockFolder(folder, { wait_ms: TAKE_WAIT_MS })
      } finally {
        await all.release()
      }
    } catch (error) {
      if (error instanceof FolderInUse) throw inUse(id)
      throw error instanceof Failure ? error : notWritten(error)
    }
  }

  return {
    async begin(id, from_line, access) {
      const folder = importFolder(dir, id)
      const seen = await readState(folder)
      if (seen) refuseStranger(seen, access)
      refuseGap(id, from_line, seen?.lines ?? 0)
      const lock = await take(folder, seen !== undefined, id)
      try {
        const known = await readState(folder)
        if (known) refuseStranger(known, access)
        refuseGap(id, from_line, known?.lines ?? 0)
        const begun = known && known.accepted > 0 ? known : newState(id, known?.token ?? access.token)
        const state = { ...begun, is_ended: false, updated_at_ms: now() }
        await writeState(folder, state)
        return releasing(openProgress(folder, state, now), lock)
      } catch (error) {
        await lock.release()
        throw error instanceof Failure ? error : notWritten(error)
      }
    },
    async status(id, access) {
      const folder = importFolder(dir, id)
      const state = await readState(folder)
      if (!state) throw new Failure('import_not_found', `There is no import "${id}".`)
      refuseStranger(state, access)
      return { state, is_running: await isFolderLocked(folder) }
    },
  }
}

function releasing(progress: ImportProgress, lock: { release(): Promise<void> }): ImportProgress {
  return {
    get state() {
      return progress.state
    },
    advance: progress.advance,
    async end(is_ended) {
      try {
        await progress.end(is_ended)
      } catch (error) {
        throw notWritten(error)
      } finally {
        await lock.release()
      }
    },
  }
}

function newState(id: string, token: string): ImportState {
  return {
    id,
    token,
    lines: 0,
    accepted: 0,
    rejected_total: 0,
    rejected: [],
    position: '',
    is_ended: false,
    updated_at_ms: 0,
  }
}

/** An import is its token's own, and the owner's: a token of other sites neither reads nor continues it. */
function refuseStranger({ id, token }: ImportState, access: Access): void {
  const isOwner = access.allows('admin') && access.reaches('')
  if (token !== access.token && !isOwner) {
    throw new Failure('forbidden', `Import "${id}" was begun with another token.`, { field: 'import' })
  }
}

function refuseGap(id: string, from_line: number, lines: number): void {
  if (from_line <= lines) return
  throw new Failure('import_gap', `Import "${id}" has ${lines} durable lines: line ${lines} must come next.`, {
    field: 'from_line',
    details: { lines },
  })
}

function inUse(id: string): Failure {
  return new Failure('import_in_use', `Another request is sending import "${id}".`, {
    field: 'import',
    retry_after_s: 5,
  })
}

function notWritten(cause: unknown): Failure {
  return new Failure('log_full', 'The state of the import cannot be written.', { retry_after_s: 5, cause })
}
