import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { DataType, load, open } from 'ffi-rs'

/** Keeps a second process out of a folder. Given back by `release`, and by the kernel when the process dies. */
export async function lockFolder(dir: string, { wait_ms }: { wait_ms: number }): Promise<{ release(): Promise<void> }> {
  const handle = await openFile(join(dir, 'lock'), 'a', 0o600)
  const until = performance.now() + wait_ms
  // A process that is going down may hold the lock for a moment longer.
  while (!takeLock(handle.fd, exclusive_without_waiting)) {
    if (performance.now() >= until) {
      await handle.close()
      throw new FolderInUse(`The folder ${dir} is in use by another process.`)
    }
    await pause(50)
  }
  return { release: () => handle.close() }
}

/** Another process holds the folder. */
export class FolderInUse extends Error {}

/** Tells whether a process holds the folder; its answer is old as soon as it is given. */
export async function isFolderLocked(dir: string): Promise<boolean> {
  const handle = await openFile(join(dir, 'lock'), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (!handle) return false
  try {
    return !takeLock(handle.fd, shared_without_waiting)
  } finally {
    await handle.close()
  }
}

const shared_without_waiting = 1 | 4
const exclusive_without_waiting = 2 | 4
let isLibraryOpen = false

/**
 * flock(2), which Node does not offer. A file with a process id in it would not do: ids are reused, two containers
 * on one volume do not see each other's, and taking over a stale one is a race.
 */
function takeLock(descriptor: number, operation: number): boolean {
  if (!isLibraryOpen) open({ library: 'c', path: process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6' })
  isLibraryOpen = true
  const answer: unknown = load({
    library: 'c',
    funcName: 'flock',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [descriptor, operation],
  })
  return answer === 0
}
