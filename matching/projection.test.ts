import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  call,
  DAY,
  fact,
  fixedSettings,
  form,
  HOUR,
  landFacts,
  lease,
  logFacts,
  MINUTE,
  readHistory,
  SECOND,
  shop,
  START_MS as T,
  tracked,
  visit,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { siteFilter } from './facts/site-filter.ts'
import { readUnfinished } from './history/unfinished.ts'
import { openProjection } from './projection.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let settings: ReturnType<typeof fixedSettings>
const { match, conversion, person, path } = readHistory(() => store)
let logs = 0
beforeEach(async () => {
  store = await freshStore()
  settings = fixedSettings(shop)
})
afterEach(() => store.drop())

/** Facts land in a log of their own and are read to the end, by a matching that starts anew. */
async function happens(...facts: WorldFact[]): Promise<void> {
  logs += 1
  await landFacts(store, logFacts(facts, `n${logs}`))
  const projection = await openProjection({ store, settings, now: () => T })
  while (await projection.step());
}

const ad = { source: 'yandex', medium: 'cpc', campaign: 'spring', channel: 'paid_search', click_ids: { yclid: '1' } }

describe('one customer', () => {
  test('is followed from the ad to the deal', async () => {
    await happens(
      visit('s1', T, { ...ad, ga: '1.2' }),
      lease('s1', T, T + MINUTE),
      call('c1', T + 30 * SECOND),
      form('f1', 's1', T + MINUTE, { phone: '+79261112233', email: 'ann@mail.ru' }),
      visit('s2', T + DAY),
      fact('deals', {
        id: 'd1',
        at: T + 2 * DAY,
        status: 'open',
        amount: '100.5',
        currency: 'RUB',
        phones: ['+79264445566'],
        created_at: T + DAY + HOUR,
      }),
      fact('deals', { id: 'd1', at: T + 3 * DAY, status: 'won', amount: '200.75' }),
    )
    const who = await person('visitor', 'v1')
    for (const [kind, value] of [
      ['ga', '1.2'],
      ['phone', '+79261112233'],
      ['phone', '+79264445566'],
      ['deal', 'd1'],
      ['lead', 'f1'],
      ['call', 'c1'],
    ] as const) {
      expect(await person(kind, value)).toBe(who)
    }
    expect(await match('c1')).toMatchObject({ session: 's1', visitor: 'v1', person: who, reason: 'number_on_screen' })
    expect(await conversion('d1')).toMatchObject({
      kind: 'deal',
      status: 'won',
      value: '200.75',
      currency: 'RUB',
      touches: 2,
      person: who,
    })
    expect(await conversion('c1')).toMatchObject({ kind: 'lead', lead_kind: 'call', first: 1, target: 1, pool: 'main' })
    expect(await conversion('f1')).toMatchObject({ lead_kind: 'form', session: 's1', first: 0, target: 0 })
    expect(await path('d1')).toMatchObject([
      { position: 0, length: 0, channel: 'uncredited', source: '(none)' },
      { position: 1, length: 2, session: 's1', channel: 'paid_search', campaign: 'spring' },
      { position: 2, length: 2, session: 's2', channel: 'direct' },
    ])
  })

  test('has numbered visits, and the number each was shown', async () => {
    await happens(visit('s2', T + DAY), lease('s2', T + DAY, T + DAY))
    await happens(visit('s1', T))
    const sessions = await store.query('SELECT id, session_number, numbers, pool FROM sessions FINAL ORDER BY id')
    expect(sessions).toEqual([
      { id: 's1', session_number: 1, numbers: [], pool: '' },
      { id: 's2', session_number: 2, numbers: [tracked], pool: 'main' },
    ])
  })

  test('keeps a deal that began before tracking uncredited', async () => {
    await happens(
      visit('s1', T),
      fact('deals', { id: 'd1', at: T, created_at: T - DAY, status: 'won', amount: '5', visitor: 'v1' }),
    )
    expect(await conversion('d1')).toMatchObject({ touches: 0, person: await person('visitor', 'v1') })
    expect(await path('d1')).toMatchObject([{ position: 0, channel: 'uncredited' }])
  })
})

