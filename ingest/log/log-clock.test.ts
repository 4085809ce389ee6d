import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ByteText } from '#domain/byte-text.ts'
import { dir, makeLogWorld, store } from '#tests/support/log-world.ts'
import { openTestLog } from './open-test-log.ts'
import { sampleLine } from './sample-event.ts'

let worlds = 0

makeLogWorld()

const hour_ms = 3_600_000
/** By so many hours the clock is set forward or back; beyond a month, and beyond all reason. */
const anyJump = fc.record({
  hours: fc.oneof(fc.integer({ min: -60, max: 60 }), fc.constantFrom(-24 * 40, 24 * 40, 24 * 365 * 20, -24 * 365 * 20)),
  restarts: fc.boolean(),
})

test('however the clock jumps, each row lands once and segment numbers only grow, through restarts too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyJump, { minLength: 2, maxLength: 6 }), async (jumps) => {
      const world = `clock${worlds++}`
      const home = `${dir}/${world}`
      // Half an hour before a month ends, so that small jumps cross it.
      let now_ms = Date.UTC(2026, 9, 31, 23, 30)
      const options = { dir: home, store: () => store, now: () => now_ms, limits: { seal_after_ms: 5 } }
      let log = await openTestLog(options)
      const { node } = log.status()
      const ids: string[] = []
      for (const [index, { hours, restarts }] of jumps.entries()) {
        const rows: ByteText[] = []
        for (const part of ['before', 'after']) {
          const id = `${world}-${index}-${part}`
          ids.push(id)
          rows.push(sampleLine({ id, received_at: now_ms }))
          // Between the two: rows of one request can be stamped on both sides of a jump.
          if (part === 'before') now_ms += hours * hour_ms
        }
        await log.append([{ table: 'events', rows }])
        if (!restarts) continue
        await log.close()
        log = await openTestLog(options)
      }
      await log.drained()
      await log.close()
      const found = await store.query<{ id: string; segment: number }>(
        'SELECT id, segment FROM events WHERE node = {node:String} ORDER BY segment, row',
        { node },
      )
      // In the order of the numbers they are in the order in which they came.
      expect(found.map(({ id }) => id)).toEqual(ids)
      const named = 'SELECT toUInt64(sum(rows)) AS rows FROM segments FINAL WHERE node = {node:String}'
      expect(await store.query(named, { node })).toEqual([{ rows: String(ids.length) }])
    }),
    { numRuns: 12 },
  )
}, 60_000)
