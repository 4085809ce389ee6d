import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import {
  DAY,
  fact,
  fixedSettings,
  HOUR,
  type LoggedFact,
  landFacts,
  MINUTE,
  SECOND,
  START_MS,
  shop,
  type WorldFact,
} from '#tests/support/matching-world.ts'
import { openProjection, type Projection } from './projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from './rebuild/rebuild-tables.ts'

/** Worlds tried; each is read one by one in one order, in small steps in another, and all at once. */
const WORLDS = 6

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

const of = <Value>(...values: Value[]) => fc.constantFrom(...values)
const visitor = of('v1', 'v2', 'v3', 'v4', 'anonymous')
// Some look like later pieces of others.
const session = of('s1', 's2', 's3', 's1.2', 'v1:1', '')
const phone = of('', '+79261110001', '+79261110002', '+79261110003', '+79990000000')
const email = of('', 'ann@mail.ru', 'bob@mail.ru', 'boss@shop-mail.ru')
const ga = of('', '', '1.1', '2.2')
const number = of('+74951110001', '+74951110002', '+74952220000', '+74959999999')
const moment = fc
  .tuple(of(0, 0, 0, DAY, 40 * DAY), fc.integer({ min: 0, max: 120 }), of(0, 3 * SECOND))
  .map(([day, minute, second]) => START_MS + day + minute * MINUTE + second)
const late = of(0, 0, 2 * SECOND, HOUR, 3 * DAY)

const traffic = of(
  { source: '(direct)', medium: '(none)', channel: 'direct' },
  { source: '(internal)', medium: '(none)', channel: 'internal' },
  { source: 'yandex', medium: 'cpc', campaign: 'spring', channel: 'paid_search', click_ids: { yclid: '7' } },
  { source: 'google', medium: 'organic', channel: 'organic_search' },
)

const event = fc
  .record({
    ...{
      id: of('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9', 'e10', 'e11', 'e12'),
      at: moment,
      late,
      visitor,
      session,
      ga,
    },
    ...{
      phone,
      email,
      traffic,
      bot: of(0, 0, 0, 1),
      trusted: of(0, 0, 1),
      type: of('page', 'page', 'leave', 'form', 'identify'),
    },
    user: of('', '', 'u1', 'u2'),
    engaged_ms: of(0, 9_000, 20_000),
  })
  .map(({ late: after, traffic: brought, type, phone: tel, email: mail, user, ...said }) => {
    const says = type === 'form' || type === 'identify' ? { phone: tel, email: mail, user } : {}
    return fact('events', { ...said, ...says, type, ...(type === 'page' ? brought : {}), received_at: said.at + after })
  })
const lease = fc
  .record({
    at: moment,
    late,
    number,
    visitor,
    session: of('s1', 's2', 's3', 's1.2'),
    seen: of(0, MINUTE, 10 * MINUTE),
    change: of('taken', 'renewed', 'released'),
  })
  .map(({ at, late: after, seen, ...said }) =>
    fact('leases', {
      ...said,
      id: '',
      pool: 'main',
      from: at,
      seen: at + seen,
      to: at + seen + 3 * MINUTE,
      received_at: at + after,
    }),
  )
const call = fc
  .record({
    ...{
      id: of('c1', 'c2', 'c3', 'e1'),
      at: moment,
      late,
      from: phone,
      to: number,
      direction: of('in', 'in', 'in', 'out'),
    },
    ...{
      talk: of(0, 60),
      status: of('answered', 'missed'),
      version: of(0, 0, 1, 2),
      ga,
      visitor: of('', '', '', 'v1', 'v2'),
    },
    session: of('', '', '', 's1', 's1.2', 'v1:1'),
  })
  .map(({ late: after, ...said }) => fact('calls', { ...said, received_at: said.at + after }))
const lead = fc
  .record({
    id: of('e1', 'e2', 'm1', 'm2'),
    at: moment,
    late,
    phone,
    email,
    visitor: of('', 'v1', 'v3'),
    session: of('', 's3', 's1.2'),
    ga,
    version: of(0, 1),
  })
  .map(({ late: after, ...said }) => fact('leads', { ...said, kind: 'chat', received_at: said.at + after }))
