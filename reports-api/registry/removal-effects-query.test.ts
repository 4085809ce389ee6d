import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { insertConversions, sessionRow } from './hand-made-history.ts'
import { ReportQuery, RowsQuery } from './report-query.ts'
import { type ReportAnswer, runReport } from './run-report.ts'
import { runRows } from './run-rows.ts'

let store: Awaited<ReturnType<typeof freshStore>>
const terms = { timezone: 'UTC', currency: 'RUB' }
const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T10:00:00.000Z`
const steps = (...channels: string[]) => channels.map((channel, index) => ({ channel, at: day(index + 1) }))
const deal = { kind: 'deal', fact: 'deal', lead_kind: '', status: 'won', value: '100.00', currency: 'RUB', at: day(10) }

function visits(site: string, person: string, ...channels: string[]) {
  return channels.map((channel, index) =>
    sessionRow({ site, id: `${person}-${index}`, person, started_at: day(index + 1), channel }),
  )
}

beforeAll(async () => {
  store = await freshStore()
  const c1 = 'paid_search'
  const c2 = 'email'
  const c3 = 'sms'
  await insertConversions(store, [
    { ...deal, site: 'bryl', id: 'd1', person: 'buyer', path: steps(c1, c2, c3) },
    { ...deal, site: 'puzyrov', id: 'd1', person: 'p1', path: steps(c1) },
    { ...deal, site: 'puzyrov', id: 'd2', person: 'p2', path: steps(c1) },
    { ...deal, site: 'puzyrov', id: 'd3', person: 'p3', path: steps(c2) },
    { ...deal, site: 'puzyrov', id: 'd4', person: 'p4', path: steps(c1, c2) },
    // Nobody's touch: no part of the chain.
    { ...deal, site: 'puzyrov', id: 'd5', person: 'p5' },
    { ...deal, site: 'slow', id: 'd1', person: 'p1', closed_at: '2027-01-15T00:00:00.000Z', path: steps(c1, c2) },
    { ...deal, site: 'slow', id: 'd2', person: 'p2', status: 'open', path: steps(c3) },
    // Somebody who asked, and bought nothing.
    { site: 'bryl', id: 'l1', person: 'asker', at: day(3), path: steps(c2) },
  ])
  await store.insert('sessions', [
    ...visits('bryl', 'looker', c1),
    ...visits('bryl', 'asker', c2, c3),
    ...visits('puzyrov', 'looker', c1),
    // What may not count: visits of buyers and bots, of nobody, and of another month.
    ...visits('bryl', 'buyer', c1, c2, c3, 'direct'),
    { ...visits('bryl', 'robot', 'referral')[0], bot: 1 },
    { ...visits('bryl', '', 'referral')[0] },
    { ...visits('bryl', 'later', 'referral')[0], started_at: '2026-12-01T10:00:00.000Z' },
  ])
})

afterAll(() => store.drop())

function ask(site: string, given: object = {}): Promise<ReportAnswer> {
  return runReport(
    store,
    ReportQuery.parse({
      site,
      from: '2026-11-01',
      to: '2026-11-30',
      metrics: ['deals_won', 'revenue'],
      dimensions: ['channel'],
      attribution: { model: 'markov' },
      order_by: 'channel',
      ...given,
    }),
    terms,
  )
}

describe('a report by Markov chains', () => {
  // Sergey Bryl', analyzecore.com, 3 August 2016 (see domain/removal-effects.test.ts): C1, C2, C3 get 0.2, 0.4 and 0.4.
  test('gives what was published for three journeys', async () => {
    const { rows, meta } = await ask('bryl')
    expect(meta.removal_effects?.deal).toEqual({
      conversion_rate: 0.333333333,
      channels: [
        { channel: 'email', effect: 1, share: 0.4 },
        { channel: 'sms', effect: 1, share: 0.4 },
        { channel: 'paid_search', effect: 0.5, share: 0.2 },
      ],
    })
    expect(rows).toEqual([
      { channel: 'email', deals_won: 0.4, revenue: '40.00' },
      { channel: 'paid_search', deals_won: 0.2, revenue: '20.00' },
      { channel: 'sms', deals_won: 0.4, revenue: '40.00' },
    ])
  })

  // Serhii Puzyrov, July 2019: effects of 0.75 and 0.5, and so 60% and 40%. Published for all conversions at once; here each is
  // shared among the channels of its own path, so that what one channel did alone stays with it.
  test('shares each conversion among its own channels', async () => {
    const { rows, totals, meta } = await ask('puzyrov')
    expect(meta.removal_effects?.deal.channels).toEqual([
      { channel: 'paid_search', effect: 0.75, share: 0.6 },
      { channel: 'email', effect: 0.5, share: 0.4 },
    ])
    expect(rows).toEqual([
      { channel: 'email', deals_won: 1.4, revenue: '140.00' },
      { channel: 'paid_search', deals_won: 2.6, revenue: '260.00' },
      { channel: 'uncredited', deals_won: 1, revenue: '100.00' },
    ])
    expect(totals).toEqual({ deals_won: 5, revenue: '500.00' })
  })

  test('takes what leads to a request and what leads to a deal for two chains', async () => {
    const { meta } = await ask('bryl')
    // Lost are the one who looked, and the buyer, who never asked.
    expect(meta.removal_effects?.lead).toEqual({
      conversion_rate: 0.333333333,
      channels: [
        { channel: 'email', effect: 1, share: 0.666666667 },
        { channel: 'paid_search', effect: 0.5, share: 0.333333333 },
        { channel: 'direct', effect: 0, share: 0 },
        { channel: 'sms', effect: 0, share: 0 },
      ],
    })
  })

  test('has the same chain whatever the filters, and so the rows behind a number have its weights', async () => {
    for (const [channel, credit] of [
      ['email', '40.00'],
      ['paid_search', '20.00'],
    ]) {
      const filters = [{ dimension: 'channel', op: 'is', values: [channel] }]
      const { totals } = await ask('bryl', { filters })
      const query = { site: 'bryl', from: '2026-11-01', to: '2026-11-30', metric: 'revenue', filters }
      const columns = ['conversion', 'weight', 'credit']
      const behind = await runRows(
        store,
        RowsQuery.parse({ ...query, columns, attribution: { model: 'markov' } }),
        terms,
      )
      expect(totals.revenue).toBe(credit)
      expect(behind.rows).toEqual([{ conversion: 'd1', weight: Number(credit) / 100, credit }])
    }
  })

  test('counts only calls to stated numbers among offline visits that came to nothing', async () => {
    const call = {
      site: 'bryl',
      id: 'c1',
      at: day(2),
      from: '',
      to: '+74950000001',
      direction: 'in',
      status: 'answered',
    }
    const about = { pool: '', session: '', visitor: '', confidence: 1, candidates: '[]', medium: '', campaign: '' }
    const rest = { duration: 1, talk: 1, wait: 0, recording_url: '', operator: '', provider: '', tags: [] }
    const row = { ...call, ...about, ...rest, channel: 'offline', version: 1, is_deleted: 0 }
    await store.insert('call_matches', [
      { ...row, person: 'caller', reason: 'static_number', source: 'billboard' },
      { ...row, id: 'c2', person: 'caller2', reason: 'nobody_held_it', source: '' },
    ])
    const { meta } = await ask('bryl')
    expect(meta.removal_effects?.deal.conversion_rate).toBe(0.25)
    expect(meta.removal_effects?.deal.channels).toContainEqual({ channel: 'offline', effect: 0, share: 0 })
  })

  test('takes the deals that were closed in the period when those are asked for', async () => {
    const closed = await ask('slow', { from: '2027-01-01', to: '2027-01-31', date: 'closed' })
    expect(closed.meta.removal_effects?.deal.channels.map(({ channel }) => channel)).toEqual(['email', 'paid_search'])
    expect(closed.totals).toEqual({ deals_won: 1, revenue: '100.00' })
    const created = await ask('slow')
    expect(created.meta.removal_effects?.deal.channels.map(({ channel }) => channel)).toEqual([
      'email',
      'paid_search',
      'sms',
    ])
  })

  test('compares two periods, each by the chain of its own', async () => {
    const { meta, totals } = await ask('slow', { compare: { from: '2026-10-01', to: '2026-10-30' } })
    expect(totals).toMatchObject({ deals_won: 1, compare_deals_won: 0 })
    expect(meta.removal_effects?.deal.channels).toHaveLength(3)
    expect(meta.compare?.removal_effects?.deal.channels).toEqual([])
  })

  test('of a period without any journey is empty', async () => {
    const { rows, totals, meta } = await ask('bryl', { from: '2020-01-01', to: '2020-01-31' })
    expect([rows, totals]).toEqual([[], { deals_won: 0, revenue: '0.00' }])
    expect(meta.removal_effects?.deal).toEqual({ conversion_rate: 0, channels: [] })
  })

  test('asks for no chain where nothing is credited', async () => {
    const { meta } = await ask('bryl', { metrics: ['visits'], order_by: 'visits' })
    expect(meta.removal_effects).toBeUndefined()
  })
})
