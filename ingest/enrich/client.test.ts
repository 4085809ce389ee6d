import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describeClient } from './client.ts'

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
const linux = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)'

describe('a browser', () => {
  test.each([
    [`${windows} Chrome/124.0.0.0 Safari/537.36`, 'desktop', 'Chrome', 'Windows'],
    [`${windows} Chrome/124.0.0.0 YaBrowser/24.6.0.0 Safari/537.36`, 'desktop', 'Yandex Browser', 'Windows'],
    [`${windows} Chrome/124.0.0.0 Safari/537.36 Edg/124.0`, 'desktop', 'Edge', 'Windows'],
    ['Mozilla/5.0 (Windows NT 10.0; rv:125.0) Gecko/20100101 Firefox/125.0', 'desktop', 'Firefox', 'Windows'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
      'desktop',
      'Safari',
      'macOS',
    ],
    [`${linux} Chrome/124.0.0.0 Safari/537.36`, 'desktop', 'Chrome', 'Linux'],
    [`${iphone} Version/17.5 Mobile/15E148 Safari/604.1`, 'mobile', 'Safari', 'iOS'],
    [`${iphone} Version/17.0 YaBrowser/24.6.0 SA/3 Mobile/15E148 Safari/604.1`, 'mobile', 'Yandex Browser', 'iOS'],
    [`${iphone} Mobile/15E148 Instagram 334.0.0.0`, 'mobile', 'Instagram', 'iOS'],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36',
      'mobile',
      'Chrome',
      'Android',
    ],
    [
      'Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
      'tablet',
      'Chrome',
      'Android',
    ],
    [
      'Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36',
      'tv',
      'Safari',
      'Tizen',
    ],
    ['Mozilla/5.0 (PlayStation 5 3.20) AppleWebKit/605.1.15', 'other', 'WebKit', 'PlayStation'],
  ])('%s is known', (user_agent, device, browser, os) => {
    expect(describeClient(user_agent)).toEqual({ device, browser, os, bot: false })
    expect(describeClient(user_agent)).toEqual({ device, browser, os, bot: false })
  })
})

describe('a bot', () => {
  test.each([
    '',
    '   ',
    'Mozilla/5.0',
    'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'curl/8.0',
    'python-requests/2.31',
    `${linux} HeadlessChrome/124.0.0.0 Safari/537.36`,
    `${linux} Chrome/124.0.0.0 Safari/537.36 Chrome-Lighthouse`,
    `${windows} PhantomJS/2.1.1 Safari/538.1`,
  ])('is known by %j', (user_agent) => {
    expect(describeClient(user_agent).bot).toBe(true)
  })

  test('is not whoever a server reports without a user agent', () => {
    expect(describeClient(undefined)).toEqual({ device: 'other', browser: '', os: '', bot: false })
  })
})

test('any text describes some client', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
      expect(['desktop', 'mobile', 'tablet', 'tv', 'other']).toContain(describeClient(text).device)
    }),
  )
})
