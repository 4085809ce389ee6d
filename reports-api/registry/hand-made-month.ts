import type { Store } from '#storage/client.ts'
import { costRow, insertConversions, sessionRow } from './hand-made-history.ts'

const paid = { channel: 'paid_search', source: 'yandex', medium: 'cpc', campaign: 'brand', device: 'mobile' }
const organic = { channel: 'organic_search', source: 'google', medium: 'organic' }
const s1 = { session: 's1', at: '2026-11-01T10:00:00.000Z', ...paid }
const s2 = { session: 's2', at: '2026-11-05T10:00:00.000Z' }
const s3 = { session: 's3', at: '2026-11-04T10:00:00.000Z', ...organic }

/** November of a small shop: visits, requests, deals of every status, and costs. Its site is in Moscow and counts in roubles. */
export async function fillMonth(store: Pick<Store, 'insert'>): Promise<void> {
  await fillVisits(store)
  await fillConversions(store)
  await fillCosts(store)
}

async function fillVisits(store: Pick<Store, 'insert'>): Promise<void> {
  await store.insert('sessions', [
    sessionRow({ id: 's1', visitor: 'v1', started_at: s1.at, pages: 3, ...paid, project: 'sosny' }),
    sessionRow({ id: 's2', visitor: 'v1', started_at: s2.at, bounce: 1 }),
    sessionRow({ id: 's3', visitor: 'v2', started_at: s3.at, pages: 2, ...organic }),
    // Half past midnight of 1 November in Moscow; and half past midnight of 1 December.
    sessionRow({
      id: 's6',
      visitor: 'v2',
      started_at: '2026-10-31T21:30:00.000Z',
      channel: 'referral',
      source: 'blog.test',
    }),
    sessionRow({ id: 's4', visitor: 'v3', started_at: '2026-11-30T21:30:00.000Z' }),
    sessionRow({ id: 's5', visitor: 'v4', started_at: s1.at, bot: 1 }),
    sessionRow({ id: 's1', visitor: 'v1', site: 'other', started_at: s1.at }),
  ])
  // Rewritten by matching: only the newer version may count.
  await store.insert('sessions', [
    sessionRow({ id: 's3', visitor: 'v2', started_at: s3.at, pages: 2, ...organic, device: 'tablet', version: 2 }),
  ])
}

async function fillConversions(store: Pick<Store, 'insert'>): Promise<void> {
  const d1 = { id: 'd1', kind: 'deal', fact: 'deal', lead_kind: '', at: '2026-11-06T10:00:00.000Z' }
  await insertConversions(store, [
    { id: 'l1', at: '2026-11-05T12:00:00.000Z', first: 1, target: 1, project: 'sosny', path: [s1, s2] },
    {
      id: 'c1',
      fact: 'call',
      lead_kind: 'call',
      status: 'answered',
      at: '2026-11-05T13:00:00.000Z',
      target: 1,
      number: '+74951000001',
      pool: 'main',
      path: [s1, s3, s2],
    },
    {
      id: 'c2',
      fact: 'call',
      lead_kind: 'call',
      status: 'missed',
      at: '2026-11-07T13:00:00.000Z',
      first: 1,
      number: '+74951000002',
    },
    {
      ...d1,
      status: 'won',
      value: '1000.00',
      currency: 'RUB',
      closed_at: '2026-11-16T22:00:00.000Z',
      manager: 'Anna',
      stage: 'paid',
      path: [s1, s3, s2],
    },
    { ...d1, id: 'd2', status: 'won', value: '500.00', currency: 'USD', path: [s1] },
    { ...d1, id: 'd3', status: 'open', manager: 'Boris' },
    {
      ...d1,
      id: 'd4',
      status: 'lost',
      reason: 'price',
      closed_at: '2026-12-01T10:00:00.000Z',
      path: [{ at: '2026-01-01T10:00:00.000Z', channel: 'referral', source: 'blog.test' }],
    },
  ])
}

async function fillCosts(store: Pick<Store, 'insert'>): Promise<void> {
  await store.insert('costs', [
    costRow({ date: '2026-11-03', cost: '100.00', clicks: 5, impressions: 500 }),
    costRow({
      date: '2026-11-03',
      cost: '150.50',
      clicks: 10,
      impressions: 1000,
      received_at: '2026-11-11T00:00:00.000Z',
    }),
    costRow({ date: '2026-11-04', cost: '49.50', clicks: 10, impressions: 100, campaign: 'remarketing' }),
    costRow({ date: '2026-11-04', cost: '99.00', clicks: 4, impressions: 50, campaign: 'abroad', currency: 'USD' }),
    costRow({ date: '2026-12-01', cost: '999.00' }),
  ])
}
