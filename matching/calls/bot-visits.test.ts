import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  call,
  fixedSettings,
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

/** Facts land in a log of their own and are read to the end; plain visitors by themselves, where said so. */
async function happens(facts: WorldFact[], plain_min?: number): Promise<void> {
  logs += 1
  await landFacts(store, logFacts(facts, `n${logs}`))
  const options = plain_min === undefined ? {} : { plain_min }
  const projection = await openProjection({ store, settings: fixedSettings(shop), now: () => T, ...options })
  while (await projection.step());
}

/** A number on a bot's screen, and a call to it while it is there. */
const bot = visit('s1', T, { bot: 1 })
const held = lease('s1', T, T + 2 * MINUTE)
const rings = call('c1', T + MINUTE)
const ofNobody = { session: '', visitor: '', reason: 'nobody_held_it', signs: ['held_by_bot'], confidence: 0 }

describe('a call to a number that only a bot was shown', () => {
  test('is nobody’s, says so, and makes no person of caller and bot', async () => {
    await happens([bot, held, rings])
    expect(await match('c1')).toMatchObject(ofNobody)
    expect(await person('phone', '+79264445566')).toBeTruthy()
    expect(await person('visitor', 'v1')).toBeUndefined()
  })

  test.each([
    ['with all others', undefined],
    ['as a plain visitor', 1],
  ])('is taken back once it becomes known that it was a bot, read %s', async (_, plain_min) => {
    await happens([held, rings])
    expect(await match('c1')).toMatchObject({ session: 's1', reason: 'number_on_screen' })
    await happens([bot], plain_min)
    expect(await match('c1')).toMatchObject(ofNobody)
    expect(await person('visitor', 'v1')).toBeUndefined()
  })

  test('is the visitor’s once a person turns out to be in that visit', async () => {
    await happens([bot, held, rings])
    await happens([visit('s1', T + 10 * SECOND)])
    expect(await match('c1')).toMatchObject({ session: 's1', reason: 'number_on_screen', signs: [] })
  })

  test('goes to the person who was shown it as well, and nobody else comes into question', async () => {
    const before = [visit('s2', T - HOUR, { visitor: 'v2' }), lease('s2', T - HOUR, T + 2 * MINUTE, { visitor: 'v2' })]
    await happens([bot, held, ...before, rings])
    expect(await match('c1')).toMatchObject({ session: 's2', reason: 'number_on_screen', signs: [] })
  })

  test('is nobody’s for having rung after a bot had it', async () => {
    await happens([bot, held, call('c1', T + HOUR)])
    expect(await match('c1')).toMatchObject({ ...ofNobody, signs: [] })
  })
})
