import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Share, shareName } from '#domain/site-share.ts'
import { readLastStart } from '#matching/snapshot/keeping.ts'
import { lookInto } from '#matching/snapshot/snapshots.ts'
import type { Config } from '../config.ts'
import { matchingFolder } from '../matching-folder.ts'
import { type Check, ok, size, span, unseen, warning } from './check.ts'

/** A start that reads the tables and took longer had better have a snapshot. */
const START_LONG_MS = 60_000

/** What of matching's memory is kept, and how it was come by at the last start. */
export async function checkMemory({ DATA_DIR, MATCHERS: of }: Config, now_ms: number): Promise<Check[]> {
  const shares = Array.from({ length: of }, (_, index) => ({ index, of }))
  const checks = shares.map((share) => checkShare(join(matchingFolder(DATA_DIR, share), 'snapshots'), share, now_ms))
  return (await Promise.all(checks)).flat()
}

async function checkShare(dir: string, share: Share, now_ms: number): Promise<Check[]> {
  if (!existsSync(dir)) return [unseen('memory', 'matching has not run on this folder')]
  const { sites, bytes, identifiers, age_ms, spoilt } = await lookInto(dir, now_ms)
  const last = await readLastStart(dir)
  const kept =
    sites === 0
      ? 'no snapshot'
      : `snapshots of ${sites} sites, ${identifiers} identifiers, ${size(bytes)}, the oldest ${span(age_ms)} old`
  const start = last
    ? `; the last start took ${(last.took_ms / 1000).toFixed(1)} s, ${last.kept} of ${last.sites} sites from snapshots`
    : ''
  const says = `${share.of > 1 ? `process ${shareName(share)}: ` : ''}${kept}${start}`
  if (spoilt > 0) {
    const fix = 'The next start throws them away and reads the tables. See that the disk is well.'
    return [warning('memory', `${spoilt} snapshots are spoilt; ${says}`, fix)]
  }
  if (sites === 0 && last && last.took_ms > START_LONG_MS) {
    const fix = 'Its log says why none could be written; most often the disk of DATA_DIR is nearly full.'
    return [warning('memory', says, fix)]
  }
  return [ok('memory', says)]
}
