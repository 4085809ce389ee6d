import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Share, shareName } from '#domain/site-share.ts'

/** What a process keeps between starts is of its share alone: its settings, and snapshots of its memory. */
export function matchingFolder(data_dir: string, share: Share): string {
  const whole = join(data_dir, 'matching')
  return share.of === 1 ? whole : join(whole, shareName(share).replaceAll(' ', '-'))
}

/** Removes what other numbers of processes kept: nobody would read it, and whoever is erased would stay in it. */
export async function removeOtherShares(data_dir: string, { of }: Share): Promise<void> {
  const folder = join(data_dir, 'matching')
  for (const name of await readdir(folder)) {
    const [, others] = /^\d+-of-(\d+)$/.exec(name) ?? []
    const isOther = others === undefined ? of > 1 && wholeKeeps.has(name) : Number(others) !== of
    if (isOther) await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Of the process that has all sites. */
const wholeKeeps = new Set(['settings.json', 'snapshots'])
