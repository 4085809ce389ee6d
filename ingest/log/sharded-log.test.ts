import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ByteText } from '#domain/byte-text.ts'
import { type LogPosition, parsePosition } from '#domain/position.ts'
import type { Store } from '#storage/client.ts'
import { shardOf } from '#storage/cluster/shard-of.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openClaimBook } from './claim-book.ts'
import { insertStatement } from './insert-segment.ts'
import type { Log, LogOptions } from './log.ts'
import { freshFolder, testNow_ms } from './open-test-log.ts'
import { openRemoteRepeats } from './remote-repeats.ts'
import { openRepeatWindow } from './repeat-window.ts'
import { isReplicated } from './replicated-table.ts'
import { sampleLine } from './sample-event.ts'
import { openShardedLog } from './sharded-log.ts'
import type { Batch } from './write-batches.ts'

// Two databases stand for two servers: a log knows its shard by the store alone.
const shards: Awaited<ReturnType<typeof freshStore>>[] = []
let dir: string
let remove: () => Promise<void>
let metrics: Registry
const logs: Log[] = []
let lines: object[] = []

beforeAll(async () => {
  shards.push(await freshStore(), await freshStore())
})
afterAll(() => Promise.all(shards.map((shard) => shard.drop())))
beforeEach(async () => {
  ;({ dir, remove } = await freshFolder())
  metrics = new Registry()
  lines = []
})
afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close()))
  await remove()
})

interface Opened extends Partial<LogOptions> {
  stores?: (() => Store | undefined)[]
}

async function open({ stores = shards.map((shard) => () => shard), ...options }: Opened = {}): Promise<Log> {
  const note = (fields: object) => void lines.push(fields)
  const log = await openShardedLog({
    ...{ dir, metrics, shards: stores, quota_bytes: 1024 ** 3, now: () => testNow_ms },
    ...{ log: { debug: note, info: note, warn: note, error: note } },
    ...{ lock_wait_ms: 0, close_wait_ms: 0, min_free_bytes: 0 },
    ...options,
  })
  logs.push(log)
  return log
}

const byNode = (a: LogPosition, b: LogPosition) => (a.node < b.node ? -1 : 1)

let visitors = 0

/** Events of new visitors, so that every test looks at its own. */
function events(count: number): { batch: Batch; ids: string[]; shardIds: string[][] } {
  const ids = Array.from({ length: count }, () => `"v\\${visitors++}`)
  const rows = ids.map((id) => sampleLine({ id, visitor: id }))
  const shardIds = [0, 1].map((shard) => ids.filter((id) => shardOf(['shop', id], 2) === shard))
  return { batch: { table: 'events', rows, ids: ids.map((id) => `shop\n${id}`) }, ids, shardIds }
}

async function idsOn(shard: number, ids: string[]): Promise<string[]> {
  const rows = await (shards[shard] as Store).query<{ id: string }>(
    'SELECT id FROM events WHERE id IN {ids:Array(String)}',
    { ids },
  )
  return rows.map(({ id }) => id)
}

/** Resolves when the shard has exactly these events. */
function landed(shard: number, ids: string[], of: string[]): Promise<void> {
  return expect.poll(async () => (await idsOn(shard, of)).toSorted(), { timeout: 10_000 }).toEqual(ids.toSorted())
}

