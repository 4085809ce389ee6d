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
  lease,
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
const { match, person } = readHistory(() => store)
let logs = 0
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

/** Facts land in a log of their own and are read to the end, by a matching that starts anew. */
async function happens(...facts: WorldFact[]): Promise<void> {
  logs += 1
  await landFacts(store, logFacts(facts, `n${logs}`))
  const projection = await openProjection({ store, settings: fixedSettings(shop), now: () => T })
  while (await projection.step());
}

/** Two visitors one after the other, on one number. */
const turns = [
  visit('s1', T),
  visit('s2', T, { visitor: 'v2' }),
  lease('s1', T, T + MINUTE, { to: T + 3 * MINUTE }),
  lease('s2', T + 3 * MINUTE, T + 5 * MINUTE, { visitor: 'v2' }),
]

describe('a call whose provider has a clock that is ahead', () => {
  // By that clock the second visitor already has the number; in truth the first one was still looking at it.
  const early = call('c1', T + 3 * MINUTE + 10 * SECOND, { provider: 'pbx', received_at: T + DAY })

  test('is decided again once other calls show how far the clock is off', async () => {
    await happens(...turns, early)
    expect(await match('c1')).toMatchObject({ session: 's2', clock_skew_ms: 0 })
    const told = Array.from({ length: 6 }, (_, index) => {
      const at = T + HOUR + index * MINUTE
      // Here half a minute before it rang: no message can be.
      return call(`told${index}`, at, {
        provider: 'pbx',
        to: '+74959999999',
        duration: 0,
        received_at: at - 30 * SECOND,
      })
    })
    await happens(...told)
    const found = await match('c1')
    expect(found).toMatchObject({ session: 's1', reason: 'number_in_reserve' })
    expect(found?.clock_skew_ms).toBeGreaterThanOrEqual(20 * SECOND)
    const [clock] = await store.query<{ skew_ms: number }>(
      "SELECT skew_ms FROM provider_clocks FINAL WHERE provider = 'pbx'",
    )
    expect(clock?.skew_ms).toBe(found?.clock_skew_ms)
  })
})

describe('a provider whose clock is three hours ahead', () => {
  const AHEAD = 3 * HOUR
  const visits = Array.from({ length: 6 }, (_, index) => {
    const at = T + (index * index * 11 + index * 7) * MINUTE
    const visitor = `w${index}`
    const looked = [visit(`t${index}`, at, { visitor }), lease(`t${index}`, at, at + MINUTE, { visitor })]
    const said = { provider: 'zone', from: `+7926000000${index}`, duration: 20 }
    const rang = at + 20 * SECOND
    const told = call(`z${index}`, rang + AHEAD, { ...said, received_at: rang + 22 * SECOND })
    return { looked, told, session: `t${index}`, rang }
  })
  const found = () => Promise.all(visits.map(async (_, index) => await match(`z${index}`)))

  test('is found out by its fifth call, and its calls go where they came from, at the time they rang', async () => {
    await happens(...visits.flatMap(({ looked }) => looked), ...visits.slice(0, 4).map(({ told }) => told))
    expect((await found()).map((one) => one?.session)).toEqual(['', '', '', '', undefined, undefined])
    await happens(...visits.slice(4).map(({ told }) => told))
    const now = await found()
    expect(now.map((one) => one?.session)).toEqual(visits.map(({ session }) => session))
    expect(now.map((one) => Date.parse(String(one?.at)))).toEqual(visits.map(({ rang }) => rang))
    expect(now.every((one) => Math.abs(Number(one?.clock_skew_ms) - AHEAD) <= 5 * SECOND)).toBe(true)
    expect(now.every((one) => one?.reason === 'number_on_screen')).toBe(true)
    const [clock] = await store.query<{ shift_ms: number; agreeing: number; told: number }>(
      "SELECT shift_ms, agreeing, told FROM provider_clocks FINAL WHERE provider = 'zone'",
    )
    expect(clock).toMatchObject({ shift_ms: AHEAD, agreeing: 6, told: 6 })
  })

  test('is found out by leases that land after its calls, hours from when it says', async () => {
    await happens(...visits.map(({ told }) => told), ...visits.slice(0, 3).flatMap(({ looked }) => looked))
    expect((await found()).map((one) => one?.session)).toEqual(['', '', '', '', '', ''])
    await happens(...visits.slice(3).flatMap(({ looked }) => looked))
    expect((await found()).map((one) => one?.session)).toEqual(visits.map(({ session }) => session))
  })

  test('is believed again when newer messages say other times', async () => {
    await happens(...visits.flatMap(({ looked, told }) => [...looked, told]))
    expect(await match('z0')).toMatchObject({ session: 't0' })
    const anew = visits.slice(1).map(({ told, rang }, index) => ({
      ...told,
      row: { ...told.row, id: `z${index + 1}`, at: rang, received_at: rang + DAY },
    }))
    await happens(...anew)
    expect(await match('z0')).toMatchObject({ session: '', clock_skew_ms: 0 })
    expect(await match('z3')).toMatchObject({ session: 't3', clock_skew_ms: 0 })
  })
})

