import type { Store } from '#storage/client.ts'
import { type MatchingUnderTest, untilRead } from './matching-under-test.ts'
import { SITE } from './world.ts'

const SESSIONS = 10_000

/** Two people with so many visits each turn out to be one: from the landing of the fact until the history says so. */
export async function measureMerge(
  store: Store,
  matching: MatchingUnderTest,
): Promise<{ sessions: number; ms: number }> {
  const now_ms = Date.now()
  await land(
    store,
    0,
    SESSIONS * 2,
    `SELECT 'merge', 0, toUInt32(number), '${SITE}', concat('merge-', toString(number)), 'page', moment, moment,
       if(number % 2 = 0, 'merge-ann', 'merge-bob'), concat('merge-s', toString(number)), '' AS user
     FROM (SELECT number, fromUnixTimestamp64Milli(toInt64({now_ms:Int64} + number * 1000), 'UTC') AS moment
       FROM numbers(${SESSIONS * 2}))`,
    now_ms,
  )
  matching.poke()
  await untilRead(store)
  const started_ms = performance.now()
  await land(
    store,
    1,
    2,
    `SELECT 'merge', 1, toUInt32(number), '${SITE}', concat('merge-user-', toString(number)), 'identify', moment, moment,
       if(number % 2 = 0, 'merge-ann', 'merge-bob'), concat('merge-s', toString(number)), 'merge-user' AS user
     FROM (SELECT number, fromUnixTimestamp64Milli(toInt64({now_ms:Int64} + number * 1000 + 500), 'UTC') AS moment
       FROM numbers(2))`,
    now_ms,
  )
  matching.poke()
  await untilRead(store)
  const ms = Math.round(performance.now() - started_ms)
  const [found] = await store.query<{ persons: number; sessions: number }>(
    `SELECT toFloat64(uniqExact(person)) AS persons, toFloat64(count()) AS sessions FROM sessions FINAL
     WHERE startsWith(id, 'merge-s')`,
  )
  if (found?.persons !== 1 || found.sessions !== SESSIONS * 2) {
    throw new Error(`${found?.sessions} visits are of ${found?.persons} persons, and should be of one`)
  }
  return { sessions: SESSIONS * 2, ms }
}

async function land(store: Store, segment: number, rows: number, select: string, now_ms: number): Promise<void> {
  await store.command(
    `INSERT INTO events (node, segment, row, site, id, type, at, received_at, visitor, session, user) ${select}`,
    { now_ms },
  )
  await store.insert('segments', [
    { node: 'merge', table: 'events', segment, rows, first_received_at: now_ms, landed_at: now_ms },
  ])
}