describe('the log of two shards', () => {
  test('takes each row to its own shard, once, and names a position in the log of each', async () => {
    const log = await open()
    const { batch, ids, shardIds } = events(40)
    const position = parsePosition(await log.append([batch, { table: 'deals', rows: [] }])) ?? []
    await log.append([batch])
    // The same events again, under visitors who stand on other shards.
    const elsewhere = ids.map((id) => sampleLine({ id, visitor: `${id}-again` }))
    await log.append([{ ...batch, rows: elsewhere }])
    for (const shard of [0, 1]) {
      expect(shardIds[shard]?.length).toBeGreaterThan(5)
      await landed(shard, shardIds[shard] ?? [], ids)
      const named = () =>
        (shards[shard] as Store).query<{ rows: number }>(
          'SELECT rows FROM segments FINAL WHERE node = {node:String} AND segment = {segment:UInt32}',
          { node: position[shard]?.node, segment: position[shard]?.segments.events },
        )
      await expect.poll(named, { timeout: 10_000 }).toEqual([{ rows: shardIds[shard]?.length }])
    }
    expect(position).toHaveLength(2)
    await expect
      .poll(() => log.status())
      .toMatchObject({ bytes: 0, segments_waiting: 0, last_flush_error: null, full: false })
    expect([...(await idsOn(0, ids)), ...(await idsOn(1, ids))]).toHaveLength(ids.length)
  })

  test('in a worker answers repeats on both shards with a position that can be read, each log in it once', async () => {
    const window = await openRepeatWindow({ dir: join(dir, 'window'), now: () => testNow_ms })
    const book = openClaimBook({ window, unread: [], tell: (_, message) => repeats.take(message) })
    const repeats = openRemoteRepeats({
      key: window.key,
      send: async (message) => book.take(1, message),
      sync: () => window.sync(),
    })
    const log = await open({ repeats })
    const { batch } = events(20)
    const first = parsePosition(await log.append([batch]))
    expect(first).toHaveLength(2)
    expect(parsePosition(await log.append([batch]))?.toSorted(byNode)).toEqual(first?.toSorted(byNode))
  })

  test('names the position of a request that wrote nothing', async () => {
    const log = await open()
    expect(parsePosition(await log.append([]))).toEqual([{ node: log.status().node, segments: {} }])
  })

  test('lands the rows of one shard while the other is away, and the rest when it is back, also after a start', async () => {
    let isThere = false
    const stores = [() => shards[0], () => (isThere ? shards[1] : undefined)]
    const log = await open({ stores })
    const { batch, ids, shardIds } = events(40)
    await log.append([batch])
    await landed(0, shardIds[0] ?? [], ids)
    await expect.poll(() => log.status().last_flush_error).toBe('ClickHouse is away (shard 2)')
    await expect.poll(() => log.status()).toMatchObject({ oldest_ms: testNow_ms, segments_waiting: 1 })
    expect(lines).toContainEqual(expect.objectContaining({ shard: 2, err: 'ClickHouse is away' }))
    expect(await metrics.metrics()).toContain('throughline_log_segments_waiting 1')
    await logs.pop()?.close()
    isThere = true
    metrics = new Registry()
    await open({ stores })
    await landed(1, shardIds[1] ?? [], ids)
    await landed(0, shardIds[0] ?? [], ids)
  })

  test('counts all its bytes against one quota, and is full when the sum is', async () => {
    const nobody = [() => undefined, () => undefined]
    const { batch, shardIds } = events(40)
    const [one, two] = shardIds.map((ids) => ids.map((id) => sampleLine({ id, visitor: id }))) as [
      ByteText[],
      ByteText[],
    ]
    const size = batch.rows.join('').length
    // Either half fits by itself, and so does half of it once more; both halves and a half do not.
    const log = await open({ stores: nobody, quota_bytes: Math.round(size * 1.3) })
    await log.append([{ table: 'events', rows: one }])
    await log.append([{ table: 'events', rows: two }])
    await expect(log.append([{ table: 'events', rows: one }])).rejects.toMatchObject({ code: 'log_full' })
    expect(log.status()).toMatchObject({ full: true, full_because: 'quota' })
    expect(await metrics.metrics()).toContain(`throughline_log_bytes ${log.status().bytes}`)
  })

  test('hands what waits for a shard that is no more to the first', async () => {
    const log = await open({ stores: [() => undefined, () => undefined] })
    const { batch, ids } = events(40)
    await log.append([batch])
    await logs.pop()?.close()
    metrics = new Registry()
    await open({ stores: [() => shards[0]] })
    await landed(0, ids, ids)
  })

  test('lets go of every folder when one of them cannot be opened', async () => {
    await mkdir(join(dir, 'shard-2'), { recursive: true })
    const held = await open({ dir: join(dir, 'shard-2'), stores: [() => undefined] })
    metrics = new Registry()
    await expect(open()).rejects.toThrow('in use')
    await held.close()
    metrics = new Registry()
    await expect(open()).resolves.toBeDefined()
  })
})

describe('the token of an insert', () => {
  test('is sent to tables that are replicated, and never active on plain ones', async () => {
    const store = shards[0] as Store
    expect(await isReplicated(store, 'events')).toBe(false)
    expect(await isReplicated(store, 'nowhere')).toBe(false)
    expect(insertStatement('events')).toContain('insert_deduplicate = 0')
    expect(insertStatement('events')).not.toContain('token')
    expect(insertStatement('events', 'n1-events-7')).toContain(
      "insert_deduplicate = 1, insert_deduplication_token = 'n1-events-7'",
    )
  })
})
