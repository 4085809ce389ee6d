import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dir, makeLogWorld, store } from '#tests/support/log-world.ts'
import { insertSegment } from './insert-segment.ts'
import { openTestLog } from './open-test-log.ts'
import { recoverSegments } from './recover-segments.ts'
import { sampleLine } from './sample-event.ts'
import { watched } from './test-faults.ts'

makeLogWorld()

test('rows erased after they landed do not come in again when the word of their landing was lost', async () => {
  let erased = 0
  const losing = watched(store, async (call, when) => {
    // The one insert a log makes here names the segment; whoever reads it may erase its rows at once.
    if (call !== 'insert' || when !== 'after' || erased++ > 0) return
    await store.command("ALTER TABLE events DELETE WHERE id = 'a' SETTINGS mutations_sync = 1")
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  })
  const log = await openTestLog({ dir, store: () => losing })
  await log.append([{ table: 'events', rows: [sampleLine({ id: 'a' })] }])
  await log.drained()
  expect(erased).toBe(1)
  expect(await store.query('SELECT id FROM events')).toEqual([])
  await log.close()
})

test('a copy of the insert that arrives when the rows have landed and were erased lets nothing in', async () => {
  const first = await openTestLog({ dir, store: () => undefined })
  await first.append([{ table: 'events', rows: [sampleLine({ id: 'late' })] }])
  await first.close()
  await cp(join(dir, 'events'), join(dir, 'sent', 'events'), { recursive: true })
  const log = await openTestLog({ dir, store: () => store })
  await log.drained()
  await store.command("ALTER TABLE events DELETE WHERE id = 'late' SETTINGS mutations_sync = 1")
  const late = await recoverSegments(join(dir, 'sent'), 'events', { reportCut: () => {}, takeHashes: () => {} })
  expect(late).toHaveLength(1)
  for (const segment of late) await insertSegment(store, segment)
  expect(await store.query("SELECT id FROM events WHERE id = 'late'")).toEqual([])
  await log.close()
})
