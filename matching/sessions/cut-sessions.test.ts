import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { factRow, MINUTE, page, SECOND, START_MS as T } from '#tests/support/matching-world.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { cutSessions, firstCopies } from './cut-sessions.ts'

const ad = { source: 'yandex', medium: 'cpc', campaign: 'spring', channel: 'paid_search', click_ids: { yclid: '1' } }
const search = { source: 'google', medium: 'organic', channel: 'organic_search' }
const inside = { source: '(internal)', medium: '(none)', channel: 'internal' }

let row = 0
function at(minute: number, said: Parameters<typeof page>[0] = {}): Fact<'events'> {
  row += 1
  const event = page({ id: `e${row}`, at: T + minute * MINUTE, visitor: 'v1', session: 's1', ...said })
  return { ...event, node: 'n', table: 'events', segment: 0, row }
}

function cut(events: readonly Fact<'events'>[], session = 's1') {
  return cutSessions(firstCopies(events).winners, { session, projects: [{ id: 'zhk', url_prefixes: ['/zhk'] }] })
}

describe('a session', () => {
  test.each([
    ['goes on over half an hour of silence', [at(0, ad), at(30)], ['s1']],
    ['ends after more than half an hour of silence', [at(0, ad), at(30.001)], ['s1', 's1.2']],
    ['goes on while the page is being read', [at(0), at(25, { type: 'leave', engaged_ms: 9 }), at(50)], ['s1']],
    ['ends with a new campaign', [at(0, ad), at(1, { ...ad, campaign: 'summer' })], ['s1', 's1.2']],
    [
      'ends with a new click on the same campaign',
      [at(0, ad), at(1, { ...ad, click_ids: { yclid: '2' } })],
      ['s1', 's1.2'],
    ],
    ['ends with another referrer', [at(0, ad), at(1, search)], ['s1', 's1.2']],
    ['that came directly ends with a campaign', [at(0), at(1, ad)], ['s1', 's1.2']],
    ['goes on when its first page is loaded again', [at(0, ad), at(1, inside), at(2, ad)], ['s1']],
    ['goes on over direct and internal pages', [at(0, ad), at(1), at(2, inside)], ['s1']],
    [
      'has the campaign of its first page, whatever came before it',
      [at(0, { ...ad, type: 'click' }), at(1, search)],
      ['s1'],
    ],
    ['is cut again and again', [at(0), at(40), at(80)], ['s1', 's1.2', 's1.3']],
  ])('%s', (_, events, ids) => {
    expect(cut(events).map(({ id }) => id)).toEqual(ids)
  })

  const shop = 'https://shop.example/'
  const half = { source: 'google', medium: 'organic', campaign: 'spring', channel: 'organic_search' }
  const halfInside = { ...half, source: '(not set)', medium: '(not set)', channel: 'referral' }
  const tagged = `${shop}?utm_campaign=spring`
  const clicked = { ...ad, url: `${shop}?utm_source=yandex&utm_medium=cpc&utm_campaign=spring&yclid=1` }
  const again = {
    ...ad,
    click_ids: { yclid: '2' },
    url: `${shop}?utm_source=yandex&utm_medium=cpc&utm_campaign=spring&yclid=2`,
  }
  const letter = { source: 'news', medium: 'email', channel: 'email', url: `${shop}?utm_source=news&utm_medium=email` }
  test.each([
    // What the tags leave open comes from the referrer, which within the site is the site itself.
    [
      'goes on while its pages keep the tags of the first',
      [at(0, { ...half, url: tagged }), at(1, { ...halfInside, url: tagged })],
      ['s1'],
    ],
    [
      'ends with tags that say the same of another campaign',
      [at(0, { ...half, url: tagged }), at(1, { ...halfInside, url: `${tagged}2` })],
      ['s1', 's1.2'],
    ],
    [
      'goes on when a click is loaded again that began an earlier one',
      [at(0, clicked), at(1, letter), at(2, clicked)],
      ['s1', 's1.2'],
    ],
    [
      'goes on when both tabs are loaded again',
      [at(0, clicked), at(1, again), at(2, clicked), at(3, again)],
      ['s1', 's1.2'],
    ],
    [
      'ends with the same letter followed again after another campaign',
      [at(0, letter), at(1, clicked), at(2, letter)],
      ['s1', 's1.2', 's1.3'],
    ],
    [
      'ends with a letter followed from a direct visit',
      [at(0, letter), at(40), at(41, letter)],
      ['s1', 's1.2', 's1.3'],
    ],
    ['begins with a click that is loaded again after silence', [at(0, clicked), at(40, clicked)], ['s1', 's1.2']],
    [
      'goes on after a payment that took less than half an hour',
      [at(0, ad), at(29, { ...inside, referrer_host: 'yookassa.ru' })],
      ['s1'],
    ],
  ])('%s', (_, events, ids) => {
    expect(cut(events).map(({ id }) => id)).toEqual(ids)
  })

  test('is about the project that its visitor looked at first', () => {
    const pages = (...urls: string[]) => cut(urls.map((url, minute) => at(minute, { url })))[0]?.project
    expect(pages(`${shop}zhk/a`, `${shop}`)).toBe('zhk')
    expect(pages(shop, `${shop}about`, `${shop}zhk/a`)).toBe('zhk')
    expect(pages(shop, `${shop}about`)).toBe('')
  })

  test('that returns from a payment later than that is internal, and takes no credit from what came before', () => {
    const [, back] = cut([at(0, ad), at(31, { ...inside, referrer_host: 'yookassa.ru' })])
    expect(back).toMatchObject({ channel: 'internal', source: '(internal)', campaign: '' })
  })

  test('without an id is cut by visitor', () => {
    expect(cut([at(0, { session: '' }), at(40, { session: '' })], '').map(({ id }) => id)).toEqual(['v1:1', 'v1:2'])
  })

  test('adds up what its events say', () => {
    const [session] = cut([
      at(0, { ...ad, url: 'https://shop.example/zhk/a?x=1', ga: '', device: 'mobile' }),
      at(1, { type: 'leave', engaged_ms: 9_000, scroll_percent: 40, ga: '1.2', ga_session: '17' }),
      at(2, { ...inside, scroll_percent: 10 }),
      at(3, { type: 'form' }),
      at(4, { type: 'leave', engaged_ms: 7_000 }),
    ])
    expect(session).toMatchObject({
      ...{
        pages: 2,
        events: 5,
        forms: 1,
        engaged_ms: 16_000,
        scroll_percent: 40,
        bounce: 0,
        ga: '1.2',
        ga_session: '17',
      },
      ...{ landing_path: '/zhk/a', project: 'zhk', campaign: 'spring', device: 'mobile', visitor: 'v1' },
      ...{ started_at: T, ended_at: T + 4 * MINUTE },
    })
  })

  test.each([
    ['one page and less than 15 s', [at(0), at(0.2, { type: 'leave', engaged_ms: 14_999 })], 1],
    ['one page and 15 s', [at(0), at(0.2, { type: 'leave', engaged_ms: 15_000 })], 0],
    ['two pages', [at(0), at(0.1)], 0],
  ])('of %s is a bounce or not', (_, events, bounce) => {
    expect(cut(events)[0]?.bounce).toBe(bounce)
  })

  test("takes no notice of a bot that borrowed its id, and is a bot's when nobody else was there", () => {
    expect(cut([at(0), at(40, { bot: 1, visitor: 'bot' })])).toMatchObject([{ id: 's1', bot: 0, events: 1 }])
    expect(cut([at(0, { bot: 1 })])).toMatchObject([{ id: 's1', bot: 1 }])
  })
})

