import { describe, expect, test } from 'vitest'
import { readAsked } from './read-asked.ts'

describe('what is typed to find a person', () => {
  test.each([
    ['+7 (916) 123-45-67', 'phone', '+7 (916) 123-45-67'],
    ['8 916 123-45-67', 'phone', '8 916 123-45-67'],
    [' anna@example.ru ', 'email', 'anna@example.ru'],
    ['p7k2m9qz4x1c8v5b6n3ab', 'person', 'p7k2m9qz4x1c8v5b6n3ab'],
    ['deal:D-1042', 'deal', 'D-1042'],
    ['YM: 1698841234567890123', 'ym', '1698841234567890123'],
    ['order:17', 'visitor', 'order:17'],
    ['v.7Kq2mZ9', 'visitor', 'v.7Kq2mZ9'],
  ])('«%s» is taken for %s %s', (typed, by, value) => {
    expect(readAsked(typed)).toEqual({ by, value })
  })

  test('is nothing when it is blank', () => {
    expect(readAsked('  ')).toBeUndefined()
  })
})
