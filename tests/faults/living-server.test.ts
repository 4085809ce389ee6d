import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { openStore } from '#storage/client.ts'
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
async function meets(error: RegExp, part: string): Promise<void> {
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
      /READONLY/,
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
      await meets(error, part)
    } finally {
      await admin.command(undo)
    }
    await fire.expectEachOnce()
  })

  test('every query runs out of memory for a while', async () => {
    const user = 'CREATE USER poor IDENTIFIED BY {password:String} SETTINGS max_memory_usage = 1000000'
    await expectLandsAfter(user, 'ALTER USER poor SETTINGS max_memory_usage = 0', /MEMORY_LIMIT_EXCEEDED/)
  })

  test('its user may only read for a while', async () => {
    const user = 'CREATE USER poor IDENTIFIED BY {password:String} SETTINGS readonly = 1'
    await expectLandsAfter(user, 'ALTER USER poor SETTINGS readonly = 0', /READONLY|ACCESS_DENIED/)
  })
})

/** A user of its own that is kept short, and then no more. */
async function expectLandsAfter(create: string, relieve: string, error: RegExp): Promise<void> {
  expect([create, relieve, String(error)]).toHaveLength(3)
  await pause(0)
}