test('a session may have more events than a call can have arguments', () => {
  const first = at(0)
  const events = Array.from({ length: 150_000 }, (_, index) => ({
    ...first,
    id: `e${index}`,
    row: index,
    at: first.at + index,
    scroll_percent: index % 90,
  }))
  expect(cut(events)).toMatchObject([{ id: 's1', events: 150_000, scroll_percent: 89 }])
})

test('of several copies of an event the first received counts, whenever it happened', () => {
  const first = at(5, { id: 'same', title: 'first', received_at: T })
  const second = at(0, { id: 'same', received_at: T + SECOND })
  expect(firstCopies([second, first])).toEqual({ winners: [first], losers: [second] })
})

test('sessions are cut the same whatever the order of events, and however often they are read', () => {
  const events = fc.array(
    fc.record({
      minute: fc.integer({ min: 0, max: 200 }),
      brought: fc.constantFrom(
        ...[ad, search, inside, {}],
        ...['yclid=1', 'yclid=2', 'utm_source=news', 'utm_campaign=spring'].flatMap((query) => [
          { ...ad, url: `https://shop.example/?${query}` },
          { ...search, url: `https://shop.example/?${query}` },
        ]),
      ),
      id: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 20 },
  )
  fc.assert(
    fc.property(events, fc.func(fc.nat()), (said, order) => {
      const rows = said.map(({ minute, brought, id }) => at(minute, { ...brought, id: `e${id}` }))
      const shuffled = rows.toSorted((a, b) => order(a.row) - order(b.row))
      expect(cut(shuffled)).toEqual(cut(rows))
      const pieces = cut(rows)
      expect(pieces.reduce((sum, piece) => sum + piece.events, 0)).toBe(firstCopies(rows).winners.length)
    }),
  )
  expect(factRow('events', {}).site).toBe('shop')
})
