import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  call,
  DAY,
  fact,
  fixedSettings,
  form,
  HOUR,
  landFacts,
  logFacts,
  MINUTE,
  readHistory,
  SECOND,
  shop,
  START_MS as T,
  visit,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection } from '../projection.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const settings = fixedSettings(shop)
const { conversion, person, path } = readHistory(() => store)
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

const phone = '+79264445566'
const page = 'https://shop.example/flats'
const asked = (id: string, at: number, said: object = {}) =>
  form(id, 's1', at, { phone, url: page, form_id: 'order', ...said })
const webhook = (id: string, at: number, said: object = {}) =>
  fact('leads', { id, at, kind: 'form', phone, name: 'Anna', url: page, ...said })
const deal = (id: string, at: number, said: object = {}) => fact('deals', { id, at, status: 'open', ...said })
const leads = async () =>
  (await store.query<{ id: string }>("SELECT id FROM conversions FINAL WHERE kind = 'lead' ORDER BY id")).map(
    ({ id }) => id,
  )

describe('a form and its webhook under another id', () => {
  test('are one lead, and the reason is kept', async () => {
    await happens(visit('s1', T), asked('f1', T + MINUTE), webhook('tilda:7', T + MINUTE + 2 * SECOND))
    expect(await leads()).toEqual(['f1'])
    const row = await conversion('f1')
    expect(row).toMatchObject({ lead_kind: 'form', session: 's1', also: ['tilda:7'], message: 'tilda:7', first: 1 })
    expect(JSON.parse(row?.same as string)).toEqual([
      { id: 'tilda:7', same_as: 'f1', rule: 'message_of_form', by: ['phone'], apart_ms: 2 * SECOND },
    ])
  })

  test('are one whichever is heard of first, and two again when the phone turns out to be another', async () => {
    await happens(webhook('w', T + MINUTE))
    expect(await leads()).toEqual(['w'])
    await happens(visit('s1', T), asked('f1', T + MINUTE))
    expect(await leads()).toEqual(['f1'])
    await happens(webhook('w', T + MINUTE, { phone: '+79161112200', version: 1 }))
    expect(await leads()).toEqual(['f1', 'w'])
    expect(await conversion('f1')).toMatchObject({ also: [], same: '', message: '' })
  })

  test('of an office phone that belongs to nobody are one all the same, and so is the deal under either id', async () => {
    const office = Array.from({ length: 14 }, (_, index) =>
      form(`o${index}`, `so${index}`, T - DAY - index * HOUR, { visitor: `vo${index}`, phone }),
    )
    await happens(...office, visit('s1', T), asked('f1', T + MINUTE), webhook('w', T + MINUTE))
    expect(await person('phone', phone)).toBe('')
    expect(await conversion('f1')).toMatchObject({ also: ['w'] })
    await happens(deal('d1', T + HOUR, { lead: 'w', phones: [phone] }), deal('d2', T + HOUR, { lead: 'f1' }))
    const who = await person('visitor', 'v1')
    for (const id of ['d1', 'd2']) {
      expect(await conversion(id)).toMatchObject({ person: who, session: 's1', touches: 1, uncredited: '' })
    }
  })

  test('are judged together: a verdict on either id is on the lead', async () => {
    await happens(visit('s1', T), asked('f1', T), webhook('w', T))
    await happens(fact('annotations', { id: 'a1', at: T, on_kind: 'lead', on_id: 'w', verdict: 'target' }))
    expect(await conversion('f1')).toMatchObject({ verdict: 'target', target: 1, target_auto: 0 })
  })

  test('stay two requests when the same phone asks two different forms within minutes', async () => {
    await happens(
      ...[visit('s1', T), asked('f1', T), asked('f2', T + 3 * MINUTE, { form_id: 'call' })],
      ...[webhook('w1', T + 2 * SECOND), webhook('w2', T + 3 * MINUTE + 2 * SECOND)],
    )
    expect(await leads()).toEqual(['f1', 'f2'])
    expect([(await conversion('f1'))?.also, (await conversion('f2'))?.also]).toEqual([['w1'], ['w2']])
  })
})

test('a form sent twice by a double click is one lead', async () => {
  await happens(visit('s1', T), asked('f1', T), asked('f2', T + SECOND), asked('f3', T + 5 * MINUTE))
  expect(await leads()).toEqual(['f1', 'f3'])
  expect(await conversion('f1')).toMatchObject({ also: ['f2'] })
})

