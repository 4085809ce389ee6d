import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { matchingFolder, removeOtherShares } from './matching-folder.ts'

let dir: string
const shares = [
  { index: 0, of: 1 },
  { index: 0, of: 2 },
  { index: 1, of: 2 },
  { index: 2, of: 3 },
]

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-shares-'))
  for (const share of shares) {
    const snapshots = join(matchingFolder(dir, share), 'snapshots')
    await mkdir(snapshots, { recursive: true })
    await writeFile(join(snapshots, 'a.snapshot'), 'somebody')
    await writeFile(join(matchingFolder(dir, share), 'settings.json'), '{}')
  }
  await writeFile(join(dir, 'matching', 'another.txt'), '')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test.each([
  [{ index: 0, of: 1 }, ['another.txt', 'settings.json', 'snapshots']],
  [{ index: 0, of: 2 }, ['1-of-2', '2-of-2', 'another.txt']],
  [{ index: 0, of: 3 }, ['3-of-3', 'another.txt']],
])('of what was kept for other numbers of processes nothing is left by %o', async (share, left) => {
  await removeOtherShares(dir, share)
  expect((await readdir(join(dir, 'matching'))).toSorted()).toEqual(left)
})
