import { mkdir, mkdtemp, rm, writeFile as write } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { landFile, writeFile } from '#matching/snapshot/snapshot-file.ts'
import { readConfig } from '../config.ts'
import { checkMemory } from './check-memory.ts'

const NOW = Date.UTC(2026, 10, 22)

let dir: string
let snapshots: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-doctor-'))
  snapshots = join(dir, 'matching', 'snapshots')
})
afterEach(() => rm(dir, { recursive: true }))

const check = () => checkMemory(readConfig({ DATA_DIR: dir }), NOW)

async function started(took_ms: number): Promise<void> {
  await mkdir(snapshots, { recursive: true })
  await write(join(snapshots, 'last-start.json'), JSON.stringify({ at_ms: NOW, took_ms, kept: 0, sites: 2 }))
}

async function keep(name: string): Promise<string> {
  const path = join(snapshots, `${name}.snapshot`)
  const head = { site: name, id: name, identifiers: 50_000, taken_ms: NOW - 600_000 }
  await writeFile(path, head, { pieces: [], isOff: () => false })
  await landFile(path)
  return path
}

describe('of the memory of matching', () => {
  test('nothing is said where it has not run', async () => {
    expect(await check()).toMatchObject([{ level: 'unseen' }])
  })

  test('is said what is kept, and how it was come by at the last start', async () => {
    await started(1_500)
    await keep('one')
    await keep('other')
    const [said, ...more] = await check()
    expect(more).toEqual([])
    expect(said).toMatchObject({ level: 'ok' })
    expect(said?.says).toMatch(/^snapshots of 2 sites, 100000 identifiers, \d+ B, the oldest 10 minutes old; /)
    expect(said?.says).toMatch(/the last start took 1.5 s, 0 of 2 sites from snapshots$/)
  })

  test('is warned where a snapshot is spoilt', async () => {
    await started(1_500)
    await keep('one')
    await write(await keep('other'), 'half')
    expect(await check()).toMatchObject([{ level: 'warning', says: expect.stringContaining('1 snapshots are spoilt') }])
  })

  test.each([
    [60_000, 'ok'],
    [60_001, 'warning'],
  ])('without a snapshot, a start of %i ms is %s', async (took_ms, level) => {
    await started(took_ms)
    expect(await check()).toMatchObject([{ level, says: expect.stringContaining('no snapshot') }])
  })
})