describe('the verdict of a person', () => {
  test('stands beside what the rules say, and the newest counts', async () => {
    const said = (id: string, at: number, verdict: string) =>
      fact('annotations', { id, at, on_kind: 'call', on_id: 'c1', verdict })
    await happens(call('c1', T), said('a2', T + HOUR, 'not_target'), said('a1', T, 'target'))
    expect(await conversion('c1')).toMatchObject({ target: 0, target_auto: 1, verdict: 'not_target' })
  })
})

describe('a deal whose keys lead to different persons', () => {
  const other = '+79161112200'
  const card = (id: string, contact: string, tel: string) =>
    deal(id, T - DAY, { contact_id: contact, phones: [tel], created_at: T - DAY })

  test('belongs to its contact, and the call of another client stands beside it', async () => {
    await happens(card('d0', 'k1', phone), card('d9', 'k9', other), call('c1', T, { from: other }))
    await happens(deal('d1', T + HOUR, { contact_id: 'k1', call: 'c1' }))
    const row = await conversion('d1')
    expect(row?.person).toBe(await person('contact', 'k1'))
    expect(row?.person).not.toBe(await person('contact', 'k9'))
    const [held] = await store.query(
      "SELECT reason, joins FROM edges FINAL WHERE fact = 'deal' AND fact_id = 'd1' AND a_kind = 'call'",
    )
    expect(held).toEqual({ reason: 'two_contacts', joins: 0 })
  })

  test('without a contact belongs to its lead rather than to the phone', async () => {
    await happens(
      ...[card('d0', 'k1', phone), card('d9', 'k9', other)],
      fact('leads', { id: 'l1', at: T, kind: 'chat', phone }),
      deal('d1', T + HOUR, { lead: 'l1', phones: [other] }),
    )
    expect((await conversion('d1'))?.person).toBe(await person('contact', 'k1'))
    expect(await person('phone', other)).toBe(await person('contact', 'k9'))
  })
})

describe('a deal that no touch can be credited with', () => {
  test('says so: it began before the first visit, or nothing is known at all', async () => {
    await happens(
      ...[visit('s1', T), asked('f1', T + MINUTE)],
      deal('old', T + HOUR, { created_at: T - DAY, visitor: 'v1' }),
      deal('linked', T + HOUR, { created_at: T - DAY, lead: 'f1' }),
      deal('alone', T + HOUR, { phones: ['+79161112200'] }),
    )
    expect(await conversion('old')).toMatchObject({ touches: 0, uncredited: 'before_tracking' })
    expect(await conversion('linked')).toMatchObject({ touches: 0, uncredited: 'before_tracking', session: 's1' })
    expect(await conversion('alone')).toMatchObject({ touches: 0, uncredited: 'no_touches' })
    expect(await path('linked')).toMatchObject([{ position: 0, channel: 'uncredited' }])
  })

  test('unless the clock of the CRM is merely a little behind', async () => {
    await happens(visit('s1', T), asked('f1', T), deal('d1', T + HOUR, { created_at: T - 20 * MINUTE, lead: 'f1' }))
    expect(await conversion('d1')).toMatchObject({ touches: 1, uncredited: '' })
  })
})

test('refunds and changed amounts flow into the deal and its path, and back', async () => {
  const money = async () => [
    (await conversion('d1'))?.status,
    ...(await store.query<{ value: string }>("SELECT value FROM touchpoints FINAL WHERE conversion = 'd1'")).map(
      ({ value }) => Number(value),
    ),
  ]
  await happens(visit('s1', T), deal('d1', T + HOUR, { status: 'won', amount: '100.5', visitor: 'v1' }))
  expect(await money()).toEqual(['won', 100.5, 100.5])
  await happens(deal('d1', T + 3 * HOUR, { status: 'won', amount: '40.25' }))
  expect(await money()).toEqual(['won', 40.25, 40.25])
  await happens(deal('d1', T + 2 * HOUR, { status: 'lost', amount: '0' }))
  expect(await money()).toEqual(['won', 40.25, 40.25])
  await happens(deal('d1', T + 4 * HOUR, { status: 'lost', amount: '0' }))
  expect(await money()).toEqual(['lost', 0, 0])
})
