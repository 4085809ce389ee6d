import { describe, expect, test } from 'vitest'
import { explainMatch } from './explain-call.ts'

const plain = { reason: 'number_on_screen', signs: [], clock_skew_ms: 0 }

describe('the explanation of a match', () => {
  test('says why in both languages', () => {
    expect(explainMatch(plain)).toEqual({
      en: 'The number was on this visitor’s screen when it rang.',
      ru: 'Номер был на экране этого посетителя, когда зазвонил телефон.',
    })
  })

  test('names the signs and the clock that were taken into account', () => {
    const { en } = explainMatch({ ...plain, signs: ['phone_link_clicked', 'others_possible'], clock_skew_ms: -8_000 })
    expect(en).toContain('the phone link was clicked there')
    expect(en).toContain('somebody else')
    expect(en).toContain('8 s behind')
    expect(explainMatch({ ...plain, clock_skew_ms: 10_000 }).en).toContain('10 s ahead')
  })

  test.each([
    [3 * 3_600_000 + 4_000, '3 h ahead', 'спешили на 3 ч'],
    [-5.75 * 3_600_000, '5 h 45 min behind', 'отставали на 5 ч 45 мин'],
    [15 * 60_000, '15 min ahead', 'спешили на 15 мин'],
  ])('says of a clock that is %i ms ahead that it is set to another zone', (clock_skew_ms, en, ru) => {
    const explained = explainMatch({ ...plain, clock_skew_ms })
    expect(explained.en).toContain(`${en}, set to another time zone`)
    expect(explained.ru).toContain(ru)
  })

  test('tells a number that was kept from a caller who is merely known', () => {
    const known = { ...plain, reason: 'known_caller' }
    expect(explainMatch(known).en).toContain('last visit')
    expect(explainMatch({ ...known, signs: ['number_kept'] }).en).toContain('earlier visit')
  })

  test('leaves out what it does not know', () => {
    expect(explainMatch({ ...plain, reason: 'of a later version', signs: ['new'] })).toEqual({ en: '', ru: '' })
  })
})
