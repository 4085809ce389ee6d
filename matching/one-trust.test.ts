import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  fact,
  fixedSettings,
  HOUR,
  landFacts,
  logFacts,
  readHistory,
  shop,
  START_MS as T,
} from '#tests/support/matching-world.ts'
import { openProjection } from './projection.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const { person } = readHistory(() => store)
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

test.each([
  ['a browser', 0],
  ['a server', 1],
])('forms of two clients from one browser, sent by %s, leave each with the phone of the card', async (_, trusted) => {
  const [a, b] = [`+7926111000${trusted}`, `+7926111001${trusted}`]
  const form = (id: string, at: number, said: object) =>
    fact('events', { id: `${id}${trusted}`, at, type: 'form', visitor: `v${trusted}`, trusted, ...said })
  const deal = (id: string, at: number, contact_id: string, phones: string[]) =>
    fact('deals', { id: `${id}${trusted}`, at, contact_id, phones })
  const facts = [
    form('f1', T, { session: `s1${trusted}`, phone: a }),
    form('f2', T + 4 * HOUR, { session: `s2${trusted}`, phone: b }),
    deal('d1', T + HOUR, `c1${trusted}`, [a]),
    deal('d2', T + 5 * HOUR, `c2${trusted}`, [b]),
  ]
  await landFacts(store, logFacts(facts, `n${trusted}`))
  const projection = await openProjection({ settings: fixedSettings(shop), now: () => T, store })
  while (await projection.step());
  const [first, second] = [await person('contact', `c1${trusted}`), await person('contact', `c2${trusted}`)]
  expect(first).not.toBe(second)
  expect([await person('phone', a), await person('phone', b)]).toEqual([first, second])
})
