import { statfs } from 'node:fs/promises'
import type { Refusal } from './log-reports.ts'

/** Says whether the log has room for more. */
export interface Room {
  /** Why so many characters more cannot be taken; undefined when they can. */
  refusal(chars: number): Refusal | undefined
}

export interface RoomOptions {
  dir: string
  quota_bytes: number
  min_free_bytes: number
  /** Bytes of the log on the disk. */
  used: () => number
  /** Characters that wait to be written. */
  waiting: () => number
}

/** What waits for the disk is in memory: a disk that hangs must not fill it. */
const waiting_chars_max = 64 * 1024 * 1024
const disk_check_ms = 1_000

export async function openRoom(options: RoomOptions): Promise<Room> {
  const { dir, quota_bytes, min_free_bytes, used, waiting } = options
  let isDiskLow = false
  let checked_ms = Number.NEGATIVE_INFINITY

  async function checkDisk(): Promise<void> {
    checked_ms = performance.now()
    const { bavail, bsize } = await statfs(dir)
    isDiskLow = bavail * bsize < min_free_bytes
  }
  await checkDisk()
  return {
    refusal(chars) {
      // Nobody waits for this look at the disk; a later append uses it. One that fails leaves the last answer standing.
      if (performance.now() - checked_ms > disk_check_ms) checkDisk().catch(() => {})
      if (isDiskLow) return 'disk_low'
      if (used() + waiting() + chars > quota_bytes) return 'quota'
      return waiting() + chars > waiting_chars_max ? 'memory' : undefined
    },
  }
}
