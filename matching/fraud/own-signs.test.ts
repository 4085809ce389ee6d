import { describe, expect, test } from 'vitest'
import { fraudScore } from '#domain/fraud.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { type Asked, type DealSeen, ownSigns } from './own-signs.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR
const AT = 100 * DAY

type Said = Partial<Omit<Asked, 'conversion' | 'session'>> & {
  is?: Partial<Asked['conversion']>
  session?: Partial<HistoryRow<'sessions'>>
}

function asked({ is, session, ...said }: Said = {}): Asked {
  const conversion = { fact: 'lead', id: 'l', at: AT, lead_kind: 'chat', status: '', talk: 0, verdict: '', project: '' }
  const visit = { started_at: AT - HOUR, pages: 3, engaged_ms: 60_000, country: 'RU', ...session }
  return {
    conversion: { ...conversion, ...is },
    ...{
      ids: ['l'],
      phone: '+79261112233',
      isBlocked: false,
      names: [],
      isTracked: true,
      byBrowser: true,
      issued_at: undefined,
      paid: '',
    },
    // Only what the signs look at is there.
    session: visit as HistoryRow<'sessions'>,
    ...said,
  }
}

const deal = (said: Partial<DealSeen>): DealSeen => ({
  ...{ id: 'd', status: 'open', reason: '', created_at: AT, call: '', lead: '' },
  ...said,
})

function signsOf(one: Asked, before: Asked[] = [], deals: DealSeen[] = []): string[] {
  return ownSigns(one, before, deals).map(({ sign }) => sign)
}

const shortCall = (id: string, at: number, talk = 2) =>
  asked({ is: { id, at, fact: 'call', lead_kind: 'call', status: 'answered', talk } })

describe('a request', () => {
  test('of somebody who looked around shows no sign', () => {
    expect(signsOf(asked())).toEqual([])
  })

  test.each<[string, Asked, Asked[], DealSeen[], boolean]>([
    ['marked_spam', asked({ is: { verdict: 'spam' } }), [], [], true],
    ['marked_spam', asked({ is: { verdict: 'not_target' } }), [], [], false],
    ['blocked_number', asked({ isBlocked: true }), [], [], true],
    ['spam_before', asked(), [asked({ is: { verdict: 'spam', at: AT - DAY } })], [], true],
    ['spam_before', asked({ phone: '+79160000001' }), [asked({ is: { verdict: 'spam' } })], [], false],
    ['short_calls', shortCall('c3', AT), [shortCall('c1', AT - DAY), shortCall('c2', AT - HOUR)], [], true],
    ['short_calls', shortCall('c3', AT), [shortCall('c1', AT - DAY - 1), shortCall('c2', AT - HOUR)], [], false],
    ['short_calls', shortCall('c3', AT, 10), [shortCall('c1', AT - DAY), shortCall('c2', AT - HOUR)], [], false],
    ['instant_call', asked({ issued_at: AT - 3 * SECOND }), [], [], true],
    ['instant_call', asked({ issued_at: AT - 3 * SECOND - 1 }), [], [], false],
    ['no_activity', asked({ session: { started_at: AT - 5 * SECOND, pages: 1, engaged_ms: 0 } }), [], [], true],
    [
      'no_activity',
      asked({ session: { started_at: AT - 5 * SECOND, pages: 1, engaged_ms: 3 * SECOND } }),
      [],
      [],
      false,
    ],
    ['no_activity', asked({ byBrowser: false, session: { started_at: AT, pages: 0, engaged_ms: 0 } }), [], [], false],
    ['no_visit', { ...asked(), session: undefined }, [], [], true],
    ['no_visit', { ...asked(), session: undefined, isTracked: false }, [], [], false],
    ['duplicate_sale', asked({ paid: 'b' }), [asked({ paid: 'a', is: { at: AT - 30 * DAY } })], [], true],
    ['duplicate_sale', asked({ paid: 'b' }), [asked({ paid: 'a', is: { at: AT - 30 * DAY - 1 } })], [], false],
    ['duplicate_sale', asked({ paid: 'a' }), [asked({ paid: 'a' })], [], false],
    ['names_differ', asked({ names: ['Иван Петров', 'Мария'] }), [], [], true],
    ['names_differ', asked({ names: ['Пётр'] }), [asked({ names: ['петр иванов'] })], [], false],
    ['names_differ', asked({ names: ['A B', 'Ann Smith', 'smith'] }), [], [], false],
    ['country_mismatch', asked({ phone: '+4915112345678' }), [], [], true],
    ['country_mismatch', asked({ phone: '+4915112345678', session: { country: '' } }), [], [], false],
    ['known_client', asked({ paid: 'a' }), [], [deal({ created_at: AT - 2 * HOUR - 1 })], true],
    ['known_client', asked({ paid: 'a' }), [], [deal({ created_at: AT - 2 * HOUR })], false],
    ['known_client', asked(), [], [deal({ created_at: AT - DAY })], false],
    ['lost_as_fake', asked(), [], [deal({ lead: 'l', status: 'lost', reason: 'Не оставлял заявку' })], true],
    ['lost_as_fake', asked(), [], [deal({ lead: 'l', status: 'lost', reason: 'Дорого' })], false],
    ['lost_as_fake', asked(), [], [deal({ lead: 'x', status: 'lost', reason: 'спам' })], false],
  ])('shows %s', (sign, one, before, deals, isShown) => {
    expect(signsOf(one, before, deals).includes(sign)).toBe(isShown)
  })

  test('of a known client names the deals from the oldest, in whatever order they come', () => {
    const [old, older] = [deal({ id: 'a', created_at: AT - DAY }), deal({ id: 'b', created_at: AT - 2 * DAY })]
    const found = [
      [old, older],
      [older, old],
    ].map((deals) => ownSigns(asked({ paid: 'a' }), [], deals).find(({ sign }) => sign === 'known_client')?.evidence)
    expect(found).toEqual(Array(2).fill({ deals: 2, ids: ['b', 'a'] }))
  })

  test('about a third project shows that it asks about many', () => {
    const of = (project: string) => asked({ is: { project } })
    expect(signsOf(of('c'), [of('a'), of('b')])).toEqual(['many_projects'])
    expect(signsOf(of('b'), [of('a'), of('a')])).toEqual([])
  })
})

test('the score is 100 less the trust that all signs leave', () => {
  expect(fraudScore([])).toBe(0)
  const half = { sign: 'spam_before', weight: 0.5, evidence: {} } as const
  expect(fraudScore([half])).toBe(50)
  expect(fraudScore([half, { ...half, sign: 'lost_as_fake' }])).toBe(75)
})