describe('a caller', () => {
  test('who redials a number kept from an earlier visit makes no person of its holder', async () => {
    await happens(...turns, call('c1', T + 30 * SECOND))
    expect(await person('phone', '+79264445566')).toBe(await person('visitor', 'v1'))
    await happens(call('c2', T + 4 * MINUTE))
    const again = await match('c2')
    expect(again).toMatchObject({ session: 's2', reason: 'number_on_screen', signs: ['others_possible'] })
    expect(again?.confidence).toBeLessThan(0.8)
    expect(await person('visitor', 'v2')).not.toBe(await person('visitor', 'v1'))
  })

  test('whom the provider named, and who was shown the number, may be calling although somebody else holds it', async () => {
    const before = [
      visit('s1', T),
      lease('s1', T, T + MINUTE),
      call('c1', T + HOUR, { to: '+74959999999', visitor: 'v1' }),
    ]
    await happens(...before, visit('s2', T + DAY, { visitor: 'v2' }))
    await happens(lease('s2', T + DAY, T + DAY + MINUTE, { visitor: 'v2' }), call('c2', T + DAY + 30 * SECOND))
    const found = await match('c2')
    expect(found).toMatchObject({ session: 's2', signs: ['others_possible'] })
    expect(JSON.parse(String(found?.candidates))).toMatchObject([{ session: 's1', visitor: 'v1' }])
  })

  test('who redials within minutes is given to the visit of the call before, not to one of days ago', async () => {
    const again = { visitor: 'v3', number: '+74951110001' }
    await happens(
      ...turns,
      call('c1', T + 30 * SECOND),
      visit('s3', T + 3 * DAY, { visitor: 'v3' }),
      lease('s3', T + 3 * DAY, T + 3 * DAY + 5 * MINUTE, again),
      call('c2', T + 3 * DAY + 2 * MINUTE),
    )
    expect(await match('c2')).toMatchObject({ session: 's3', reason: 'number_on_screen' })
    await happens(call('c3', T + 3 * DAY + 6 * MINUTE), call('c4', T + 3 * DAY + 11 * MINUTE))
    expect(await match('c3')).toMatchObject({ session: 's3', reason: 'number_in_reserve' })
    expect(await match('c4')).toMatchObject({ session: 's3', reason: 'known_caller', visitor: 'v3' })
  })

  test('who dialled the number while nobody held it is not joined to whoever holds it later', async () => {
    const from = { from: '+79165550000' }
    await happens(...turns, call('c1', T + DAY, from))
    expect(await match('c1')).toMatchObject({ session: '', reason: 'nobody_held_it' })
    await happens(
      visit('s3', T + 2 * DAY, { visitor: 'v3' }),
      lease('s3', T + 2 * DAY, T + 2 * DAY + 5 * MINUTE, { visitor: 'v3' }),
      call('c2', T + 2 * DAY + 2 * MINUTE, from),
    )
    const found = await match('c2')
    expect(found).toMatchObject({ session: 's3', reason: 'number_on_screen' })
    expect(found?.confidence).toBeLessThan(0.8)
    expect(await person('phone', '+79165550000')).not.toBe(await person('visitor', 'v3'))
  })

  test('who kept the number, and is known from two browsers, is not joined to who holds it unless that is all but sure', async () => {
    const other = '+74951110002'
    await happens(
      visit('s1', T),
      lease('s1', T, T + MINUTE),
      call('c1', T + 30 * SECOND),
      visit('s3', T + HOUR, { visitor: 'v3' }),
      lease('s3', T + HOUR, T + HOUR + MINUTE, { visitor: 'v3', number: other }),
      call('c2', T + HOUR + 30 * SECOND, { to: other }),
      visit('s2', T + DAY, { visitor: 'v2' }),
      lease('s2', T + DAY, T + DAY + 2 * MINUTE, { visitor: 'v2' }),
      call('c3', T + DAY + MINUTE),
    )
    const found = await match('c3')
    expect(found).toMatchObject({ session: 's2', reason: 'number_on_screen', signs: ['others_possible'] })
    expect(found?.confidence).toBeGreaterThan(0.8)
    expect(await person('visitor', 'v1')).toBe(await person('visitor', 'v3'))
    expect(await person('visitor', 'v2')).not.toBe(await person('visitor', 'v1'))
  })

  test('from two browsers is one person where nobody else comes into question', async () => {
    const other = '+74951110002'
    await happens(...turns, call('c1', T + 30 * SECOND))
    await happens(
      visit('s3', T + DAY, { visitor: 'v3' }),
      lease('s3', T + DAY, T + DAY + MINUTE, { visitor: 'v3', number: other }),
      call('c2', T + DAY + 30 * SECOND, { to: other }),
    )
    expect((await match('c2'))?.confidence).toBeGreaterThanOrEqual(0.95)
    expect(await person('visitor', 'v3')).toBe(await person('visitor', 'v1'))
  })

  test('who dials a number kept from an earlier visit while nobody holds it is matched to that visit', async () => {
    await happens(
      ...[visit('s1', T), lease('s1', T, T + MINUTE), visit('s3', T + DAY)],
      ...[form('f1', 's3', T + DAY, { phone: '+79264445566' }), call('c1', T + 2 * DAY)],
    )
    expect(await match('c1')).toMatchObject({ session: 's1', reason: 'known_caller', signs: ['number_kept'] })
  })

  test('who was shown other numbers than the one they dial has it from elsewhere', async () => {
    await happens(
      ...[visit('s1', T), lease('s1', T, T + MINUTE, { number: '+74951110002' })],
      ...[form('f1', 's1', T + MINUTE, { phone: '+79264445566' }), call('c1', T + 3 * HOUR)],
    )
    expect(await match('c1')).toMatchObject({ session: '', reason: 'nobody_held_it' })
  })

  test('of whose visit no number is known may have called out of it for a day', async () => {
    const known = [visit('s1', T), form('f1', 's1', T + MINUTE, { phone: '+79264445566' })]
    await happens(...known, call('c1', T + 3 * HOUR), call('c2', T + 3 * DAY))
    expect(await match('c1')).toMatchObject({ session: 's1', reason: 'known_caller', confidence: 0.6 })
    expect(await match('c2')).toMatchObject({ session: '', reason: 'nobody_held_it' })
  })

  test('whose form comes later than the call is known then', async () => {
    await happens(...turns, call('c1', T + 4 * MINUTE), call('c0', T + 2 * DAY))
    expect(await match('c0')).toMatchObject({ session: 's2', reason: 'known_caller' })
    await happens(form('f1', 's1', T + MINUTE, { phone: '+79264445566' }))
    expect((await match('c1'))?.confidence).toBeLessThan(0.8)
  })

  test('of the company itself calls from a visit and is nobody', async () => {
    await happens(
      ...turns,
      call('c1', T + 30 * SECOND, { from: '+79990000000' }),
      call('c2', T + 4 * MINUTE, { from: '' }),
    )
    expect(await match('c1')).toMatchObject({
      session: 's1',
      reason: 'number_on_screen',
      person: await person('visitor', 'v1'),
    })
    expect(await person('phone', '+79990000000')).toBeUndefined()
    expect(await match('c2')).toMatchObject({ session: 's2', reason: 'number_on_screen' })
  })

  test('known by phone who dials the number of the site itself is matched to the visit that is going on', async () => {
    await happens(
      visit('s1', T),
      form('f1', 's1', T + SECOND, { phone: '+79264445566' }),
      call('c1', T + MINUTE, { to: '+74950000000' }),
      call('c2', T + MINUTE, { to: '+74950000000', from: '+79160000000' }),
    )
    // Everybody was shown it: no sign that this caller kept it.
    expect(await match('c1')).toMatchObject({ session: 's1', reason: 'known_caller', signs: [] })
    expect(await match('c2')).toMatchObject({ session: '', reason: 'not_tracked' })
  })
})

test('a click on the phone link that lands late decides between two who look at the number', async () => {
  await happens(
    ...[visit('s1', T), visit('s2', T, { visitor: 'v2' })],
    ...[lease('s1', T, T + MINUTE), lease('s2', T, T + MINUTE, { visitor: 'v2' })],
    call('c1', T + 30 * SECOND),
  )
  expect(await match('c1')).toMatchObject({ session: '', reason: 'several_candidates' })
  const click = { type: 'click', click_kind: 'phone', click_target: '8 (495) 111-00-01' }
  await happens(fact('events', { id: 'k1', at: T + 25 * SECOND, visitor: 'v2', session: 's2', ...click }))
  expect(await match('c1')).toMatchObject({ session: 's2', signs: ['phone_link_clicked', 'others_possible'] })
})
