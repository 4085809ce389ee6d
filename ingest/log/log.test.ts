import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { type ByteText, toByteText } from '#domain/byte-text.ts'
import { parsePosition } from '#domain/position.ts'
import { dir, makeLogWorld, openLogHere as open, store } from '#tests/support/log-world.ts'
import { encodeRow } from './encode-row.ts'
import { testNow_ms } from './open-test-log.ts'
import { sampleEvent, sampleLine } from './sample-event.ts'
import { failing, failingDisk } from './test-faults.ts'

makeLogWorld()

const lines = (...ids: string[]) => ids.map((id) => sampleLine({ id }))

async function idsOf(node: string, table = 'events'): Promise<string[]> {
  const rows = await store.query<{ id: string }>(
    `SELECT id FROM ${table} WHERE node = {node:String} ORDER BY segment, row`,
    { node },
  )
  return rows.map(({ id }) => id)
}

const segmentsOf = (node: string) =>
  store.query<{ table: string; segment: number; rows: number }>(
    'SELECT table, segment, rows FROM segments FINAL WHERE node = {node:String} ORDER BY segment',
    { node },
  )

describe('a row that was accepted', () => {
  test('is in ClickHouse and named in segments a moment later, and its file is gone', async () => {
    const log = await open()
    const [position] = parsePosition(await log.append([{ table: 'events', rows: lines('a', 'b') }])) ?? []
    await log.landed(1)
    const { node, landed } = log.status()
    expect(position).toEqual({ node, segments: { events: landed.events } })
    expect(await idsOf(node)).toEqual(['a', 'b'])
    expect(await segmentsOf(node)).toEqual([{ table: 'events', segment: landed.events, rows: 2 }])
    expect(await readdir(join(dir, 'events'))).toEqual([])
    expect(log.status()).toMatchObject({ bytes: 0, oldest_ms: null, segments_waiting: 0, last_flush_error: null })
  })
  test('keeps every value it was given', async () => {
    const log = await open()
    const row = sampleEvent({
      id: 'kept',
      title: 'Заголовок "в кавычках" \\ 😀 \n',
      click_ids: { yclid: '1' },
      at: testNow_ms + 7,
      clock_shift_ms: -5,
    })
    await log.append([{ table: 'events', rows: [encodeRow('events', row)] }])
    await log.landed(1)
    const [found] = await store.query('SELECT * EXCEPT (node, segment, row) FROM events WHERE node = {node:String}', {
      node: log.status().node,
    })
    const iso = (ms: number) => new Date(ms).toISOString()
    expect(found).toEqual({ ...row, at: iso(row.at), received_at: iso(row.received_at) })
  })
  test('of two tables is answered when both are synced', async () => {
    const log = await open()
    const call = `"shop","c1",${testNow_ms},${testNow_ms},"","","+7","in","answered",1,1,0,"","","","","","","",[],0,""]`
    const position = await log.append([
      { table: 'events', rows: lines('two') },
      { table: 'calls', rows: [toByteText(call)] },
    ])
    await log.landed(2)
    expect(Object.keys(parsePosition(position)?.[0]?.segments ?? {}).toSorted()).toEqual(['calls', 'events'])
    expect(await idsOf(log.status().node)).toEqual(['two'])
    expect(await idsOf(log.status().node, 'calls')).toEqual(['c1'])
  })
})

