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
    ['Фёдор Соловьёв', 'Fyodor Solovyov'],
    ['Александр Щербаков', 'Alexander Scherbakov'],
    ['Евгений Ершов', 'Yevgeny Yershov'],
    ['Виктор Цветков', 'Victor Tsvetkov'],
    ['Софья Зайцева', 'Sophia Zaytseva'],
    ['Наталия Артемьева', 'Natalya Artemyeva'],
  ])('is the same in Cyrillic and in Latin: %s', (name, other) => {
    expect(nameMark(name)).toBe(nameMark(other))
  })

  test.each([
    ['Ibrahim Yildiz', 'İbrahim Yıldız'],
    ['JOSE GARCIA', 'José García'],
    ['Łukasz Wójcik', 'Lukasz Wojcik'],
    ['Анна Петрова-Водкина', 'Анна Петрова\u2011Водкина'],
    ['Олег Демʼянов', 'Олег Дем’янов'],
    ['Иван Орлов', 'Ｉｖａｎ Ｏｒｌｏｖ 🌸'],
    ['Фёдор Майский', 'Фе\u0308дор Маи\u0306ский'],
  ])('is the same whatever signs a keyboard has: %s', (name, other) => {
    expect(nameMark(name)).not.toBe(0)
    expect(nameMark(name)).toBe(nameMark(other))
  })

  test.each([
    ['Сергей Воронов', '\u0043ергей В\u006fронов'],
    ['Sergey Orlov', 'Sergey \u041erlov'],
  ])('is the same with a letter of the other alphabet that looks alike: %s', (name, other) => {
    expect(nameMark(name)).not.toBe(0)
    expect(nameMark(name)).toBe(nameMark(other))
  })

  test.each([
    ['Иван Рабинович', 'Рабинович Иван Петрович'],
    ['Иван Рабинович', 'Иван Петрович Рабинович'],
    ['Андрей Толстов', 'Толстов Андрей Никитич'],
    ['Иван Орлов', 'Иван Орлов 2'],
  ])('is %s in %s', (name, other) => {
    expect(nameMark(name)).not.toBe(0)
    expect(nameMark(name)).toBe(nameMark(other))
  })

  test.each(['Иванов Ю.', 'Ч. Ю.', 'ааа ббб', 'Сделка 123', 'Новая сделка', 'Новый контакт', 'Иван 89161234567'])(
    'is not what a system or an impatient hand writes: %s',
    (name) => {
      expect(nameMark(name)).toBe(0)
    },
  )

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
    ['Иван Орлов', 'Мария Орлова', true],
    ['Иван Ким', 'Мария Ким', false],
    ['Иван Орлов', 'Неразобранное обращение', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(areOthers(nameMark(one), nameMark(other))).toBe(expected)
    expect(areOthers(nameMark(other), nameMark(one))).toBe(expected)
  })
})
