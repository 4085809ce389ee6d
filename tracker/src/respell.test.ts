import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { spellingsOf } from '#cdn/spellings.ts'
import { respell as respellAll, SEAM } from './respell.ts'

const moscow = '+74950000000'
const london = '+442070000000'

/** Shows `number` in place of any of these. */
function showing(number: string, ...owns: string[]): (text: string) => string {
  const spellings = spellingsOf(owns)
  return (text) => respellAll(text, spellings, () => number)
}

describe('a number written the Russian way', () => {
  const respell = showing('+74991234567', moscow)

  test.each([
    ['+7 (495) 000-00-00', '+7 (499) 123-45-67'],
    ['+7(495)000-00-00', '+7(499)123-45-67'],
    ['+7-495-000-00-00', '+7-499-123-45-67'],
    ['+ 7 495 000 0000', '+ 7 499 123 4567'],
    ['+74950000000', '+74991234567'],
    ['74950000000', '74991234567'],
    ['0074950000000', '0074991234567'],
    ['8 (495) 000-00-00', '8 (499) 123-45-67'],
    ['8-495-000-0000', '8-499-123-4567'],
    ['84950000000', '84991234567'],
    ['8\u00a0(495)\u00a0000\u201100\u201300', '8\u00a0(499)\u00a0123\u201145\u201367'],
    ['8 495 000.00.00', '8 499 123.45.67'],
    ['8/495/0000000', '8/499/1234567'],
    ['(495) 000-00-00', '(499) 123-45-67'],
    ['495 000 00 00', '499 123 45 67'],
    ['4950000000', '4991234567'],
    ['8 (4950) 00-00-00', '8 (4991) 23-45-67'],
    ['тел.: 8 (495) 000-00-00, доб. 12', 'тел.: 8 (499) 123-45-67, доб. 12'],
    ['8 495 000-00-00; 8 495 000-00-00', '8 499 123-45-67; 8 499 123-45-67'],
    [`+7 (495)${SEAM}\n  ${SEAM}000-0${SEAM}0-00`, `+7 (499)${SEAM}\n  ${SEAM}123-4${SEAM}5-67`],
    ['tel:+74950000000,12', 'tel:+74991234567,12'],
  ])('%s becomes %s', (before, after) => {
    expect(respell(before)).toBe(after)
  })

  test.each([
    ['8 (495) 000-00-01'],
    ['84950000000123'],
    ['1234950000000'],
    ['495 000-00'],
    ['8 (495) тел 000-00-00'],
    ['a4b9c5000d0000'],
    ['8 (495) ТЕЛ 000-00-00'],
    ['495, 000, 00, 00'],
    ['+1 495 000-00-00'],
    ['74950000000@mail.ru'],
    [''],
  ])('%s stays', (text) => {
    expect(respell(text)).toBe(text)
  })
})

describe('a number of another country', () => {
  test.each([
    ['+44 20 7000 0000', '+44 20 7123 4567'],
    ['+44 (0)20 7000 0000', '+44 (0)20 7123 4567'],
    ['(020) 7000 0000', '(020) 7123 4567'],
    ['0044 20 7000 0000', '0044 20 7123 4567'],
  ])('%s becomes %s', (before, after) => {
    expect(showing('+442071234567', london)(before)).toBe(after)
  })

  test.each([
    ['call 8 (495) 000-00-00 now', 'call +442071234567 now'],
    [`8 (495)${SEAM}000-00-00${SEAM} now`, `+442071234567${SEAM}${SEAM} now`],
  ])('takes the place of «%s» in full', (before, after) => {
    expect(showing('+442071234567', moscow)(before)).toBe(after)
  })
})

describe('numbers that look alike', () => {
  const short = '+3725000000'
  const long = '+74955000000'
  const tollFree = '+18006000000'
  const numbers: Record<string, string> = {
    '+3725000000': '+3725111111',
    '+74955000000': '+74991234567',
    '+18006000000': '+18005222222',
  }

  test.each([
    ['of which one is the tail of another', '8 495 500-00-00, 500-00-00', '8 499 123-45-67, 511-11-11'],
    ['with their codes', '+7 495 500 00 00 +372 500 00 00', '+7 499 123 45 67 +372 511 11 11'],
    ['next to each other', '84955000000 +3725000000', '84991234567 +3725111111'],
    ['of different countries', '+1 800 600-00-00, +7 800 600 00 00', '+1 800 522-22-22, +7 800 600 00 00'],
  ])('%s are told apart', (_, before, after) => {
    for (const owns of [
      [long, tollFree, short],
      [short, tollFree, long],
    ])
      expect(respellAll(before, spellingsOf(owns), (own) => numbers[own])).toBe(after)
  })
})

test('a text without a number is passed as it is, however long', () => {
  const respell = showing('+74991234567', moscow)
  // By the square of its length it would take longer than a test may take.
  for (const piece of [' ', '(', '+', '8 ', '7(', '+7 ', '0', 'a', '\ufdd0', '8.495.'])
    expect(respell(piece.repeat(100_000))).toBe(piece.repeat(100_000))
})

test('whatever stands between the digits, only digits change, and as many texts come back', () => {
  const respell = showing('+74991234567', moscow)
  const gap = fc.stringMatching(/^[ ().\-\u00a0\u2013\n\ufdd0]{0,4}$/)
  const around = fc.stringMatching(/^[a-zа-я ,.:\ufdd0]{0,9}$/)
  fc.assert(
    fc.property(fc.array(gap, { minLength: 11, maxLength: 11 }), around, around, (gaps, before, after) => {
      const written = [...'84950000000'].map((digit, at) => digit + (at < 10 ? gaps[at] : '')).join('')
      const shown = respell(before + written + after)
      expect(shown.replace(/\d/g, '')).toBe((before + written + after).replace(/\d/g, ''))
      expect(shown.replace(/\D/g, '')).toBe('84991234567')
    }),
  )
})
