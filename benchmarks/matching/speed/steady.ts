import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '#storage/client.ts'
import { readToSql } from '#storage/matching-progress.ts'
import { type MatchingUnderTest, untilRead } from './matching-under-test.ts'
import { SITE } from './world.ts'

const FACTS_PER_SECOND = 2_000
/** Segments land this often; the log commits as fast as ClickHouse takes them. */
const LANDINGS_PER_SECOND = 4
const ROWS = FACTS_PER_SECOND / LANDINGS_PER_SECOND

/** A quarter of the sessions were known before; a session's events come over some seconds. */
const SESSIONS_OPEN = 3_000

export interface Steady {
  facts_per_s: number
  p50_ms: number
  p99_ms: number
  max_ms: number
}

/** From the landing of a segment until the positions have passed it, at a steady rate and on top of what is stored. */
export async function measureSteady(store: Store, matching: MatchingUnderTest, seconds: number): Promise<Steady> {
  const took_ms: number[] = []
  const waiting: Promise<void>[] = []
  const started_ms = performance.now()
  const landings = seconds * LANDINGS_PER_SECOND
  for (let segment = 0; segment < landings; segment++) {
    const due_ms = started_ms + (segment * 1000) / LANDINGS_PER_SECOND
    await pause(Math.max(0, due_ms - performance.now()))
    await land(store, segment)
    const landed_ms = performance.now()
    matching.poke()
    waiting.push(untilPassed(store, segment).then(() => void took_ms.push(performance.now() - landed_ms)))
  }
  const took_s = (performance.now() - started_ms) / 1000
  await Promise.all(waiting)
  await untilRead(store)
  took_ms.sort((a, b) => a - b)
  const at = (share: number) => Math.round(took_ms[Math.ceil(took_ms.length * share) - 1] as number)
  return { facts_per_s: Math.round((landings * ROWS) / took_s), p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) }
}

async function land(store: Store, segment: number): Promise<void> {
  const now_ms = Date.now()
  await store.command(
    `INSERT INTO events (node, segment, row, site, id, type, at, received_at, visitor, session, url, source, medium, channel)
     WITH (cityHash64(number + {segment:UInt64} * ${ROWS}) % ${SESSIONS_OPEN} + intDiv({segment:UInt64}, 8) * 700) AS open
     SELECT 'steady', {segment:UInt32}, toUInt32(number), '${SITE}', concat('steady-', toString({segment:UInt32}), '-', toString(number)),
       'page', at, at, concat('w', toString(intDiv(open, 2))), concat('t', toString(open)),
       'https://bench.example/', '(direct)', '(none)', 'direct'
     FROM (SELECT number, fromUnixTimestamp64Milli(toInt64({now_ms:Int64} + number), 'UTC') AS at FROM numbers(${ROWS}))`,
    { segment, now_ms },
  )
  await store.insert('segments', [
    { node: 'steady', table: 'events', segment, rows: ROWS, first_received_at: now_ms, landed_at: now_ms },
  ])
}

async function untilPassed(store: Store, segment: number): Promise<void> {
  const { sql, params } = readToSql(SITE)
  for (;;) {
    const [row] = await store.query<{ segment: number }>(
      `SELECT segment FROM ${sql} WHERE node = 'steady' AND table = 'events'`,
      params,
    )
    if (row && row.segment >= segment) return
    await pause(50)
  }
}