const deal = fc
  .record({
    ...{
      id: of('d1', 'c1', 'e1'),
      at: moment,
      late,
      status: of('open', 'won', 'lost'),
      amount: of(null, '100', '12.5'),
    },
    ...{ contact_id: of('', 'k1', 'k2', 'k3', 'k4'), phones: fc.uniqueArray(phone.filter(Boolean), { maxLength: 2 }) },
    ...{
      emails: fc.uniqueArray(email.filter(Boolean), { maxLength: 1 }),
      visitor: of('', '', 'v2'),
      ga,
      call: of('', '', 'c1', 'c9'),
    },
    ...{ lead: of('', '', 'e1', 'm1'), created_at: fc.option(moment), version: of(0, 0, 1) },
  })
  .map(({ late: after, ...said }) => fact('deals', { ...said, received_at: said.at + after }))
const annotation = fc
  .record({
    id: of('a1', 'a2'),
    at: moment,
    on_kind: of('call', 'lead'),
    on_id: of('c1', 'e1', 'm1'),
    verdict: of('', 'target', 'spam'),
  })
  .map((said) => fact('annotations', said))

const worlds = fc.record({
  facts: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: event },
      { weight: 4, arbitrary: lease },
      { weight: 3, arbitrary: call },
      lead,
      { weight: 2, arbitrary: deal },
      annotation,
    ),
    { minLength: 5, maxLength: 30 },
  ),
  arrival: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  other: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  together: fc.integer({ min: 1, max: 4 }),
  restarts: fc.array(of('no', 'no', 'restart', 'crash'), { minLength: 30, maxLength: 30 }),
  written: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 30, maxLength: 30 }),
})

/** Each fact in a log of its own: any order of arrival is one the writers could have produced. */
function log(facts: readonly WorldFact[], site: string): LoggedFact[] {
  return facts.map((one, index) => ({
    ...one,
    row: { ...one.row, site },
    ...{ node: `${site}n${index}`, segment: 0, line: 0 },
  }))
}

function ordered<Value>(values: readonly Value[], by: readonly number[]): Value[] {
  return values
    .map((value, index) => ({ value, key: by[index] ?? 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

/** A store that is gone after so many inserts. */
function breaking(whole: Store, inserts_max: number): Store {
  let left = inserts_max
  return {
    ...whole,
    insert: (...said) => {
      if (left-- > 0) return whole.insert(...said)
      return Promise.reject(new Error('gone'))
    },
  }
}

async function readAll(projection: Projection): Promise<void> {
  while (await projection.step());
}

describe('the same facts', () => {
  test('give the same history in any order, cut, repeated, and rebuilt', async () => {
    let world = 0
    let compared = 0
    await fc.assert(
      fc.asyncProperty(worlds, async ({ facts, arrival, other, together, restarts, written }) => {
        const site = `world${world++}`
        for (const table of ['segments', 'matching_positions']) await truncate(store, table)
        const settings = fixedSettings({
          site: shop.site?.map((one) => ({ ...one, id: site })) ?? [],
          pool: shop.pool?.map((one) => ({ ...one, site })) ?? [],
        })
        const options = { store, settings, now: () => START_MS, site }
        const logged = log(facts, site)
        const others = ordered(
          logged.map((_, index) => index),
          other,
        )
        const landing = ordered(
          logged.map((one, index) => ({ one, landed: START_MS + others.indexOf(index) })),
          arrival,
        )
        let live = await openProjection(options)
        for (let from = 0; from < landing.length; from += together) {
          for (const { one, landed } of landing.slice(from, from + together)) await landFacts(store, [one], landed)
          if (restarts[from] === 'crash') {
            // What comes next is read together with what the broken step had begun to write.
            const failing = { ...options, store: breaking(store, written[from] ?? 0) }
            await readAll(await openProjection(failing)).catch(() => undefined)
          } else await readAll(live)
          if (restarts[from] !== 'no') live = await openProjection(options)
        }
        await readAll(live)
        for (const step_rows of [1, 100_000]) {
          await createRebuildTables(store)
          await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true, step_rows }))
          expect(await compareTables(store, site)).toEqual([])
        }
        // A crash before the positions were written: all is read once more.
        await truncate(store, 'matching_positions')
        await readAll(await openProjection(options))
        expect(await compareTables(store, site)).toEqual([])
        const [count] = await store.query<{ n: number }>(
          'SELECT toFloat64(count()) AS n FROM edges FINAL WHERE site = {site:String}',
          { site },
        )
        compared += count?.n ?? 0
      }),
      { numRuns: WORLDS, endOnFailure: true },
    )
    expect(compared).toBeGreaterThan(WORLDS * 5)
  }, 300_000)
})
