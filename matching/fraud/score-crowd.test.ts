import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import {
  call,
  DAY,
  fact,
  fixedSettings,
  form,
  landFacts,
  lease,
  logFacts,
  MINUTE,
  SECOND,
  shop,
  START_MS as T,
  visit,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection } from '../projection.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const settings = fixedSettings(shop)
let logs = 0
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

async function happens(...facts: WorldFact[]): Promise<void> {
  logs += 1
  await landFacts(store, logFacts(facts, `n${logs}`))
  const projection = await openProjection({ store, settings, now: () => T })
  while (await projection.step());
}

/** A form, and the page it stands on, opened a minute before. */
const sent = (index: number, said: object = {}): WorldFact[] => [
  visit(`s${index}`, T + (index - 1) * MINUTE, { visitor: `v${index}`, ...said }),
  form(`f${index}`, `s${index}`, T + index * MINUTE, { visitor: `v${index}`, ip: '10.0.0.0', ...said }),
]
const from = (index: number, said: object = {}) =>
  fact('leads', { id: `l${index}`, at: T + 2 * index * MINUTE, kind: 'chat', phone: '+79264445566', ...said })

/** The score of each lead, and of its path. */
async function scores(): Promise<Record<string, number>> {
  const rows = await store.query<{ id: string; score: number; on_path: number }>(
    `SELECT c.id AS id, c.fraud_score AS score, t.fraud_score AS on_path
     FROM conversions AS c FINAL
     INNER JOIN (SELECT conversion, fraud_score FROM touchpoints FINAL WHERE position = 0) AS t ON t.conversion = c.id
     WHERE c.kind = 'lead' ORDER BY id`,
  )
  for (const { id, score, on_path } of rows) expect([id, on_path]).toEqual([id, score])
  return Object.fromEntries(rows.map(({ id, score }) => [id, score]))
}

describe('forms of different visitors from one address', () => {
  test('show it from the fifth of a day on, also those sent before', async () => {
    for (let index = 1; index <= 4; index++) await happens(...sent(index))
    expect(Object.values(await scores())).toEqual([0, 0, 0, 0])
    await happens(...sent(5), ...sent(6, { ip: '10.0.1.0' }))
    expect(await scores()).toEqual({ f1: 35, f2: 35, f3: 35, f4: 35, f5: 35, f6: 0 })
  })

  test('show it no longer when facts were removed that it was counted from', async () => {
    await happens(...[1, 2, 3, 4, 5].flatMap((index) => sent(index)))
    // As a removal leaves it: rows gone in all their versions, and memory read anew.
    await store.command("DELETE FROM conversions WHERE id = 'f5'")
    await happens(from(1))
    expect(await scores()).toMatchObject({ f1: 0, f2: 0, f3: 0, f4: 0 })
  })
})

test('requests from one number show it by the day, whatever order they come in', async () => {
  await happens(...[5, 4, 3, 2].map((index) => from(index)), from(9, { at: T + DAY }))
  expect(await scores()).toEqual({ l2: 0, l3: 0, l4: 0, l5: 0, l9: 0 })
  await happens(from(1))
  expect(await scores()).toEqual({ l1: 40, l2: 40, l3: 40, l4: 40, l5: 40, l9: 0 })
  await happens(from(1, { at: T + DAY, version: 1 }))
  expect(await scores()).toEqual({ l1: 0, l2: 0, l3: 0, l4: 0, l5: 0, l9: 0 })
})

test('a call at the second its number was shown, and a verdict, are seen', async () => {
  await happens(visit('s1', T), lease('s1', T, T + MINUTE), call('c1', T + 2 * SECOND))
  expect(await scores()).toEqual({ c1: 40 })
  await happens(fact('annotations', { id: 'a1', at: T, on_kind: 'call', on_id: 'c1', verdict: 'spam' }))
  expect(await scores()).toEqual({ c1: 94 })
})

test('bots send no leads, and their forms count for nobody', async () => {
  await happens(...[1, 2, 3, 4].flatMap((index) => sent(index)), ...sent(5, { bot: 1 }))
  expect(await scores()).toEqual({ f1: 0, f2: 0, f3: 0, f4: 0 })
  expect(await store.query("SELECT value FROM identities FINAL WHERE value = 'v5'")).toEqual([])
})

test('a step that broke off between its writes is put right by the next start', async () => {
  await happens(...[1, 2, 3, 4].flatMap((index) => sent(index)))
  logs += 1
  await landFacts(store, logFacts(sent(5), `n${logs}`))
  const broken = {
    ...store,
    insert: (...said: Parameters<Store['insert']>) =>
      said[0] === 'touchpoints' ? Promise.reject(new Error('gone')) : store.insert(...said),
  }
  const projection = await openProjection({ store: broken, settings, now: () => T })
  await expect(projection.step()).rejects.toThrow('gone')
  await happens()
  expect(Object.values(await scores())).toEqual([35, 35, 35, 35, 35])
  await truncate(store, 'matching_positions')
  await happens()
  expect(Object.values(await scores())).toEqual([35, 35, 35, 35, 35])
})
