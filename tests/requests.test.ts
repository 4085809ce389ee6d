import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { creditModels } from '#domain/credit.ts'
import { parseMoney } from '#domain/money.ts'
import { openProjection } from '#matching/projection.ts'
import { makeTestApp, type TestApp } from '#reports-api/http/test-app.ts'
import { freshStore } from './support/fresh-store.ts'
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
  SECOND,
  shop,
  START_MS as T,
  visit,
  type WorldFact,
} from './support/matching-world.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp
const settings = fixedSettings(shop)
let logs = 0
beforeEach(async () => {
  store = await freshStore()
  http = await makeTestApp(() => store)
})
afterEach(async () => {
  await http.app.close()
  await store.drop()
})

async function happens(...facts: WorldFact[]): Promise<void> {
  logs += 1
  await landFacts(store, logFacts(facts, `n${logs}`))
  const projection = await openProjection({ store, settings, now: () => T })
  while (await projection.step());
}

const get = async (path: string) => {
  const { status, body } = await http.get(`${path}${path.includes('?') ? '&' : '?'}site=shop`)
  expect([path, status]).toEqual([path, 200])
  return body
}
const lines = async <Line>(path: string) =>
  String((await get(path)).text)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)

const phone = '+79264445566'
const ad = { source: 'yandex', medium: 'cpc', campaign: 'spring', channel: 'paid_search' }
const asked = (id: string, at: number) =>
  form(id, 's1', at, { phone, form_id: 'order', form_name: 'Order', form_fields: { comment: 'Call me' } })
const webhook = (id: string, at: number) => fact('leads', { id, at, kind: 'form', phone, name: 'Anna', text: 'Hello' })
const deal = (id: string, at: number, said: object) => fact('deals', { id, at, status: 'open', ...said })

describe('a lead', () => {
  test('answers to each of its ids, with what all of them said and why they are one', async () => {
    await happens(visit('s1', T, ad), asked('f1', T + MINUTE), webhook('tilda:7', T + MINUTE + SECOND))
    const lead = await get('/v1/leads/f1')
    expect(lead).toMatchObject({ id: 'f1', kind: 'form', name: 'Anna', text: 'Hello', form: { name: 'Order' } })
    expect(lead.also).toEqual(['tilda:7'])
    expect(lead.same).toEqual([
      { id: 'tilda:7', same_as: 'f1', rule: 'message_of_form', by: ['phone'], apart_ms: SECOND },
    ])
    expect(await get('/v1/leads/tilda:7')).toEqual(lead)
    const { chain } = await get('/v1/persons/why?a=lead:f1&b=lead:tilda:7')
    expect((chain as { rule: string }[]).map(({ rule }) => rule)).toContain('same_request')
    const streamed = await lines('/v1/leads')
    expect(streamed).toEqual([lead])
  })

  test('stands once in the history of its person, with what is thought of it', async () => {
    await happens(
      visit('s1', T, ad),
      asked('f1', T + MINUTE),
      asked('f2', T + MINUTE + SECOND),
      webhook('w', T + MINUTE),
    )
    const { timeline } = (await get('/v1/persons?visitor=v1')) as { timeline: Record<string, unknown>[] }
    expect(timeline.map(({ kind, id, same_as }) => [kind, id, same_as])).toEqual([
      ['session', 's1', undefined],
      ['page', `page-s1-${T}`, undefined],
      ['form', 'f1', undefined],
      ['form', 'f2', 'f1'],
    ])
    expect(timeline[2]).toMatchObject({ first: true, target: false, fraud: { score: 0, signs: [] } })
    expect(timeline[2]?.same).toEqual([
      { id: 'w', same_as: 'f1', rule: 'message_of_form', by: expect.arrayContaining(['phone']), apart_ms: 0 },
      { id: 'f2', same_as: 'f1', rule: 'resent_form', by: expect.arrayContaining(['visitor']), apart_ms: SECOND },
    ])
    expect(timeline[3]).not.toHaveProperty('same')
  })
})

