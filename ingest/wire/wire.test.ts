import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TrackedEvent } from './event.ts'
import { factId, httpUrl, instant, money, referrer } from './fields.ts'
import { instantFault, readInstant } from './instant.ts'
import { storableText } from './text.ts'

describe('a moment', () => {
  test.each([
    ['2026-11-21T10:00:02.123Z', '2026-11-21T10:00:02.123Z'],
    ['2026-11-21T10:00:02Z', '2026-11-21T10:00:02.000Z'],
    ['2026-11-21T10:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21 13:00:02+03:00', '2026-11-21T10:00:02.000Z'],
    ['2026-11-21T13:00:02+0300', '2026-11-21T10:00:02.000Z'],
    ['2026-11-21T05:00:02.5-05', '2026-11-21T10:00:02.500Z'],
    ['2026-11-21T10:00:02.123456789Z', '2026-11-21T10:00:02.123Z'],
    ['2024-02-29T23:59:59z', '2024-02-29T23:59:59.000Z'],
  ])('written as %s is read', (text, iso) => {
    expect(new Date(readInstant(text) as number).toISOString()).toBe(iso)
  })

  test.each([
    '2026-11-21T10:00:02',
    '2026-11-21',
    '2026-02-29T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-11-21T10:00:00+15:00',
    '21.11.2026 10:00',
    '1763719202000',
    '',
    'now',
  ])('written as %j is refused', (text) => {
    expect(readInstant(text)).toBeUndefined()
    expect(instant.safeParse(text).success).toBe(false)
  })

  test('is read the same from a date and from its milliseconds, whatever the date', () => {
    const anyDate = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(anyDate, (date) => {
        expect(instant.parse(date.toISOString())).toBe(date.getTime())
        expect(instant.parse(date.getTime())).toBe(date.getTime())
      }),
    )
  })

  const now = Date.UTC(2026, 10, 21)
  const day = 24 * 3600 * 1000
  test.each([
    ['a day ahead', now + day, undefined],
    ['more than a day ahead', now + day + 1, 'in_future'],
    ['at the turn of the century', Date.UTC(2000, 0, 1), undefined],
    ['before it', Date.UTC(2000, 0, 1) - 1, 'too_old'],
    ['in seconds', now / 1000, 'too_old'],
  ])('%s is judged by the clock', (_, at, reason) => {
    expect(instantFault(at, now)?.reason).toBe(reason)
  })
})

describe('a sum', () => {
  test.each([
    [1250, '1250.00'],
    ['1250.50', '1250.50'],
    ['0', '0.00'],
    [0.1 + 0.2, '0.30'],
    ['99999999999999.9999', '99999999999999.9999'],
  ])('%j is kept exactly', (value, kept) => {
    expect(money.parse(value)).toBe(kept)
  })

  test.each([
    -1,
    '-0.01',
    'NaN',
    '',
    '1e5',
    '12,5',
    '1 000',
    Number.POSITIVE_INFINITY,
    1e15,
    '123456789012345',
    {},
    null,
  ])('%j is refused', (value) => {
    expect(money.safeParse(value).success).toBe(false)
  })
})

describe('an address', () => {
  test.each(['https://a.ru', 'http://localhost:80/x?y#z', 'HTTPS://пример.рф/'])('%s is taken', (url) => {
    expect(httpUrl.safeParse(url).success).toBe(true)
  })

  test.each([
    '',
    'a.ru',
    '//a.ru',
    'javascript:alert(1)',
    'https://',
    'https:// a',
    'data:text/html,x',
    `https://a/${'x'.repeat(8190)}`,
  ])('%j is refused', (url) => {
    expect(httpUrl.safeParse(url).success).toBe(false)
  })

  test('of a page that a browser shows is cut where it is too long, and refused for anything else', () => {
    const long = `https://a.ru/#${'x'.repeat(9000)}`
    const event = { type: 'page', id: 'e1', at: 1, url: long, referrer: long }
    expect(TrackedEvent.parse(event)).toMatchObject({ url: long.slice(0, 8192), referrer: long.slice(0, 8192) })
    expect(TrackedEvent.parse({ ...event, type: 'leave', referrer: undefined })).toMatchObject({
      url: long.slice(0, 8192),
    })
    expect(TrackedEvent.safeParse({ ...event, url: 'javascript:alert(1)' }).success).toBe(false)
  })

  test('of an Android application may refer, and be no page', () => {
    expect(referrer.safeParse('android-app://com.google.android.gm/').success).toBe(true)
    expect(httpUrl.safeParse('android-app://com.google.android.gm/').success).toBe(false)
  })
})

describe('an id', () => {
  test.each(['a', 'A-z0.9:_', 'x'.repeat(128)])('%s is taken', (id) => expect(factId.safeParse(id).success).toBe(true))
  test.each(['', 'x'.repeat(129), 'a b', "a'", 'ж', 5, null])('%j is refused', (id) =>
    expect(factId.safeParse(id).success).toBe(false),
  )
})

test('text is always storable, and well-formed text stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(storableText(text)).not.toMatch(/[\0\p{Surrogate}]/u)
      if (!text.includes('\0')) expect(storableText(text)).toBe(text)
    }),
  )
  expect(storableText('a\ud800b\0c😀')).toBe('a\uFFFDb\uFFFDc😀')
})
