import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openTestLog, type TestLog } from '#ingest/log/open-test-log.ts'
import { sampleLine } from '#ingest/log/sample-event.ts'
import { openStore, type Store } from '#storage/client.ts'
import type { OwnEngine } from '../support/own-engine.ts'

/** A log whose way to ClickHouse a test breaks, and what it has accepted. */
export interface LogUnderFire {
  log: TestLog
  accepted: string[]
  append(...ids: string[]): Promise<void>
  /** Waits until all has landed, then looks: each accepted row once, each segment as named, nothing put aside. */
  expectEachOnce(): Promise<void>
  close(): Promise<void>
}

interface FireOptions {
  /** Where the log believes ClickHouse to be. */
  url: string
  request_timeout_ms?: number
  rows_max?: number
  now?: () => number
}

export async function openLogUnderFire(own: OwnEngine, options: FireOptions): Promise<LogUnderFire> {
  const dir = await mkdtemp(join(tmpdir(), 'throughline-log-'))
  const { url, request_timeout_ms = 1_500, rows_max = 100, now } = options
  const store = openStore({ ...own.engine, url, database: own.database, request_timeout_ms })
  const log = await openTestLog({ dir, store: () => store, limits: { rows_max }, ...(now && { now }) })
  const accepted: string[] = []
  return {
    log,
    accepted,
    async append(...ids) {
      const names = ids.map((id) => `shop\n${id}`)
      await log.append([{ table: 'events', rows: ids.map((id) => sampleLine({ id })), ids: names }])
      accepted.push(...ids)
    },
    async expectEachOnce() {
      await log.drained()
      await expectLanded(own.store, log.status().node, accepted)
    },
    async close() {
      await log.close()
      await store.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Each id once among the rows of the node, `segments` as the table is, and nothing in quarantine. */
export async function expectLanded(store: Store, node: string, ids: readonly string[]): Promise<void> {
  const rows = await store.query<{ id: string }>('SELECT id FROM events WHERE node = {node:String}', { node })
  expect(rows.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted())
  const named = await store.query(
    `SELECT segment, toUInt64(rows) AS rows FROM segments FINAL WHERE node = {node:String} AND table = 'events' ORDER BY segment`,
    { node },
  )
  const there = await store.query(
    'SELECT segment, count() AS rows FROM events WHERE node = {node:String} GROUP BY segment ORDER BY segment',
    { node },
  )
  expect(named).toEqual(there)
  expect(await store.query('SELECT * FROM quarantine WHERE node = {node:String}', { node })).toEqual([])
}