test('verdicts and signs of fraud stand on calls, on conversions and in reports', async () => {
  await happens(
    ...[visit('s1', T, ad), lease('s1', T, T + MINUTE), call('c1', T + 2 * SECOND), call('c2', T + DAY, { from: '' })],
    fact('annotations', { id: 'a1', at: T, on_kind: 'call', on_id: 'c1', verdict: 'spam' }),
  )
  const { fraud, verdict, target } = await get('/v1/calls/c1')
  expect({ verdict, target }).toEqual({ verdict: { auto: 'target', manual: 'spam' }, target: false })
  expect(fraud).toEqual({
    score: 94,
    signs: [
      { sign: 'marked_spam', label: { en: expect.any(String), ru: expect.any(String) }, weight: 0.9, evidence: {} },
      { sign: 'instant_call', label: expect.anything(), weight: 0.4, evidence: { after_ms: 2 * SECOND } },
    ],
  })
  const conversions = await lines<{ id: string; fraud: { score: number } }>('/v1/conversions')
  expect(conversions.map((row) => [row.id, row.fraud.score])).toEqual([
    ['c1', 94],
    ['c2', 10],
  ])
  const report = { site: 'shop', from: '2026-11-01', to: '2026-11-30', metrics: ['leads', 'suspicious_leads'] }
  const { body } = await http.send('POST', '/v1/reports/query', { ...report, dimensions: ['fraud_score'] })
  expect(body.rows).toEqual([
    { fraud_score: '0–24', leads: 1, suspicious_leads: 0 },
    { fraud_score: '75–100', leads: 1, suspicious_leads: 1 },
  ])
  const filters = [{ dimension: 'fraud_score', op: 'is', values: ['75–100'] }]
  const rows = await http.send('POST', '/v1/reports/rows', {
    ...{ site: 'shop', from: '2026-11-01', to: '2026-11-30', metric: 'suspicious_leads', filters },
    columns: ['conversion', 'fraud_score'],
  })
  expect(rows.body.rows).toEqual([{ conversion: 'c1', fraud_score: 94 }])
})

describe('a deal', () => {
  test('shows the path it took, whatever order its messages came in', async () => {
    await happens(
      deal('d1', T + 3 * HOUR, { status: 'won', amount: '80' }),
      deal('d1', T, { stage: 'new', amount: '100.5', currency: 'RUB' }),
      deal('d1', T + HOUR, { stage: 'offer' }),
      deal('d1', T + HOUR, { stage: 'offer', version: 1 }),
      deal('d1', T + 4 * HOUR, { status: 'lost', reason: 'refund', amount: '0' }),
    )
    const { stages, status, amount } = (await get('/v1/deals/d1')) as Record<string, unknown>
    expect([status, amount]).toEqual(['lost', '0.00'])
    const step = { currency: 'RUB', reason: '' }
    expect(stages).toEqual([
      { ...step, at: new Date(T).toISOString(), status: 'open', stage: 'new', amount: '100.50' },
      { ...step, at: new Date(T + HOUR).toISOString(), status: 'open', stage: 'offer', amount: '100.50' },
      { ...step, at: new Date(T + 3 * HOUR).toISOString(), status: 'won', stage: 'offer', amount: '80.00' },
      {
        ...{ ...step, reason: 'refund', at: new Date(T + 4 * HOUR).toISOString() },
        ...{ status: 'lost', stage: 'offer', amount: '0.00' },
      },
    ])
  })

  test('won after all is told without the reason it had been lost for, at each step of its path', async () => {
    await happens(
      deal('d1', T, { status: 'lost', reason: 'price' }),
      deal('d1', T + HOUR, { status: 'lost', stage: 'archive' }),
      deal('d1', T + 2 * HOUR, { stage: 'again' }),
      deal('d1', T + 3 * HOUR, { status: 'won', amount: '5' }),
    )
    const { reason, stages } = (await get('/v1/deals/d1')) as { reason: string; stages: { reason: string }[] }
    expect([reason, stages.map((step) => step.reason)]).toEqual(['', ['price', 'price', '', '']])
  })

  test('names the keys that lead elsewhere', async () => {
    const other = '+79161112200'
    await happens(
      deal('d0', T - DAY, { contact_id: 'k1', phones: [phone], created_at: T - DAY }),
      deal('d9', T - DAY, { contact_id: 'k9', phones: [other], created_at: T - DAY }),
      call('c1', T, { from: other }),
      deal('d1', T + HOUR, { contact_id: 'k1', call: 'c1' }),
    )
    const { conflicts, person } = await get('/v1/deals/d1')
    const owner = (await get('/v1/persons?contact=k9')).id
    expect(conflicts).toEqual([{ kind: 'call', value: 'c1', reason: 'two_contacts', person: owner }])
    expect(person).not.toBe(owner)
  })

  test('says why no touch is credited', async () => {
    await happens(
      ...[visit('s1', T, { visitor: 'v1' }), deal('early', T, { created_at: T - DAY, visitor: 'v1' })],
      ...[deal('late', T + 200 * DAY, { visitor: 'v1' }), deal('alone', T, { phones: ['+79161112200'] })],
      deal('good', T + DAY, { visitor: 'v1' }),
    )
    const why = await Promise.all(
      ['early', 'late', 'alone', 'good'].map(async (id) => (await get(`/v1/deals/${id}`)).uncredited),
    )
    expect(why).toEqual(['before_tracking', 'beyond_lookback', 'no_touches', null])
    // And in the same words wherever deals are told of.
    type Told = { id: string; kind?: string; uncredited: string | null }
    const told = (deals: readonly Told[]) => Object.fromEntries(deals.map(({ id, uncredited }) => [id, uncredited]))
    const person = await get('/v1/persons?visitor=v1')
    expect(told(person.deals as Told[])).toEqual({ early: why[0], late: why[1], good: null })
    const period = 'from=2026-01-01&to=2027-12-31'
    const all = { early: why[0], late: why[1], alone: why[2], good: null }
    expect(told(await lines<Told>(`/v1/deals?${period}`))).toEqual(all)
    expect(told(await lines<Told>(`/v1/conversions?${period}`))).toEqual(all)
  })
})

