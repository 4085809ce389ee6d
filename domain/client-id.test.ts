import { describe, expect, test } from 'vitest'
import { normalizeGa, normalizeGaSession, normalizeYm } from './client-id.ts'

describe('a Google Analytics client id', () => {
  test.each([
    ['GA1.2.2095662112.1674837243', '2095662112.1674837243'],
    ['GA1.1.2095662112.1674837243', '2095662112.1674837243'],
    ['GA1.2-2.2095662112.1674837243', '2095662112.1674837243'],
    ['2095662112.1674837243', '2095662112.1674837243'],
    [' 2095662112.1674837243 ', '2095662112.1674837243'],
  ])('%j is kept as %s', (text, id) => {
    expect(normalizeGa(text)).toBe(id)
  })

  test.each([
    '',
    'GS1.1.1772443233.3.1.1772443300.0.0.0',
    'GS2.1.s1772443233$o3$g1$t1772443300$j60$l0$h0',
    'GA1.2.2095662112',
    'GA1.2.amp-abcdef.1674837243',
    '1.2.3',
    '0.0',
    'null',
    'abc.def',
    `${'1'.repeat(21)}.1`,
  ])('is not read from %j', (text) => {
    expect(normalizeGa(text)).toBeUndefined()
  })
})

describe('a Google Analytics session id', () => {
  test.each([
    'GS1.1.1772443233.3.1.1772443300.0.0.0',
    'GS1.2.1772443233',
    'GS2.1.s1772443233$o3$g1$t1772443300$j60$l0$h0',
    'GS2.1.o3$g1$s1772443233$t1772443300',
    'GS2.1.s1772443233',
    ' 1772443233 ',
  ])('is read from %j', (text) => {
    expect(normalizeGaSession(text)).toBe('1772443233')
  })

  test.each([
    '',
    'GA1.2.2095662112.1674837243',
    '2095662112.1674837243',
    'GS2.1.t1772443300$o3',
    'GS2.1.s0$o1',
    'GS1.1.17724.3.1',
    'GS3.1.s1772443233',
    '0000000000',
    'undefined',
  ])('is not read from %j', (text) => {
    expect(normalizeGaSession(text)).toBeUndefined()
  })
})

describe('a Yandex Metrica client id', () => {
  test('is the number of the cookie', () => {
    expect(normalizeYm(' 1668581346714918248 ')).toBe('1668581346714918248')
  })

  test.each(['', '0', '0000000000', '123456789', '16685813467149182x', `${'1'.repeat(26)}`])(
    'is not read from %j',
    (text) => {
      expect(normalizeYm(text)).toBeUndefined()
    },
  )
})
