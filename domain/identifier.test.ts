import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IdentifierKind, identifierKinds, isJunk, personId, personIdPattern } from './identifier.ts'

describe('a value that stands for no value', () => {
  test.each<[IdentifierKind, string]>([
    ['visitor', ''],
    ['visitor', 'null'],
    ['visitor', 'undefined'],
    ['visitor', '[object Object]'],
    ['visitor', '00000000-0000-0000-0000-000000000000'],
    ['user', '0'],
    ['user', '-1'],
    ['user', 'NaN'],
    ['user', ' Anonymous '],
    ['user', '(not set)'],
    ['user', '{user_id}'],
    ['contact', '0'],
    ['deal', 'null'],
    ['phone', '+70000000000'],
    ['phone', '+79999999999'],
    ['phone', '+74950000000'],
    ['phone', '+71234567890'],
    ['phone', '+79876543210'],
    ['phone', '123456'],
    ['phone', '+79911111111'],
    ['phone', '+79255555555'],
    ['phone', '+71111111111'],
    ['phone', '+79123456789'],
    ['phone', '+71212121212'],
    ['phone', '+79991234567'],
    ['phone', '+79001112233'],
    ['phone', '+79999999999;ext=12'],
    ['visitor', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    ['visitor', 'xxxxxxxxxxxx'],
    ['visitor', '35009a79-1a05-49d7-b876-2b884d0f825b'],
    ['visitor', '9774d56d682e549c'],
    ['visitor', 'client_id'],
    ['user', 'admin'],
    ['user', `\${user.id}`],
    ['user', '%USER_ID%'],
    ['user', '#ID#'],
    ['user', 'Deleted'],
    ['user', 'Гость'],
    ['contact', 'undefined'],
    ['contact', '-'],
    ['email', 'no-reply+42@shop.example'],
    ['email', 'no.mail@mail.ru'],
    ['email', 'a@a.ru'],
    ['email', 'a@a.com'],
    ['email', '123@mail.ru'],
    ['email', 'anna@box.invalid'],
    ['email', 'test@test.ru'],
    ['email', 'anna@test.com'],
    ['email', 'test1@mail.ru'],
    ['email', 'noreply@shop.example'],
    ['email', 'do-not-reply@shop.example'],
    ['email', 'anonymous@mail.ru'],
  ])('is the %s %j', (kind, value) => {
    expect(isJunk(kind, value)).toBe(true)
  })

  test.each<[IdentifierKind, string]>([
    ['visitor', 'v1'],
    ['user', '1'],
    ['user', '77'],
    ['contact', '1'],
    ['deal', '100'],
    ['ga', '2095662112.1674837243'],
    ['phone', '+74951234567'],
    ['phone', '+79261112233'],
    ['phone', '+4930123456'],
    ['phone', '+79261234567'],
    ['phone', '+79121112233'],
    ['phone', '+79261111112'],
    ['phone', '+74957777777'],
    ['phone', '+79267777777'],
    ['phone', '+79292929292'],
    ['email', 'lsr@lsr.ru'],
    ['phone', '+12025550123'],
    ['visitor', '7'],
    ['visitor', 'aaaaaaa'],
    ['user', 'administrator-of-life'],
    ['user', '$5'],
    ['user', '12345'],
    ['contact', 'admin'],
    ['email', 'ivanov@ivanov.ru'],
    ['email', 'a@b.ru'],
    ['email', 'noreplyanna@mail.ru'],
    ['email', 'anna@example.com'],
    ['email', 'test@example.com'],
    ['email', 'tester.ivan@mail.ru'],
    ['email', 'annatest@gmail.com'],
  ])('is not the %s %j', (kind, value) => {
    expect(isJunk(kind, value)).toBe(false)
  })

  test('is decided for any text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...identifierKinds), fc.string({ unit: 'binary' }), (kind, value) => {
        expect(typeof isJunk(kind, value)).toBe('boolean')
      }),
    )
  })
})

describe('the id of a person', () => {
  test('is the same for ever', () => {
    // Changing it would change every id that a CRM has stored.
    expect(personId('shop', 'phone', '+79261234567')).toBe('phcm8phtiprdeb5mr596d')
  })

  test('differs by site, kind and value, also where their texts run together', () => {
    const ids = [
      personId('a', 'user', 'b'),
      personId('a', 'contact', 'b'),
      personId('b', 'user', 'a'),
      personId('a","user', 'user', 'b'),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(personIdPattern)
  })

  test('is told from other texts', () => {
    for (const text of [
      '',
      'p1',
      'phcm8phtiprdeb5mr596',
      'phcm8phtiprdeb5mr596dd',
      'xhcm8phtiprdeb5mr596d',
      'p0cm8phtiprdeb5mr596d',
    ])
      expect(text).not.toMatch(personIdPattern)
  })
})
