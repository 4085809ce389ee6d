import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  call,
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
import { SESSION_EVENTS_MAX } from './read-events.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const { conversion, person } = readHistory(() => store)
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

describe('a name that the server gives to a later piece of a session', () => {
  const sessions = () => store.query('SELECT id, visitor, person, pages FROM sessions FINAL ORDER BY id')

  test('stays with a sender who uses it, whoever came first', async () => {
    const [mine, theirs] = [visit('s1.2', T, { visitor: 'v2' }), [visit('s1', T), visit('s1', T + HOUR)]]
    const expected = [
      { id: 's1', visitor: 'v1', pages: 1 },
      { id: 's1.2', visitor: 'v2', pages: 1 },
      { id: 's1.3', visitor: 'v1', pages: 1 },
    ]
    await happens(...theirs)
    await happens(mine)
    expect(await sessions()).toMatchObject(expected)
    // What the visitors do next changes nothing of it, after a start either.
    await happens(visit('s1', T + HOUR + MINUTE), visit('s1.2', T + MINUTE, { visitor: 'v2' }))
    expect(await sessions()).toMatchObject(expected.map((one) => ({ ...one, pages: one.id === 's1' ? 1 : 2 })))
    expect(await person('session', 's1')).not.toBe(await person('session', 's1.2'))
  })

  test('costs no memory, however large the number in it', async () => {
    await happens(visit('s1', T), visit('s1.4000000000', T))
    await happens(visit('s1', T + MINUTE))
    expect(await sessions()).toMatchObject([{ id: 's1' }, { id: 's1.4000000000' }])
  })

  test('leads back to the session, and to the visitor, when a lead bears it', async () => {
    await happens(
      fact('leads', { id: 'l1', at: T + HOUR, kind: 'chat', session: 's1.2', phone: '+79264445566' }),
      fact('leads', { id: 'l2', at: T + HOUR, kind: 'chat', session: 'v2:1', phone: '+79160000000' }),
    )
    await happens(visit('s1', T), visit('s1', T + HOUR), visit('', T, { visitor: 'v2' }))
    expect(await conversion('l1')).toMatchObject({ session: 's1.2', person: await person('visitor', 'v1') })
    expect(await conversion('l2')).toMatchObject({ session: 'v2:1', person: await person('visitor', 'v2') })
    const who = await person('visitor', 'v1')
    expect((await sessions()).filter((row) => (row as { person: string }).person === who)).toHaveLength(2)
    // A page in between makes one session of the two, and the name nobody's.
    await happens(visit('s1', T + HOUR / 2))
    expect(await conversion('l1')).toMatchObject({ person: await person('lead', 'l1') })
    expect(await person('lead', 'l1')).not.toBe(who)
  })
})

describe('an event that comes again under another session', () => {
  const sessions = () => store.query('SELECT id, pages, forms FROM sessions FINAL ORDER BY id')
  const page = (session: string, received_at: number) =>
    fact('events', { id: 'e1', at: T, visitor: 'v1', session, received_at })

  test('counts in the session that was received first, in whatever order they land', async () => {
    await happens(page('s2', T + HOUR))
    await happens(page('', T + 2 * HOUR))
    expect(await sessions()).toEqual([{ id: 's2', pages: 1, forms: 0 }])
    await happens(page('s1', T))
    expect(await sessions()).toEqual([{ id: 's1', pages: 1, forms: 0 }])
    expect(await person('session', 's2')).toBeUndefined()
  })

  test('begins one lead, also when other visitors sent it', async () => {
    const sent = (session: string, visitor: string, received_at: number) =>
      form('f1', session, T, { visitor, received_at, phone: '+79264445566' })
    await happens(sent('s2', 'v2', T + HOUR), visit('s2', T, { visitor: 'v2' }))
    await happens(sent('s3', 'v3', T + 2 * HOUR))
    expect(await conversion('f1')).toMatchObject({ session: 's2', visitor: 'v2' })
    expect(await person('visitor', 'v3')).toBeUndefined()
    await happens(sent('s1', 'v1', T))
    expect(await conversion('f1')).toMatchObject({ session: 's1', visitor: 'v1' })
    expect(await person('phone', '+79264445566')).toBe(await person('visitor', 'v1'))
    expect(await person('visitor', 'v2')).not.toBe(await person('visitor', 'v1'))
    expect(await sessions()).toEqual([
      { id: 's1', pages: 0, forms: 1 },
      { id: 's2', pages: 1, forms: 0 },
    ])
  })

  test('gives the lead to the next copy when the first turns out to be no form', async () => {
    await happens(
      form('f1', 's1', T, { received_at: T + HOUR }),
      form('f1', 's2', T, { visitor: 'v2', received_at: T + 2 * HOUR }),
    )
    await happens(fact('events', { id: 'f1', at: T, visitor: 'v1', session: 's3', received_at: T }))
    expect(await conversion('f1')).toMatchObject({ session: 's2', visitor: 'v2' })
  })
})

test("a form of everybody's visitor keeps its visit when its person changes", async () => {
  await happens(form('f1', '', T, { visitor: 'anonymous', phone: '+79264445566' }))
  expect(await conversion('f1')).toMatchObject({ session: 'anonymous:1' })
  await happens(call('c1', T + HOUR))
  expect(await conversion('f1')).toMatchObject({ session: 'anonymous:1' })
  await happens(fact('events', { id: 'e0', at: T - 2 * HOUR, visitor: 'anonymous', session: '' }))
  expect(await conversion('f1')).toMatchObject({ session: 'anonymous:2' })
})

test('of a session without end only so many events count, and every form', async () => {
  const pages = Array.from({ length: SESSION_EVENTS_MAX + 5 }, (_, index) =>
    fact('events', { id: `e${index}`, at: T + index * SECOND, visitor: 'v1', session: 's1' }),
  )
  await landFacts(store, logFacts(pages, 'wild', pages.length))
  await happens(form('f1', 's1', T + pages.length * SECOND, { phone: '+79264445566' }))
  const sessions = await store.query('SELECT id, pages, forms FROM sessions FINAL')
  expect(sessions).toEqual([{ id: 's1', pages: SESSION_EVENTS_MAX, forms: 1 }])
  expect(await person('phone', '+79264445566')).toBe(await person('visitor', 'v1'))
})
