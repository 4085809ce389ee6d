import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMoney, parseMoney, splitMoney } from './money.ts'

describe('money', () => {
  test.each([
    ['45000', '45000.00'],
    ['45000.00', '45000.00'],
    [45000.5, '45000.50'],
    [0.1 + 0.2, '0.30'],
    ['0.1234', '0.1234'],
    ['0.123', '0.123'],
    ['0.12345', '0.1235'],
    ['-0.12345', '-0.1235'],
    ['0.12344', '0.1234'],
    ['-10.5', '-10.50'],
    ['+7', '7.00'],
    ['5.', '5.00'],
    [1e-7, '0.00'],
    ['99999999999999.9999', '99999999999999.9999'],
  ])('%j is written %s', (value, text) => {
    expect(formatMoney(parseMoney(value) as bigint)).toBe(text)
  })

  test.each(['', 'abc', '1,5', '1e5', '.', '1 000', '100000000000000', Number.NaN, Number.POSITIVE_INFINITY, 1e21])(
    'is not read from %j',
    (value) => {
      expect(parseMoney(value)).toBeUndefined()
    },
  )

  test('reads back as it was written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }), (units) => {
        expect(parseMoney(formatMoney(units))).toBe(units)
      }),
    )
  })
})

describe('credit', () => {
  test('of a third each leaves nothing over', () => {
    const third = 1 / 3
    expect(splitMoney(1_000_000n, [third, third, third]).map(formatMoney)).toEqual(['33.3333', '33.3334', '33.3333'])
  })

  test('adds up to the value and is never off by more than rounding, whatever the weights', () => {
    const shares = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }), shares, (units, parts) => {
        const sum = parts.reduce((total, part) => total + part, 0)
        fc.pre(sum > 0)
        const credits = splitMoney(
          units,
          parts.map((part) => part / sum),
        )
        expect(credits.reduce((total, credit) => total + credit, 0n)).toBe(units)
        for (const [index, credit] of credits.entries()) {
          const exact = (Number(units) * (parts[index] as number)) / sum
          expect(Math.abs(Number(credit) - exact)).toBeLessThanOrEqual(2 + Math.abs(exact) * 1e-9)
        }
      }),
    )
  })
})