describe('a call', () => {
  test('is matched again when the lease it came from lands late', async () => {
    await happens(visit('s1', T), call('c1', T + SECOND))
    expect(await match('c1')).toMatchObject({
      session: '',
      reason: 'nobody_held_it',
      person: await person('call', 'c1'),
    })
    await happens(lease('s1', T, T + MINUTE))
    expect(await match('c1')).toMatchObject({
      session: 's1',
      reason: 'number_on_screen',
      person: await person('visitor', 'v1'),
    })
  })

  test('from a number in no pool is not tracked, from a static one belongs to its source', async () => {
    await happens(call('c1', T, { to: '+74959999999' }), call('c2', T, { to: '+74952220000', from: '' }))
    expect(await match('c1')).toMatchObject({ reason: 'not_tracked', session: '' })
    expect(await match('c2')).toMatchObject({
      reason: 'static_number',
      source: 'gazette',
      medium: 'print',
      pool: 'paper',
    })
    expect(await path('c2')).toMatchObject([
      { position: 0 },
      { position: 1, call: 'c2', session: '', source: 'gazette' },
    ])
  })

  test('of a known caller goes to their last visit when nobody held the number', async () => {
    await happens(visit('s1', T), form('f1', 's1', T + MINUTE, { phone: '+79264445566' }), visit('s2', T + DAY))
    await happens(call('c1', T + DAY + HOUR))
    expect(await match('c1')).toMatchObject({ session: 's2', reason: 'known_caller' })
  })

  test('by a live lease outranks what is known of the caller', async () => {
    await happens(visit('s1', T), form('f1', 's1', T, { phone: '+79264445566' }))
    await happens(
      visit('s9', T + DAY, { visitor: 'v9' }),
      lease('s9', T + DAY, T + DAY, { visitor: 'v9' }),
      call('c1', T + DAY),
    )
    expect(await match('c1')).toMatchObject({ session: 's9', reason: 'number_on_screen' })
  })

  test('with two holders goes to the one who is known, else to nobody', async () => {
    await happens(
      ...[
        visit('s1', T),
        visit('s9', T, { visitor: 'v9' }),
        form('f1', 's9', T, { visitor: 'v9', phone: '+79264445566' }),
      ],
      ...[lease('s1', T, T + MINUTE), lease('s9', T, T + MINUTE, { visitor: 'v9' })],
      ...[call('c1', T + SECOND), call('c2', T + SECOND, { from: '+79160000000' })],
    )
    expect(await match('c1')).toMatchObject({ session: 's9', reason: 'number_on_screen' })
    const open = await match('c2')
    expect(open).toMatchObject({ session: '', reason: 'several_candidates', confidence: 0 })
    expect(JSON.parse(open?.candidates as string)).toHaveLength(2)
  })

  test.each([
    ['session', { session: 's1' }],
    ['visitor', { visitor: 'v1' }],
    ['client id', { ga: '1.2' }],
  ])('goes where its sender says by %s', async (_, said) => {
    await happens(visit('s1', T, { ga: '1.2' }), call('c1', T + MINUTE, { to: '+74959999999', ...said }))
    expect(await match('c1')).toMatchObject({ session: 's1', visitor: 'v1', reason: 'sender_says' })
    expect(await person('phone', '+79264445566')).toBe(await person('visitor', 'v1'))
  })

  test('goes out to a client and is no lead', async () => {
    await happens(
      visit('s1', T),
      form('f1', 's1', T, { phone: '+79264445566' }),
      call('c1', T + MINUTE, { direction: 'out', from: '+74950000000', to: '+79264445566' }),
    )
    expect(await match('c1')).toMatchObject({ reason: 'known_caller', person: await person('visitor', 'v1') })
    expect(await conversion('c1')).toBeUndefined()
  })

  test('is given back when the lease it came from turns out to have ended before', async () => {
    await happens(visit('s1', T), lease('s1', T, T + HOUR, { to: T + 8 * HOUR }), call('c1', T + 5 * HOUR))
    expect(await match('c1')).toMatchObject({ session: 's1', reason: 'number_in_reserve' })
    await happens(lease('s1', T, T + MINUTE, { received_at: T + 2 * HOUR }))
    expect(await match('c1')).toMatchObject({ session: '', reason: 'nobody_held_it' })
    expect(await person('phone', '+79264445566')).not.toBe(await person('visitor', 'v1'))
  })

  test('whose sender writes «undefined» for the session is matched by its lease', async () => {
    await happens(visit('s1', T), lease('s1', T, T + MINUTE), call('c1', T, { session: 'undefined', visitor: 'null' }))
    expect(await match('c1')).toMatchObject({ session: 's1', reason: 'number_on_screen' })
  })

  test('leaves no trace of what an earlier version of it said', async () => {
    await happens(visit('s1', T), lease('s1', T, T + MINUTE), call('c1', T + SECOND))
    expect(await person('phone', '+79264445566')).toBe(await person('visitor', 'v1'))
    await happens(call('c1', T + SECOND, { version: 1, from: '+79160000000', direction: 'in', to: '+74959999999' }))
    expect(await person('phone', '+79264445566')).toBeUndefined()
    expect(await match('c1')).toMatchObject({ reason: 'not_tracked' })
    expect(await person('call', 'c1')).not.toBe(await person('visitor', 'v1'))
  })
})

