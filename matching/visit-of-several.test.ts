import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  fact,
  fixedSettings,
  form,
  HOUR,
  landFacts,
  logFacts,
  MINUTE,
  readHistory,
  shop,
  START_MS as T,
  visit,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection } from './projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from './rebuild/rebuild-tables.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const options = { settings: fixedSettings(shop), now: () => T }
const { conversion, person } = readHistory(() => store)
let logs = 0
beforeEach(async () => {
  store = await freshStore()
})
/** Whatever was told bit by bit, a rebuild says the same. */
afterEach(async () => {
  await createRebuildTables(store)
  const anew = await openProjection({ ...options, store, suffix: REBUILD_SUFFIX, fresh: true })
  while (await anew.step());
  expect(await compareTables(store, undefined)).toEqual([])
  await store.drop()
})

async function happens(...facts: WorldFact[]): Promise<void> {
  logs += 1
  await landFacts(store, logFacts(facts, `n${logs}`))
  const projection = await openProjection({ ...options, store })
  while (await projection.step());
}

describe('leads of several people in one visit of a tablet', () => {
  const ofThree = [
    visit('s1', T),
    form('f1', 's1', T + MINUTE, { phone: '+79261110001', email: 'ann@mail.ru' }),
    form('f2', 's1', T + 5 * MINUTE, { phone: '+79261110002', email: 'bob@mail.ru' }),
    form('f3', 's1', T + 9 * MINUTE, { phone: '+79261110003', email: 'eve@mail.ru' }),
  ]

  test('are of several, and each names the visit, which is nobody’s', async () => {
    await happens(...ofThree)
    const leads = ['f1', 'f2', 'f3']
    const persons = await Promise.all(leads.map((id) => person('lead', id)))
    expect(new Set(persons).size).toBe(3)
    expect(await person('email', 'ann@mail.ru')).toBe(persons[0])
    expect(await person('phone', '+79261110002')).toBe(persons[1])
    expect(await Promise.all(leads.map(conversion))).toMatchObject(leads.map(() => ({ session: 's1' })))
    expect(await person('session', 's1')).toBe('')
  })

  test('came from the visit all the same, and from another source once that is known', async () => {
    await happens(...ofThree, fact('deals', { id: 'd1', at: T + HOUR, status: 'open', lead: 'f2' }))
    const ids = ['f1', 'f2', 'f3', 'd1']
    expect(await Promise.all(ids.map(conversion))).toMatchObject(ids.map(() => ({ touches: 1, uncredited: '' })))
    const touched = () =>
      store.query<{ source: string }>(`SELECT DISTINCT source FROM touchpoints FINAL WHERE position = 1`)
    expect(await touched()).toEqual([{ source: '(direct)' }])
    await happens(visit('s1', T - MINUTE, { source: 'yandex', medium: 'cpc', channel: 'paid_search' }))
    expect(await touched()).toEqual([{ source: 'yandex' }])
  })

  test('are one person’s when later requests name who is who', async () => {
    await happens(...ofThree)
    const also = { kind: 'chat', session: 's1', email: 'bob@mail.ru' }
    await happens(fact('leads', { id: 'f4', at: T + HOUR, ...also, phone: '+79261110001' }))
    expect(await person('lead', 'f1')).toBe(await person('lead', 'f2'))
    expect(await person('session', 's1')).toBe(await person('lead', 'f1'))
  })
})

describe('somebody who signs in and writes in in one visit', () => {
  test('is one person, and so are their visits', async () => {
    await happens(
      visit('s1', T),
      fact('events', { id: 'i1', at: T + MINUTE, type: 'identify', visitor: 'v1', session: 's1', user: 'ann' }),
      form('f1', 's1', T + 2 * MINUTE, { phone: '+79261110001', email: 'ann@mail.ru' }),
    )
    expect(await person('user', 'ann')).toBe(await person('lead', 'f1'))
    expect(await person('session', 's1')).toBe(await person('lead', 'f1'))
    expect(await person('visitor', 'v1')).toBe(await person('lead', 'f1'))
  })
})
