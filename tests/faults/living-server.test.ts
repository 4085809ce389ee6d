import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { openStore } from '#storage/client.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { type OwnEngine, startOwnEngine } from '../support/own-engine.ts'
import { waitUntil } from '../support/running-service.ts'
import { type LogUnderFire, openLogUnderFire } from './log-under-fire.ts'

let own: OwnEngine
let admin: Store
let fire: LogUnderFire

beforeAll(async () => {
  own = await startOwnEngine()
  admin = openStore({ ...own.engine, database: 'default' })
})
afterAll(async () => {
  await admin?.close()
  await own?.stop()
})
beforeEach(async () => {
  fire = await openLogUnderFire(own, { url: own.engine.url })
})
afterEach(() => fire.close())

const ids = (part: string, count: number) => Array.from({ length: count }, (_, i) => `${part}${i}`)

/** The log meets this error, and goes on taking rows. */
async function meets(fire: LogUnderFire, error: RegExp, part: string): Promise<void> {
  await fire.append(...ids(`${part}-during-`, 50))
  await waitUntil(
    async () => error.test(fire.log.status().last_flush_error ?? ''),
    20_000,
    () => `The error was not met; the last was ${fire.log.status().last_flush_error}`,
  )
  await fire.append(...ids(`${part}-after-`, 50))
}

describe('an error of a ClickHouse that lives costs nothing:', () => {
  test.each([
    ['the table is detached for a while', 'DETACH TABLE facts.events', 'ATTACH TABLE facts.events', /UNKNOWN_TABLE/],
    [
      'the database has another name for a while',
      'RENAME DATABASE facts TO elsewhere',
      'RENAME DATABASE elsewhere TO facts',
      /UNKNOWN_DATABASE|DATABASE/,
    ],
    [
      'the table takes no more parts',
      'ALTER TABLE facts.events MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 0',
      'ALTER TABLE facts.events RESET SETTING parts_to_throw_insert, parts_to_delay_insert',
      /TOO_MANY_PARTS/,
    ],
    [
      'the table is read-only',
      'ALTER TABLE facts.events MODIFY SETTING table_readonly = 1',
      'ALTER TABLE facts.events RESET SETTING table_readonly',
      /READ_ONLY/,
    ],
    [
      'a rule of the table is broken by every row',
      'ALTER TABLE facts.events ADD CONSTRAINT closed CHECK 1 = 0',
      'ALTER TABLE facts.events DROP CONSTRAINT closed',
      /CONSTRAINT/,
    ],
    [
      'a column is missing',
      'ALTER TABLE facts.events RENAME COLUMN title TO headline',
      'ALTER TABLE facts.events RENAME COLUMN headline TO title',
      /NO_SUCH_COLUMN|UNKNOWN_IDENTIFIER|THERE_IS_NO_COLUMN/,
    ],
    [
      'the list of segments cannot be written',
      'DETACH TABLE facts.segments',
      'ATTACH TABLE facts.segments',
      /UNKNOWN_TABLE/,
    ],
  ])('%s', async (what, harm, undo, error) => {
    const part = what.replaceAll(' ', '-')
    await fire.append(...ids(`${part}-before-`, 50))
    // Parts to throw at: one is too many.
    await fire.log.drained()
    await admin.command(harm)
    try {
      await meets(fire, error, part)
    } finally {
      await admin.command(undo)
    }
    await fire.expectEachOnce()
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['every query runs out of memory', { max_memory_usage: '100000' }, /MEMORY_LIMIT_EXCEEDED/],
    ['its user may only read', { readonly: '1' }, /READONLY|ACCESS_DENIED/],
    ['every query takes too long', { max_execution_time: '0.000001' }, /TIMEOUT_EXCEEDED/],
  ])('%s for a while', async (_, settings, error) => {
    const proxy = await startFaultyProxy(own.engine.url)
    const starved = await openLogUnderFire(own, { url: proxy.url })
    try {
      proxy.decide(() => ({ kind: 'settings', settings }))
      await meets(starved, error, 'x')
      proxy.heal()
      await starved.expectEachOnce()
    } finally {
      await starved.close()
      await proxy.stop()
    }
  })

  test('it stands still in the middle of inserts, and goes on', async () => {
    for (let round = 0; round < 3; round++) {
      await fire.append(...ids(`f${round}-`, 90))
      process.kill(own.engine.pid, 'SIGSTOP')
      await fire.append(...ids(`g${round}-`, 90))
      // Longer than a request waits.
      await pause(1_800)
      process.kill(own.engine.pid, 'SIGCONT')
    }
    await fire.expectEachOnce()
  })
})
