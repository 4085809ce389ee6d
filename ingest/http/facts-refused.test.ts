import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { annotation, call, cost, deal, lead, lease } from './test-facts.ts'
import { openTestIngest, type TestIngest } from './test-ingest.ts'

const [ann, bob] = [personId('shop', 'phone', '+79261110001'), personId('shop', 'visitor', 'bob')]
const byHand = { ...annotation, on: { kind: 'person', id: ann } }
const phoneOf = (value: string) => ({ identifier: { kind: 'phone', value } })

let ingest: TestIngest

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore())
})
afterAll(() => ingest.close())

const token = 'tl-ingest'

describe('a wrong field is named', () => {
  test.each([
    ['/v1/calls', call, { status: 'weird' }, 'status'],
    ['/v1/calls', call, { from: '101' }, 'from'],
    ['/v1/calls', call, { from: 79162048137 }, 'from'],
    ['/v1/calls', call, { to: 'office' }, 'to'],
    ['/v1/calls', call, { talk: -1 }, 'talk'],
    ['/v1/calls', call, { duration: '60' }, 'duration'],
    ['/v1/calls', call, { recording_url: 'javascript:alert(1)' }, 'recording_url'],
    ['/v1/calls', call, { tags: ['a', ['b']] }, 'tags.1'],
    ['/v1/calls', call, { tags: Array.from({ length: 100_000 }, () => 'a') }, 'tags'],
    ['/v1/calls', call, { version: 1.5 }, 'version'],
    ['/v1/calls', call, { direction: 'sideways' }, 'direction'],
    ['/v1/leads', lead, { kind: 'smoke' }, 'kind'],
    ['/v1/leads', lead, { url: 'ftp://a.b' }, 'url'],
    ['/v1/leads', lead, { text: 'x'.repeat(10_001) }, 'text'],
    ['/v1/leads', lead, { client_ids: 'ga' }, 'client_ids'],
    ['/v1/deals', deal, { amount: -1 }, 'amount'],
    ['/v1/deals', deal, { amount: 'NaN' }, 'amount'],
    ['/v1/deals', deal, { amount: '12,50' }, 'amount'],
    ['/v1/deals', deal, { amount: 1e20 }, 'amount'],
    ['/v1/deals', deal, { currency: 'rubles' }, 'currency'],
    ['/v1/deals', deal, { currency: 'XQZ' }, 'currency'],
    ['/v1/deals', deal, { contact: { phones: [{}] } }, 'contact.phones.0'],
    ['/v1/deals', deal, { contact: { emails: 'a@b.ru' } }, 'contact.emails'],
    ['/v1/costs', cost, { cost: '-5' }, 'cost'],
    ['/v1/costs', cost, { cost: undefined }, 'cost'],
    ['/v1/costs', cost, { clicks: 1.5 }, 'clicks'],
    ['/v1/costs', cost, { source: ' ' }, 'source'],
    [
      '/v1/leases',
      lease,
      { seen: '2026-01-15T12:29:59Z', from: '2026-01-15T12:30:00Z', to: '2026-01-15T12:31:00Z' },
      'seen',
    ],
    ['/v1/leases', lease, { number: 'none' }, 'number'],
    ['/v1/annotations', annotation, { verdict: 'maybe' }, 'verdict'],
    ['/v1/annotations', annotation, { verdict: undefined }, 'verdict'],
    ['/v1/annotations', annotation, { on: { kind: 'event', id: 'x' } }, 'on.kind'],
    ['/v1/annotations', annotation, { merge: [ann, bob] }, 'on.kind'],
    ['/v1/annotations', annotation, { split: { person: bob } }, 'on.kind'],
    ['/v1/annotations', byHand, { merge: ['p1', bob] }, 'merge.0'],
    ['/v1/annotations', { ...byHand, on: { kind: 'person', id: 'p1' } }, { split: { person: bob } }, 'on.id'],
    ['/v1/annotations', byHand, { merge: [ann] }, 'merge'],
    ['/v1/annotations', byHand, { merge: [ann, bob, ann] }, 'merge'],
    ['/v1/annotations', byHand, { merge: [bob, bob] }, 'merge'],
    ['/v1/annotations', byHand, { split: {} }, 'split'],
    ['/v1/annotations', byHand, { split: { person: ann } }, 'split.person'],
    ['/v1/annotations', byHand, { split: { person: 'v1' } }, 'split.person'],
    ['/v1/annotations', byHand, { split: { identifier: { kind: 'ip', value: '1.1.1.1' } } }, 'split.identifier.kind'],
    ['/v1/annotations', byHand, { split: phoneOf('none') }, 'split.identifier.value'],
    ['/v1/annotations', byHand, { split: phoneOf('8 926 111-00-01') }, 'split.identifier'],
    ['/v1/annotations', byHand, { split: { person: bob }, merge: [ann, bob] }, 'split'],
  ])('%s %#', async (path, good, wrong, field) => {
    const answer = await ingest.post(path, { ...good, ...wrong }, { token })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'nothing_accepted', field } } })
    expect(answer.body.error.message).not.toBe('')
  })
})

describe('costs', () => {
  const csv = (text: string) => ingest.post('/v1/costs', text, { token, headers: { 'content-type': 'text/csv' } })

  test('come as CSV, quoted and with a byte order mark', async () => {
    const text =
      '\uFEFFDate,site,SOURCE,cost,campaign,clicks,junk\r\n2026-01-16,shop,vk,"12.50","spring, ""big""\nsale",4,x\r\n\r\n2026-01-16,shop,vk,abc,other,,\r\n'
    const answer = await csv(text)
    expect(answer.body).toMatchObject({ accepted: 1, rejected: [{ index: 1, field: 'cost' }] })
    const rows = await ingest.rows(answer.body.position, 'costs', "date = '2026-01-16'")
    expect(rows).toMatchObject([{ campaign: 'spring, "big"\nsale', cost: '12.5', clicks: '4', medium: '' }])
  })

  test('come as CSV with semicolons', async () => {
    expect((await csv('site;date;source;cost\nshop;2026-01-17;vk;1\nshop;2026-01-18;vk;1;2')).body).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1, field: 'record' }],
    })
  })

  test.each([
    ['lacks a column', 'site,date,cost\n', 'source'],
    ['names one twice', 'site,date,source,cost,cost\n', 'header'],
    ['is not there', '', 'body'],
  ])('as CSV whose header %s are refused', async (_, text, field) => {
    expect(await csv(text)).toMatchObject({ status: 400, body: { error: { code: 'bad_request', field } } })
  })

  test('of one key stand in a request once', async () => {
    const answer = await ingest.post(
      '/v1/costs',
      [
        { ...cost, term: 't' },
        { ...cost, term: 't', cost: 7 },
        { ...cost, term: 'u' },
      ],
      { token },
    )
    expect(answer.body).toMatchObject({ accepted: 2, rejected_total: 1, rejected: [{ index: 1 }] })
    expect(answer.body.rejected[0].message).toMatch(/^duplicate_key: .* index 0$/)
  })
})

test('a full log sends everybody away for a while, and stores nothing', async () => {
  const full = await openTestIngest(await freshStore(), { quota_bytes: 1 })
  const event = { id: 'e', type: 'custom', name: 'n', at: full.clock.now_ms }
  const answers = [
    await full.post('/v1/calls', call, { token }),
    await full.post('/v1/events', { site: 'shop', visitor: 'v', session: 's', events: [event] }),
  ]
  for (const answer of answers) {
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { code: 'log_full' } },
      headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) },
    })
  }
  await full.close()
})
