import { fork } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GivenUp, landFile, openSnapshotFile, writeFile } from './snapshot-file.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-snapshot-file-'))
})
afterEach(() => rm(dir, { recursive: true }))

const KILLS = 8
const BYTES = 3 * 1024 ** 2

test('a file whose writer is killed at any moment is the last one that landed, whole', async () => {
  const path = join(dir, 'memory')
  let [last, moved] = [0, 0]
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = fork(join(import.meta.dirname, 'writer-process.ts'), [path, String(last), String(BYTES)], {
      execArgv: ['--import', 'tsx'],
    })
    // What it has said has landed; what it is at is killed somewhere.
    let said = last
    await new Promise<void>((done) => {
      writer.on('message', (round: number) => {
        said = round
        if (round >= last + 2) setTimeout(() => writer.kill('SIGKILL'), (kill * 3) % 25)
      })
      writer.once('exit', () => done())
    })
    const file = await openSnapshotFile(path)
    const { round } = file.head as { round: number }
    const bytes = new Uint8Array(BYTES)
    await file.fill([bytes])
    await file.end()
    await file.close()
    expect(round).toBeGreaterThanOrEqual(said)
    expect(bytes.every((byte) => byte === round % 256)).toBe(true)
    moved += round - last
    last = round
  }
  expect(moved).toBeGreaterThanOrEqual(2 * KILLS)
}, 60_000)

test('one that is given up leaves nothing behind, and frees all', async () => {
  let freed = 0
  const free = () => {
    freed += 1
  }
  const pieces = Array.from({ length: 20 }, () => ({ bytes: new Uint8Array(1024 ** 2), free }))
  let asked = 0
  const writing = writeFile(join(dir, 'memory'), {}, { pieces, isOff: () => ++asked > 2 })
  await expect(writing).rejects.toThrow(GivenUp)
  expect(freed).toBe(20)
  expect(await readdir(dir)).toEqual([])
  await writeFile(join(dir, 'memory'), {}, { pieces, isOff: () => false })
  await landFile(join(dir, 'memory'))
  expect(await readdir(dir)).toEqual(['memory'])
  expect(freed).toBe(40)
})
