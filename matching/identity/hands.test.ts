import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import {
  fact,
  fixedSettings,
  landFacts,
  logFacts,
  readHistory,
  shop,
  START_MS as T,
  visit,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection, type Projection } from '../projection.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let live: Projection
beforeEach(async () => {
  store = await freshStore()
  live = await open()
})
afterEach(() => store.drop())

const history = readHistory(() => store)
const open = () => openProjection({ store, settings: fixedSettings(shop), now: () => T })
const [ann, bob] = [personId('shop', 'visitor', 'v1'), personId('shop', 'visitor', 'v2')]

let logs = 0
async function land(...facts: WorldFact[]): Promise<void> {
  logs += 1
  await landFacts(store, logFacts(facts, `n${logs}`))
  while (await live.step());
}

function said(id: string, at: number, what: object): WorldFact {
  return fact('annotations', { id, at, on_kind: 'person', on_id: ann, ...what })
}

const visits = [visit('s1', T), visit('s2', T + 1, { visitor: 'v2' })]

describe('two persons merged by hand', () => {
  test('are one, under the id of the older founder, and their visits with them', async () => {
    await land(...visits)
    expect(await history.person('visitor', 'v2')).toBe(bob)
    await land(said('a1', T + 2, { merge: [bob, ann] }))
    expect(await history.person('visitor', 'v2')).toBe(ann)
    expect(await history.person('session', 's2')).toBe(ann)
  })

  test('are one once both are known, also when the word came first', async () => {
    await land(said('a1', T, { merge: [ann, bob] }))
    live = await open()
    await land(...visits)
    expect(await history.person('visitor', 'v2')).toBe(ann)
  })

  test('are one after a restart, and two again once somebody says so', async () => {
    await land(...visits, said('a1', T + 2, { merge: [ann, bob] }))
    live = await open()
    await land(visit('s3', T + 3, { visitor: 'v2' }))
    expect(await history.person('session', 's3')).toBe(ann)
    await land(said('a2', T + 4, { split_kind: 'person', split_value: bob }))
    expect(await history.person('session', 's3')).toBe(bob)
  })

  test('are told by an edge that names the annotation', async () => {
    await land(...visits, said('a1', T + 2, { merge: [ann, bob] }))
    const edges = await store.query(
      "SELECT a_value, b_value, fact_id, joins FROM edges FINAL WHERE fact = 'annotation'",
    )
    expect(edges).toEqual([{ a_value: 'v1', b_value: 'v2', fact_id: 'a1', joins: 1 }])
  })

  test('by an annotation sent again are what it says now', async () => {
    await land(...visits, said('a1', T + 2, { merge: [ann, bob] }))
    await land(said('a1', T + 3, { merge: [ann, personId('shop', 'visitor', 'v3')] }))
    expect(await history.person('visitor', 'v2')).toBe(bob)
  })
})

describe('an identifier split from a person by hand', () => {
  const phone = '+79261110002'
  const owned = fact('events', { id: 'i1', at: T + 2, type: 'identify', visitor: 'v1', session: 's1', phone })
  const split = { split_kind: 'phone', split_value: phone }

  test('belongs to somebody else, and takes along what only it had joined', async () => {
    await land(...visits, owned, fact('leads', { id: 'm1', at: T + 3, kind: 'chat', phone }))
    expect(await history.person('lead', 'm1')).toBe(ann)
    await land(said('a1', T + 4, split))
    expect(await history.person('lead', 'm1')).toBe(await history.person('phone', phone))
    expect(await history.person('phone', phone)).not.toBe(ann)
    expect(await history.person('session', 's1')).toBe(ann)
  })

  test('stays apart when more facts name both', async () => {
    await land(...visits, owned, said('a1', T + 4, split))
    await land(fact('events', { id: 'i2', at: T + 5, type: 'form', visitor: 'v1', session: 's1', phone }))
    expect(await history.person('phone', phone)).not.toBe(ann)
  })
})