describe('segments', () => {
  test('are sealed when they hold so many rows, and a call may fill several', async () => {
    const log = await open({ limits: { rows_max: 10 } })
    const ids = Array.from({ length: 25 }, (_, i) => `r${i}`)
    const [position] = parsePosition(await log.append([{ table: 'events', rows: lines(...ids) }])) ?? []
    await log.landed(3)
    const { node } = log.status()
    const segments = await segmentsOf(node)
    expect(segments.map(({ rows }) => rows)).toEqual([10, 10, 5])
    expect(position?.segments.events).toBe(segments.at(-1)?.segment)
    expect(await idsOf(node)).toEqual(ids)
  })
  test('count from their first row on, also in the moment in which they are sealed', async () => {
    const log = await open({ store: () => undefined, limits: { rows_max: 1 } })
    await log.append([{ table: 'events', rows: lines('s1') }])
    while (log.status().segments_waiting < 1) {
      expect(log.status().bytes).toBeGreaterThan(0)
      await new Promise(setImmediate)
    }
    expect(log.status().bytes).toBeGreaterThan(0)
  })
  test('are sealed when they hold so many bytes', async () => {
    const log = await open({ limits: { bytes_max: 5 * 1024 * 1024 } })
    const big = sampleLine({ id: 'big', title: 'x'.repeat(1024 * 1024) })
    await log.append([{ table: 'events', rows: [big] }])
    await log.append([{ table: 'events', rows: [big] }])
    await log.landed(2)
    expect((await segmentsOf(log.status().node)).map(({ rows }) => rows)).toEqual([1, 1])
  })
  test('are sealed when a month ends, in UTC', async () => {
    let now_ms = Date.UTC(2026, 10, 30, 23, 59, 59, 999)
    const log = await open({ now: () => now_ms })
    await log.append([{ table: 'events', rows: [sampleLine({ id: 'november', received_at: now_ms })] }])
    now_ms++
    await log.append([{ table: 'events', rows: [sampleLine({ id: 'december', received_at: now_ms })] }])
    await log.landed(2)
    expect((await segmentsOf(log.status().node)).map(({ rows }) => rows)).toEqual([1, 1])
  })
  test('are one part each, all or nothing', async () => {
    const log = await open({ limits: { rows_max: 30_000, seal_after_ms: 10_000 } })
    const [line] = lines('p') as [ByteText]
    await log.append([{ table: 'events', rows: new Array(60_000).fill(line) }])
    await log.landed(2)
    const parts = await store.query<{ rows: string }>(
      `SELECT rows FROM system.parts
      WHERE database = {database:String} AND table = 'events' AND level = 0 AND rows >= 10000`,
      { database: store.database },
    )
    expect(parts).toEqual([{ rows: '30000' }, { rows: '30000' }])
  })
  test.each([
    { had: 8, commits: 2 },
    { had: 7, commits: 6 },
  ])('share a sync with those that follow a commit of $had rows at once', async ({ had, commits }) => {
    const log = await open({ limits: { seal_after_ms: 10_000, gather_ms: 3_000 } })
    await log.append([{ table: 'events', rows: lines(...Array.from({ length: had }, (_, i) => `f${i}`)) }])
    const following: Promise<string>[] = []
    for (let i = 0; i < 5; i++) {
      const written = log.append([{ table: 'events', rows: lines(`n${i}`) }])
      following.push(written)
      // What has a commit of its own is waited for, however long the disk takes.
      await (commits === 2 ? pause(10) : written)
    }
    await Promise.all(following)
    expect(await log.metrics.getSingleMetricAsString('throughline_log_sync_seconds')).toContain(`_count ${commits}`)
  })
  test('grow while earlier ones wait', async () => {
    let isAway = true
    const log = await open({ store: () => (isAway ? undefined : store), limits: { seal_after_ms: 1 } })
    await log.append([{ table: 'events', rows: lines('g0') }])
    // On a fast disk all the rest would be written before the first has been sealed.
    await vi.waitFor(() =>
      expect(log.status()).toMatchObject({ segments_waiting: 1, last_flush_error: 'ClickHouse is away' }),
    )
    for (let i = 1; i < 30; i++) await log.append([{ table: 'events', rows: lines(`g${i}`) }])
    expect(log.status().segments_waiting).toBe(1)
    isAway = false
    await log.landed(2)
    expect((await idsOf(log.status().node)).length).toBe(30)
  })
  test('land once in each month, when the clock jumps within one and its insert is repeated', async () => {
    const flaky = failing(store, ['send', 'send'], 'after')
    const log = await open({ store: () => flaky })
    const rows = [Date.UTC(2026, 10, 21), Date.UTC(2027, 3, 1)].map((received_at) => sampleLine({ received_at }))
    await log.append([{ table: 'events', rows }])
    await log.landed(1)
    expect(await idsOf(log.status().node)).toHaveLength(2)
  })
})

