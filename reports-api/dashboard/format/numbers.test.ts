import { describe, expect, test } from 'vitest'
import { formatDifference, formatMetric, formatShort, formatSpan, isWhole } from './numbers.ts'

const ru = { language: 'ru', currency: 'RUB' } as const
const en = { language: 'en', currency: 'USD' } as const

describe('a number of the report', () => {
  test.each([
    ['count', 38848, '38\u00a0848', '38,848'],
    ['count', 33.9, '33,9', '33.9'],
    ['money', '1250.5000', '1\u00a0250,50\u00a0₽', '$1,250.50'],
    ['percent', 1.34, '1,3\u00a0%', '1.3\u00a0%'],
    ['percent', 9605.2, '9\u00a0605\u00a0%', '9,605\u00a0%'],
    ['share', 0.0421, '4,2\u00a0%', '4.2\u00a0%'],
    ['ratio', 2.7149, '2,71', '2.71'],
    ['money', null, '—', '—'],
    ['count', undefined, '—', '—'],
  ])('of unit %s, %s, is written «%s» in Russian and «%s» in English', (unit, value, russian, english) => {
    expect(formatMetric(value, unit, ru)).toBe(russian)
    expect(formatMetric(value, unit, en)).toBe(english)
  })

  test('is still readable in a currency that nobody knows', () => {
    expect(formatMetric('5', 'money', { ...en, currency: 'not a currency' })).toBe('5.00')
  })

  test.each([
    ['373623299.00', '$373.6M'],
    ['1989730645.00', '$1.99B'],
  ])('of %s fits a card as %s', (value, words) => {
    expect(formatShort(value, en)).toBe(words)
  })

  test.each([
    [['999.99', null], false],
    [['12.00', '1000.00'], true],
    [['-1000.00'], true],
    [[], false],
  ])('loses its cents in a column of %j: %s', (values, whole) => {
    expect(isWhole(values)).toBe(whole)
  })
})

describe('a difference', () => {
  test.each([
    ['count', 7, '+7'],
    ['count', -2.44, '−2.4'],
    ['count', 0.04, '0'],
    ['count', -0.04, '0'],
    ['money', '-1250.5', '−$1,250.50'],
    ['money', null, '—'],
  ])('of unit %s, %s, is written as %s', (unit, value, words) => {
    expect(formatDifference(value, unit, en)).toBe(words)
  })
})

describe('a span of time', () => {
  test.each([
    [0, '0 sec'],
    [45_400, '45 sec'],
    [192_000, '3 min 12 sec'],
    [3_600_000, '1 hr'],
    [7_265_000, '2 hr 1 min'],
  ])('of %d ms is «%s»', (span_ms, words) => {
    expect(formatSpan(span_ms, 'en')).toBe(words)
  })
})
