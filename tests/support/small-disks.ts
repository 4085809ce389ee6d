import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './running-service.ts'

/** Folders on small disks of memory, in a mount namespace of their own. */
export interface SmallDisks {
  /** Put before a command, lets it see the disks. */
  within: string[]
  /** Where the outside sees a folder of theirs. */
  path(name: string): string
  /** Takes all of a disk but so much: ENOSPC is what writers meet then. */
  fill(name: string, left_bytes: number): Promise<void>
  free(name: string): Promise<void>
  stop(): Promise<void>
}

/** Says why a machine cannot have small disks; undefined where it can. */
export function noSmallDisksBecause(): string | undefined {
  if (process.platform !== 'linux') return 'mount namespaces are Linux alone'
  if (process.getuid?.() !== 0) return 'mounting takes root'
  const tried = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt && nsenter --version'])
  return tried.status === 0 ? undefined : 'mounting in a namespace of our own is not allowed here'
}

/** Mounts a disk of so many megabytes on each folder of `dir`. */
export async function startSmallDisks(dir: string, megabytes: Readonly<Record<string, number>>): Promise<SmallDisks> {
  const mounts: string[] = []
  for (const [name, size] of Object.entries(megabytes)) {
    await mkdir(join(dir, name), { recursive: true, mode: 0o700 })
    mounts.push(`mount -t tmpfs -o size=${size}m,mode=700 small "$1/${name}"`)
  }
  // Ends, and the disks with it, when its standard input does.
  const script = `${mounts.join(' && ')} && echo mounted && exec cat >/dev/null`
  const holder = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', dir], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [said] = (await once(holder.stdout, 'data')) as [Buffer]
  if (!String(said).includes('mounted')) throw new Error('The small disks could not be mounted.')
  const path = (name: string) => join(`/proc/${holder.pid}/root`, dir, name)
  return {
    // Entering puts the working folder back to the root of all.
    within: ['nsenter', '-t', String(holder.pid), '-m', 'sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', root],
    path,
    async fill(name, left_bytes) {
      const { bavail, bsize } = await statfs(path(name))
      // More than there is when all is wanted: others write meanwhile. What ENOSPC leaves of it stays.
      const bytes = left_bytes === 0 ? bavail * bsize * 2 : bavail * bsize - left_bytes
      const script = 'head -c "$1" /dev/zero >"$2" 2>/dev/null'
      const file = join(path(name), `ballast-${process.hrtime.bigint()}`)
      if (bytes > 0) spawnSync('sh', ['-c', script, 'sh', String(bytes), file])
    },
    async free(name) {
      for (const file of await readdir(path(name)))
        if (file.startsWith('ballast-')) await rm(join(path(name), file), { force: true })
    },
    async stop() {
      holder.stdin.end()
      if (holder.exitCode === null) await once(holder, 'exit')
    },
  }
}
