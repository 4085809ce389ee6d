import { describe, expect, test } from 'vitest'
import { areOthers, nameMark } from './full-name.ts'

const mark = nameMark('Пётр Орлов')

describe('a full name', () => {
  test.each(['петр орлов', 'ОРЛОВ ПЁТР', 'Орлов, Пётр Ильич', 'Орлов П. Пётр', 'Petr Orlov', ' Орлов   Петр '])(
    'is the same, spelled %s',
    (name) => {
      expect(nameMark(name)).toBe(mark)
    },
  )

  test.each([
    ['Юлия Щукина', 'Yulia Shchukina'],
    ['Дмитрий Яковлев', 'Dmitry Yakovlev'],
    ['Анна-Мария Ким', 'Аннамария Ким'],
  ])('is the same in Cyrillic and in Latin: %s', (name, other) => {
    expect(nameMark(name)).toBe(nameMark(other))
  })

  test.each(['', 'Пётр', 'П. Орлов', 'тест тестов', 'Не указано', 'ООО Ромашка', 'Анна Анна', 'Новый клиент', '1'])(
    'is not: %s',
    (name) => {
      expect(nameMark(name)).toBe(0)
    },
  )
})

describe('two names', () => {
  test.each([
    ['Пётр Орлов', 'Мария Котова', true],
    ['Пётр Орлов', 'Петя Орлов', false],
    ['Пётр Орлов', 'Пётр Котов', false],
    ['Пётр Орлов', 'Пётр', false],
    ['Пётр Орлов', 'Мария Котова бухгалтер', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(areOthers(nameMark(one), nameMark(other))).toBe(expected)
    expect(areOthers(nameMark(other), nameMark(one))).toBe(expected)
  })
})
