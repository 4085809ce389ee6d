import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** The argument that says: the disks of the data folder are small ones, of this run alone. */
export const SMALL_DISKS = '--small-disks'

const disks = { ingest: 96, clickhouse: 1200 } as const
export type Disk = keyof typeof disks

/** Whether this user may mount in a namespace of their own. */
export function maySqueezeDisks(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0
}

/** Puts small disks of memory under the log and under ClickHouse. Only in a mount namespace of our own. */
export function mountSmallDisks(dir: string): void {
  for (const [name, megabytes] of Object.entries(disks)) {
    const folder = join(dir, name)
    const script = `mkdir -m 700 -p "$1" && mount -t tmpfs -o size=${megabytes}m,mode=700 throughline-soak "$1"`
    const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', folder])
    if (status !== 0) throw new Error(`No small disk for ${folder}: ${stderr}`)
  }
}

/** Takes all of a disk but so much; ENOSPC is what writers meet then. */
export function fillDisk(dir: string, disk: Disk, left_bytes: number): void {
  const folder = join(dir, disk)
  const { bavail, bsize } = statfsSync(folder)
  const bytes = bavail * bsize - left_bytes
  if (bytes > 0) spawnSync('fallocate', ['-l', String(bytes), join(folder, 'ballast')])
}

export function freeDisk(dir: string, disk: Disk): void {
  rmSync(join(dir, disk, 'ballast'), { force: true })
}