describe('a lead', () => {
  test('is one when the form and its webhook share an id', async () => {
    await happens(
      visit('s1', T),
      form('f1', 's1', T + MINUTE),
      fact('leads', { id: 'f1', at: T + HOUR, kind: 'callback', phone: '+79264445566' }),
    )
    expect(await conversion('f1')).toMatchObject({ lead_kind: 'form', session: 's1' })
    expect(await store.query('SELECT id FROM conversions FINAL')).toHaveLength(1)
    expect(await person('phone', '+79264445566')).toBe(await person('visitor', 'v1'))
  })

  test('is a first one again after the window', async () => {
    await happens(form('f1', 's1', T), form('f2', 's1', T + DAY), form('f3', 's1', T + 92 * DAY))
    expect([(await conversion('f1'))?.first, (await conversion('f2'))?.first, (await conversion('f3'))?.first]).toEqual(
      [1, 0, 1],
    )
  })

  test('is on target by length of talk, and by the newest verdict above it', async () => {
    await happens(call('c1', T), call('c2', T, { talk: 29 }))
    expect([(await conversion('c1'))?.target, (await conversion('c2'))?.target]).toEqual([1, 0])
    await happens(fact('annotations', { id: 'a1', at: T, on_kind: 'call', on_id: 'c1', verdict: 'spam' }))
    await happens(fact('annotations', { id: 'a2', at: T, on_kind: 'call', on_id: 'c2', verdict: 'target' }))
    expect([(await conversion('c1'))?.target, (await conversion('c2'))?.target]).toEqual([0, 1])
  })
})

describe('facts of several kinds under one id', () => {
  test('leave each other alone', async () => {
    await happens(call('1001', T), fact('leads', { id: '1001', at: T, kind: 'chat', email: 'ann@mail.ru' }))
    await happens(fact('deals', { id: '1001', at: T, status: 'won', amount: '5', phones: ['+79160000000'] }))
    await happens(call('1001', T, { talk: 10 }))
    const known = await store.query('SELECT kind, fact, talk FROM conversions FINAL ORDER BY kind, fact')
    expect(known).toEqual([
      { kind: 'deal', fact: 'deal', talk: 0 },
      { kind: 'lead', fact: 'call', talk: 10 },
      { kind: 'lead', fact: 'lead', talk: 0 },
    ])
    expect(await path('1001')).toHaveLength(3)
    expect(await match('1001')).toMatchObject({ talk: 10 })
  })
})

test('what a broken step had concluded is taken back when more facts say otherwise', async () => {
  await happens(visit('s1', T), form('f1', 's1', T, { phone: '+79264445566' }))
  logs += 1
  await landFacts(store, logFacts([call('c1', T, { to: '+74959999999' })], `n${logs}`))
  const broken = {
    ...store,
    insert: (...said: Parameters<typeof store.insert>) =>
      said[0] === 'edges' ? Promise.reject(new Error('gone')) : store.insert(...said),
  }
  const projection = await openProjection({ store: broken, settings, now: () => T })
  await expect(projection.step()).rejects.toThrow('gone')
  expect(await person('call', 'c1')).toBe(await person('visitor', 'v1'))
  await happens(call('c1', T, { to: '+74959999999', from: '', version: 1 }))
  expect(await match('c1')).toMatchObject({ from: '', person: await person('call', 'c1') })
  expect(await person('call', 'c1')).not.toBe(await person('visitor', 'v1'))
})

