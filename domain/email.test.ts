import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRoleEmail, normalizeEmail } from './email.ts'

describe('an email', () => {
  test.each([
    [' Anna@Example.COM ', 'anna@example.com'],
    ['mailto:anna@example.com', 'anna@example.com'],
    ['Анна Иванова <anna@example.com>', 'anna@example.com'],
    ['anna+spring@example.com', 'anna+spring@example.com'],
    ["o'neil_1-2@sub.example.co.uk", "o'neil_1-2@sub.example.co.uk"],
    ['anna@example.com.', 'anna@example.com'],
    ['Anna.Ivanova+shop@GMail.com', 'annaivanova@gmail.com'],
    ['anna.ivanova@googlemail.com', 'annaivanova@gmail.com'],
    ['anna.ivanova@ya.ru', 'anna-ivanova@yandex.ru'],
    ['anna-ivanova+a@yandex.com', 'anna-ivanova@yandex.ru'],
    ['anna+a@outlook.com', 'anna@outlook.com'],
    ['anna+a@me.com', 'anna@icloud.com'],
    ['anna@mac.com', 'anna@icloud.com'],
    ['anna.ivanova@narod.ru', 'anna-ivanova@yandex.ru'],
    ['an.na_i-v+x@protonmail.com', 'annaiv@proton.me'],
    ['anna.i@bk.ru', 'anna.i@bk.ru'],
    ['anna.i@mail.ru', 'anna.i@mail.ru'],
    ['anna-i@rambler.ru', 'anna-i@rambler.ru'],
    ['инфо@пример.рф', 'инфо@xn--e1afmkfd.xn--p1ai'],
    ['info@ПРИМЕР.рф', 'info@xn--e1afmkfd.xn--p1ai'],
    ['ａｎｎａ@example.com', 'anna@example.com'],
  ])('%j is the mailbox %s', (text, email) => {
    expect(normalizeEmail(text)).toBe(email)
  })

  test.each([
    '',
    'anna',
    '@example.com',
    'anna@',
    'anna@example',
    'anna@example.1',
    'anna@-example.com',
    'a b@example.com',
    'anna@exa mple.com',
    'anna@example.com/x',
    'anna@пример.рф:80',
    'a@b@example.com',
    '.anna@example.com',
    'an..na@example.com',
    '+@gmail.com',
    `${'a'.repeat(65)}@example.com`,
    `anna@${'a'.repeat(64)}.com`,
    `anna@${'abcdefgh.'.repeat(40)}com`,
  ])('is not read from %j', (text) => {
    expect(normalizeEmail(text)).toBeUndefined()
  })

  test('stays as it is when normalised again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary' })), (text) => {
        const once = normalizeEmail(text)
        if (once !== undefined) expect(normalizeEmail(once)).toBe(once)
      }),
      { numRuns: 1_000 },
    )
  })
})

test.each([
  ['info@firm.ru', true],
  ['info2@firm.ru', true],
  ['zakaz@firm.ru', true],
  ['buh-1@firm.ru', true],
  ['инфо@xn--e1afmkfd.xn--p1ai', true],
  ['info@yahoo.com', false],
  ['director77@mail.ru', false],
  ['ivanova@firm.ru', false],
  ['infoshkina@firm.ru', false],
  ['sales.ivanov@firm.ru', false],
])('%s is answered by whoever is on duty: %s', (email, expected) => {
  expect(isRoleEmail(email)).toBe(expected)
})