/** Deals as a CRM tells them: amounts that change, refunds, reopened, late and twice. */
const anyDeals = fc.array(
  fc.record({
    ...{ id: fc.constantFrom('d1', 'd2', 'd3'), hour: fc.integer({ min: 0, max: 60 * 24 }) },
    status: fc.constantFrom('open', 'won', 'won', 'lost'),
    amount: fc.option(fc.integer({ min: 0, max: 999_999_999 }).map((units) => (units / 10_000).toFixed(4))),
    ...{ version: fc.nat({ max: 2 }), visitor: fc.constantFrom('', 'v1') },
  }),
  { minLength: 6, maxLength: 14 },
)

describe('money that changes its mind', () => {
  test('is credited to the last digit under every model, and what no touch can take is the visible rest', async () => {
    const visits = Array.from({ length: 9 }, (_, index) =>
      visit(`s${index}`, T + index * 5 * DAY + HOUR, index % 2 === 0 ? ad : {}),
    )
    await happens(...visits)
    let checked = 0
    for (const messages of fc.sample(anyDeals, { numRuns: 4, seed: 11 })) {
      for (const { hour, ...said } of messages) {
        const at = T + hour * HOUR
        await happens(deal(said.id, at, { ...said, currency: 'RUB', received_at: T + 70 * DAY + logs }))
      }
      const deals = await lines<{ id: string; amount: string | null; stages: { amount: string | null }[] }>('/v1/deals')
      for (const model of creditModels) {
        const touches = await lines<{ conversion: string; weight: number; credit: string }>(
          `/v1/touchpoints?model=${model}`,
        )
        for (const { id, amount, stages } of deals) {
          const own = touches.filter(({ conversion }) => conversion === id)
          expect(own.reduce((all, { weight }) => all + weight, 0)).toBeCloseTo(1, 12)
          const credited = own.reduce((all, { credit }) => all + (parseMoney(credit) as bigint), 0n)
          expect([id, model, credited]).toEqual([id, model, parseMoney(amount ?? '0')])
          expect(stages.at(-1)?.amount).toBe(amount)
          checked += 1
        }
        const { body } = await http.send('POST', '/v1/reports/query', {
          ...{ site: 'shop', from: '2026-11-01', to: '2027-03-01', metrics: ['revenue'], attribution: { model } },
        })
        const states = await lines<{ status: string; amount: string | null }>('/v1/deals')
        const won = states.filter(({ status }) => status === 'won')
        const revenue = won.reduce((all, { amount }) => all + (parseMoney(amount ?? '0') as bigint), 0n)
        expect(parseMoney((body.totals as { revenue: string }).revenue)).toBe(revenue)
      }
    }
    expect(checked).toBeGreaterThan(80)
  }, 240_000)
})
