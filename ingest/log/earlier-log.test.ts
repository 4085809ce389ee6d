import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dir, makeLogWorld, store } from '#tests/support/log-world.ts'
import { type EarlierCommit, writeEarlierSegment } from './earlier-log.ts'
import { inspectLog } from './inspect-log.ts'
import { openTestLog, testNow_ms } from './open-test-log.ts'
import { sampleLine } from './sample-event.ts'

makeLogWorld()

const header = (segment: number) => ({ node: 'before', segment, opened_at_ms: testNow_ms })

function commit(first_row: number, ...ids: string[]): EarlierCommit {
  const lines = ids.map((id, index) => `[${first_row + index},${sampleLine({ id })}\n`)
  return { data: Buffer.from(lines.join(''), 'latin1'), rows: ids.length, hashes: new Uint32Array(0) }
}

test('what an earlier version left in the log lands once, before what is taken after the upgrade', async () => {
  await writeEarlierSegment(dir, 'events', header(1), [commit(0, 'a', 'b'), commit(2, 'c')])
  const ends = await writeEarlierSegment(dir, 'events', header(2), [commit(0, 'd'), commit(1, 'e')])
  const files = (number: number, bytes: { rows: number; commits: number } | undefined) => [
    { path: join(dir, 'events', `${number}.rows`), bytes: bytes?.rows },
    { path: join(dir, 'events', `${number}.commits`), bytes: bytes?.commits },
  ]
  const { segments } = await inspectLog(dir)
  expect(segments.map(({ node, segment, rows }) => [node, segment, rows])).toEqual([
    ['before', 1, 3],
    ['before', 2, 2],
  ])
  expect(segments[1]?.files).toEqual(files(2, ends.at(-1)))

  const away = await openTestLog({ dir })
  await away.append([{ table: 'events', rows: [sampleLine({ id: 'f' })] }])
  await away.close()
  expect((await readdir(join(dir, 'events'))).map((name) => name.split('.')[1]).toSorted()).toEqual(
    ['commits', 'commits', 'rows', 'rows', 'segment'].toSorted(),
  )
  expect((await inspectLog(dir)).segments.map(({ rows }) => rows)).toEqual([3, 2, 1])
  const log = await openTestLog({ dir, store: () => store })
  await log.drained()
  await log.close()
  const rows = await store.query<{ id: string }>('SELECT id FROM events ORDER BY segment, row')
  expect(rows.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  expect(await readdir(join(dir, 'events'))).toEqual([])
})

test('a row of an earlier version that ClickHouse refuses is put aside, and its neighbours go in', async () => {
  const bad = commit(1, 'q')
  bad.data = Buffer.from(bad.data.toString('latin1').replace('"page",', '"page","not a time",'), 'latin1')
  await writeEarlierSegment(dir, 'events', header(3), [commit(0, 'p'), bad, commit(2, 'r')])
  const log = await openTestLog({ dir, store: () => store })
  await log.drained()
  await log.close()
  expect(await store.query("SELECT id FROM events WHERE segment = 3 AND node = 'before' ORDER BY row")).toEqual([
    { id: 'p' },
    { id: 'r' },
  ])
  expect(await store.query("SELECT row, line FROM quarantine WHERE node = 'before'")).toEqual([
    { row: 1, line: bad.data.toString().trimEnd() },
  ])
})