describe('what is not a person', () => {
  test('a bot has sessions and nothing else', async () => {
    await happens(visit('s1', T, { bot: 1 }), form('f1', 's1', T, { bot: 1, phone: '+79264445566' }))
    expect(await store.query('SELECT id, bot, person FROM sessions FINAL')).toEqual([{ id: 's1', bot: 1, person: '' }])
    expect(await store.query('SELECT value FROM identities FINAL')).toEqual([])
    expect(await store.query('SELECT id FROM conversions FINAL')).toEqual([])
  })

  test("the company's own numbers join nobody, from the moment settings say so", async () => {
    await happens(
      form('f1', 's1', T, { phone: '+79990000000' }),
      form('f2', 's2', T, { visitor: 'v2', phone: '+79264445566' }),
      form('f3', 's3', T, { visitor: 'v3', phone: '+79264445566' }),
    )
    expect(await person('phone', '+79990000000')).toBeUndefined()
    expect(await person('visitor', 'v2')).toBe(await person('visitor', 'v3'))
    settings.change('site', { id: 'shop', domains: ['shop.example'], blocked: ['8 (926) 444-55-66'] })
    await happens()
    expect(await person('phone', '+79264445566')).toBeUndefined()
    expect(await person('visitor', 'v2')).not.toBe(await person('visitor', 'v3'))
  })
})

test('a large segment is read in parts, and counts as read when all of it is', async () => {
  const facts = Array.from({ length: 25 }, (_, index) => visit(`s${index}`, T + index * HOUR))
  await landFacts(store, logFacts(facts, 'big', 25))
  const projection = await openProjection({ store, settings, now: () => T, step_rows: 10 })
  const position = () =>
    store.query<{ segment: number }>("SELECT segment FROM matching_positions FINAL WHERE node = 'big'")
  expect((await projection.step())?.rows).toBe(10)
  expect(await position()).toEqual([])
  expect((await projection.step())?.rows).toBe(10)
  expect((await projection.step())?.rows).toBe(5)
  expect(await position()).toEqual([{ segment: 0 }])
  expect(await projection.step()).toBeUndefined()
  expect(await store.query('SELECT id FROM sessions FINAL')).toHaveLength(25)
})

describe('a step that is to stop', () => {
  test.each([
    ['among plain visitors', 7_000, { plain_min: 0 }, 2],
    ['between the others', 4, { together_max: 1 }, 8],
    ['within the others', 4, { together_max: 1 }, 10],
  ])('%s leaves nothing to be looked at again but what it had not come to', async (_, length, sizes, asked_max) => {
    const visits = Array.from({ length }, (_, index) =>
      fact('events', { id: `e${index}`, at: T + index, visitor: `v${index}`, session: `s${index}` }),
    )
    const facts = logFacts(visits, 'n1', length)
    await landFacts(
      store,
      // A log counts from 1.
      facts.map((one) => ({ ...one, segment: 1 })),
    )
    let asked = 0
    const options = { store, settings, now: () => T, ...sizes }
    // Asked before each portion, group and piece.
    const stopped = await openProjection({ ...options, isStopping: () => ++asked > asked_max })
    expect(await stopped.step()).toMatchObject({ rows: 0 })
    const sessions = () => store.query<{ n: number }>('SELECT toFloat64(count()) AS n FROM sessions FINAL')
    const [{ n: written = 0 } = {}] = await sessions()
    expect(written).toBeGreaterThan(0)
    expect(written).toBeLessThan(facts.length)
    expect(await readUnfinished(store, siteFilter({}))).toEqual(new Map())
    const next = await openProjection(options)
    expect(await next.step()).toMatchObject({ rows: facts.length })
    expect(await sessions()).toEqual([{ n: facts.length }])
  })

  test('while it looks at what a broken one had written says when that cannot be written', async () => {
    await landFacts(store, logFacts([visit('s1', T), form('f1', 's1', T, { phone: '+79261112233' })]))
    const refuse = () => Promise.reject(new Error('gone'))
    const insert: Store['insert'] = (table, rows, call) =>
      table === 'edges' ? refuse() : store.insert(table, rows, call)
    const options = { store, settings, now: () => T }
    await expect((await openProjection({ ...options, store: { ...store, insert } })).step()).rejects.toThrow('gone')
    let asked = 0
    // Of the one piece all is given to be written by then.
    const isStopping = () => ++asked > 5
    const stopped = await openProjection({ ...options, store: { ...store, insert: refuse }, isStopping })
    await expect(stopped.step()).rejects.toThrow('gone')
    expect(asked).toBe(6)
  })
})
