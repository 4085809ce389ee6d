import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ByteText, toByteText } from '#domain/byte-text.ts'
import { freshFolder, openTestLog, type TestLog } from '#ingest/log/open-test-log.ts'
import { sampleLine } from '#ingest/log/sample-event.ts'
import { nameUnnamedSegments } from '#storage/backup/name-segments.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { copyDataFolder } from './copy-files.ts'
import { settleLog } from './settle-log.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let folder: Awaited<ReturnType<typeof freshFolder>>
let copy: string
let isAway = true
const logs: TestLog[] = []

beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())
beforeEach(async () => {
  isAway = true
  folder = await freshFolder()
  copy = await mkdtemp(join(tmpdir(), 'throughline-copy-'))
})
afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close()))
  await folder.remove()
  await rm(copy, { recursive: true, force: true })
})

const logIn = async (dir: string, seal_after_ms: number): Promise<TestLog> => {
  const log = await openTestLog({
    ...{ dir: join(dir, 'ingest', 'log'), store: () => (isAway ? undefined : store), limits: { seal_after_ms } },
  })
  logs.push(log)
  return log
}
const lines = (...ids: string[]) => ids.map((id) => sampleLine({ id }))
const poison = (id: string) => toByteText(sampleLine({ id }).replace('"page",', '"page","not a time",'))
const append = (log: TestLog, rows: ByteText[]) => log.append([{ table: 'events', rows }])
const namesOf = async (prefix: string) => {
  const rows = await store.query<{ id: string }>(
    'SELECT id FROM events WHERE startsWith(id, {prefix:String}) ORDER BY id',
    { prefix },
  )
  return rows.map(({ id }) => id)
}

/** The next start of a log lands what the last one left. */
async function land(log: TestLog): Promise<void> {
  await log.close()
  isAway = false
  const next = await logIn(folder.dir, 0)
  await next.drained()
  await next.close()
}

/** Takes a copy while a segment has two rows, then lets it have a third and land. */
async function copyHalf(prefix: string, third: ByteText): Promise<void> {
  const log = await logIn(folder.dir, 60_000)
  await append(log, lines(`${prefix}1`, `${prefix}2`))
  const copied = await copyDataFolder(folder.dir, copy)
  expect(copied.map(({ path }) => path).filter((path) => path.endsWith('.segment'))).toHaveLength(1)
  await append(log, [third])
  await land(log)
}

/** The tables as they were before the segment came in. */
async function beforeLanding(prefix: string): Promise<void> {
  await store.command(`DELETE FROM events WHERE startsWith(id, '${prefix}')`)
  await store.command('TRUNCATE TABLE segments')
}

describe('a restored log', () => {
  test('gives up a copy of a segment that grew and landed before the tables were copied', async () => {
    const log = await logIn(folder.dir, 60_000)
    await append(log, lines('grown1', 'grown2'))
    await copyDataFolder(folder.dir, copy)
    await append(log, lines('grown3'))
    await land(log)
    expect(await settleLog(copy, store)).toEqual({ kept: [], landed: 1 })
    const restored = await logIn(copy, 0)
    expect(restored.status()).toMatchObject({ bytes: 0, segments_waiting: 0 })
    expect(await namesOf('grown')).toEqual(['grown1', 'grown2', 'grown3'])
  })
  test('lands its copy of one that had not, under the same name, once', async () => {
    await copyHalf('waits', sampleLine({ id: 'waits3' }))
    await beforeLanding('waits')
    expect(await settleLog(copy, store)).toMatchObject({ kept: [{ rows: 2 }], landed: 0 })
    const restored = await logIn(copy, 0)
    await restored.drained()
    expect(await namesOf('waits')).toEqual(['waits1', 'waits2'])
  })
  test('lands what is missing of a segment of two months when the tables were copied between them', async () => {
    const october_ms = Date.UTC(2026, 9, 31, 23, 59)
    const log = await logIn(folder.dir, 60_000)
    await append(log, [...lines('month1'), sampleLine({ id: 'month2', received_at: october_ms })])
    await copyDataFolder(folder.dir, copy)
    await append(log, lines('month3'))
    await land(log)
    expect(await namesOf('month')).toEqual(['month1', 'month2', 'month3'])
    // A month is a part, and one is in before the other: so many rows as the copy has, and not the same.
    await store.command("DELETE FROM events WHERE id = 'month2'")
    await store.command('TRUNCATE TABLE segments')

    const settled = await settleLog(copy, store)
    expect(settled).toMatchObject({ kept: [{ rows: 2 }], landed: 0 })
    await nameUnnamedSegments(store, settled.kept)
    const restored = await logIn(copy, 0)
    await restored.drained()
    expect(await namesOf('month')).toEqual(['month1', 'month2'])
    expect(await store.query('SELECT rows FROM segments FINAL WHERE rows > 0')).toContainEqual({ rows: 2 })
  })
  test('leaves out what was erased after it had landed', async () => {
    const log = await logIn(folder.dir, 60_000)
    await append(log, lines('erased1', 'erased2'))
    await copyDataFolder(folder.dir, copy)
    await append(log, lines('erased3'))
    await land(log)
    await store.command("DELETE FROM events WHERE id = 'erased1'")
    expect(await settleLog(copy, store)).toEqual({ kept: [], landed: 1 })
    expect(await namesOf('erased')).toEqual(['erased2', 'erased3'])
  })
  test('is not held up by the refusal of a row that came after the copy', async () => {
    await copyHalf('refused', poison('refused3'))
    // The tables were copied after the refusal was written down, and before the rest landed.
    await beforeLanding('refused')
    expect(await store.query('SELECT row FROM quarantine FINAL')).toEqual([{ row: 2 }])
    expect(await settleLog(copy, store)).toMatchObject({ kept: [{ rows: 2 }], landed: 0 })
    const restored = await logIn(copy, 0)
    await restored.drained()
    expect(await namesOf('refused')).toEqual(['refused1', 'refused2'])
  })
})

test('a segment whose rows came into a backup after the list of segments did is named', async () => {
  isAway = false
  const log = await logIn(folder.dir, 0)
  await append(log, lines('named1', 'named2'))
  await log.drained()
  const { node } = log.status()
  const named = () => store.query('SELECT table, rows FROM segments FINAL WHERE node = {node:String}', { node })
  await store.command('TRUNCATE TABLE segments')
  expect(await nameUnnamedSegments(store, [])).toBeGreaterThan(0)
  expect(await named()).toEqual([{ table: 'events', rows: 2 }])
  expect(await nameUnnamedSegments(store, [])).toBe(0)
})

test('segments are named however many others wait in the log', async () => {
  isAway = false
  const log = await logIn(folder.dir, 0)
  await append(log, lines('beside1'))
  await log.drained()
  const { node } = log.status()
  await store.command('TRUNCATE TABLE segments')
  // An hour without ClickHouse.
  const waiting = Array.from({ length: 18_000 }, (_, index) => ({ node, table: 'events', segment: 1_000_000 + index }))
  expect(await nameUnnamedSegments(store, waiting)).toBeGreaterThan(0)
  expect(await nameUnnamedSegments(store, waiting)).toBe(0)
})