describe('an id that was seen', () => {
  const once = (...ids: string[]) => ({
    table: 'events' as const,
    rows: lines(...ids),
    ids: ids.map((id) => `shop\n${id}`),
  })

  test('is written once, in one call and in several, while the first is written and after it landed', async () => {
    const log = await open()
    await Promise.all([log.append([once('a', 'b', 'a')]), log.append([once('b', 'c')]), log.append([once('a')])])
    await log.append([once('c', 'd')])
    await log.landed(1)
    await log.append([once('d', 'a')])
    await log.append([once('e')])
    await log.landed(2)
    expect((await idsOf(log.status().node)).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
  test('is known after a restart, landed or not', async () => {
    const first = await open()
    await first.append([once('landed')])
    await first.landed(1)
    await first.close()
    const second = await open({ store: () => undefined })
    await second.append([once('waits')])
    await second.close()
    const third = await open()
    await third.append([once('landed', 'waits', 'new')])
    await third.landed(2)
    expect(await idsOf(third.status().node)).toEqual(['landed', 'waits', 'new'])
  })
  test('is answered with a position that holds it', async () => {
    const log = await open()
    const [first] = parsePosition(await log.append([once('a')])) ?? []
    const [again] = parsePosition(await log.append([once('a')])) ?? []
    expect(again?.segments.events).toBeGreaterThanOrEqual(first?.segments.events ?? Number.POSITIVE_INFINITY)
  })
  test('is answered with a position that is reached, also when the last segment never got a row', async () => {
    const disk = failingDisk()
    const log = await open({ open: disk.open })
    const first = await log.append([once('there')])
    await log.landed(1)
    disk.isFull = true
    await expect(log.append([once('refused')])).rejects.toMatchObject({ code: 'log_full' })
    disk.isFull = false
    expect(await log.append([once('there')])).toBe(first)
    expect(log.status().on_the_way).toEqual([])
  })
  test('is not taken for seen when its first copy could not be written', async () => {
    const disk = failingDisk()
    const log = await open({ open: disk.open })
    disk.isFull = true
    const both = [log.append([once('a')]), log.append([once('a')])]
    expect(await Promise.allSettled(both)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
    disk.isFull = false
    await log.append([once('a')])
    await log.landed(1)
    expect(await idsOf(log.status().node)).toEqual(['a'])
  })
})

describe('a log that cannot take more', () => {
  const full = { code: 'log_full', status: 503, retry_after_s: expect.any(Number) }

  test('says log_full at its quota, and takes rows again by itself once it is drained', async () => {
    let isAway = true
    const log = await open({ store: () => (isAway ? undefined : store), quota_bytes: 5.9 * sampleLine().length })
    await log.append([{ table: 'events', rows: lines('a', 'b') }])
    await expect(log.append([{ table: 'events', rows: lines('c', 'd', 'e', 'f') }])).rejects.toMatchObject(full)
    expect(log.status()).toMatchObject({ full: true, full_because: 'quota' })
    expect(await log.metrics.getSingleMetricAsString('throughline_log_refused_total')).toContain('reason="quota"} 1')
    isAway = false
    await log.landed(1)
    await log.append([{ table: 'events', rows: lines('c', 'd', 'e', 'f') }])
    await log.landed(2)
    expect(await idsOf(log.status().node)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })
  test('says log_full when the disk has too little room', async () => {
    const log = await open({ min_free_bytes: Number.MAX_SAFE_INTEGER })
    await expect(log.append([{ table: 'events', rows: lines('a') }])).rejects.toMatchObject(full)
    expect(log.status()).toMatchObject({ full: true, full_because: 'disk_low' })
  })
  test('says log_full when a write fails half way, keeps what was there, and goes on when there is room', async () => {
    const disk = failingDisk()
    const log = await open({ open: disk.open, store: () => (disk.isFull ? undefined : store) })
    await log.append([{ table: 'events', rows: lines('before') }])
    disk.isFull = true
    await expect(log.append([{ table: 'events', rows: lines('lost1') }])).rejects.toMatchObject(full)
    await expect(log.append([{ table: 'events', rows: lines('lost2') }])).rejects.toMatchObject(full)
    disk.isFull = false
    await log.append([{ table: 'events', rows: lines('after') }])
    await log.landed(2)
    expect(await idsOf(log.status().node)).toEqual(['before', 'after'])
  })
  test('acknowledges nothing when a sync fails', async () => {
    const disk = failingDisk()
    const log = await open({ open: disk.open })
    disk.isSyncFailing = true
    await expect(log.append([{ table: 'events', rows: lines('a') }])).rejects.toMatchObject(full)
    disk.isSyncFailing = false
    await log.append([{ table: 'events', rows: lines('b') }])
    await log.landed(1)
    expect(await idsOf(log.status().node)).toEqual(['b'])
  })
  test('takes nothing after it was closed', async () => {
    const log = await open()
    await log.close()
    await expect(log.append([{ table: 'events', rows: lines('a') }])).rejects.toMatchObject(full)
  })
})

describe('a row that ClickHouse refuses', () => {
  const bad = (id: string) => toByteText(sampleLine({ id }).replace('"page",', '"page","not a time",'))

  test('goes to quarantine with a reason that quotes nothing, and its neighbours go in', async () => {
    const log = await open()
    const rows = [...lines('a', 'b'), bad('x'), ...lines('c'), bad('y')]
    await log.append([{ table: 'events', rows }])
    await log.landed(1)
    const { node } = log.status()
    expect(await idsOf(node)).toEqual(['a', 'b', 'c'])
    const kept = await store.query<{ row: number; reason: string; line: string }>(
      'SELECT row, reason, line FROM quarantine FINAL WHERE node = {node:String} ORDER BY row',
      { node },
    )
    const reason = 'CANNOT_PARSE_DATETIME (41), column at'
    expect(kept).toEqual([
      { row: 2, reason, line: `[     2,${rows[2]}` },
      { row: 4, reason, line: `[     4,${rows[4]}` },
    ])
    expect(await segmentsOf(node)).toMatchObject([{ rows: 3 }])
    expect(log.lines.filter(({ message }) => message.includes('quarantine'))).toHaveLength(2)
  })
  test('because somebody changed its table is put aside like any other', async () => {
    await store.command('ALTER TABLE events MODIFY COLUMN ga_session FixedString(3)')
    try {
      const log = await open()
      const rows = ['1', 'seven', '2'].map((ga_session) => sampleLine({ id: `by-hand-${ga_session}`, ga_session }))
      await log.append([{ table: 'events', rows }])
      await log.landed(1)
      const { node } = log.status()
      expect(await idsOf(node)).toEqual(['by-hand-1', 'by-hand-2'])
      expect(await segmentsOf(node)).toMatchObject([{ rows: 2 }])
    } finally {
      await store.command('ALTER TABLE events MODIFY COLUMN ga_session String')
    }
  })
  test('does not keep a segment in the log when there is no other row in it', async () => {
    const log = await open()
    await log.append([{ table: 'events', rows: [bad('x')] }])
    await log.landed(1)
    expect(await segmentsOf(log.status().node)).toMatchObject([{ rows: 0 }])
  })
})
