import { describe, expect, test } from 'vitest'
import { areOthers, areUnlike, isFullName, nameMark } from './full-name.ts'

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
    ['Қайрат Өмірбеков', 'Кайрат Омирбеков'],
    ['გიორგი მაისურაძე', 'მაისურაძე გიორგი'],
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

  test.each(['Иванов Ю.', 'Ч. Ю.', 'ааа ббб', 'Сделка 123', 'Новая сделка', 'Новый контакт', 'Орлов 89161234567'])(
    'is not what a system or an impatient hand writes: %s',
    (name) => {
      expect(nameMark(name)).toBe(0)
    },
  )

  test.each([
    ...[
      'Хочу квартиру',
      'Купить дом',
      'Перезвоните пожалуйста',
      'Добрый день',
      'Запись Анна',
      'Мама Саши',
      'Саша мама',
    ],
    ...['Анна Котова (жена Ивана)', 'ООО "Анна"', 'ООО Анна Котова', 'OOO Орлов Иван', 'ИП Орлов И.И.'],
  ])('is not what is wanted, nor somebody’s mother, nor a firm: %s', (name) => {
    expect(nameMark(name)).toBe(0)
  })

  test.each([
    ['Иван Орлов', 'Г-н Иван Орлов'],
    ['John Smith', 'Mr. John Smith'],
    ['Женя Орлова', 'Орлова Женя О.'],
    ['Анна', 'Уважаемая Анна'],
  ])('is %s in %s', (name, other) => {
    expect(nameMark(name)).not.toBe(0)
    expect(nameMark(other)).toBe(nameMark(name))
  })

  test.each(['', 'Орлов', 'П. Орлов', 'тест тестов', 'Не указано', 'ООО Ромашка', 'Иваан-Пётр', 'Новый клиент', '1'])(
    'is not: %s',
    (name) => {
      expect(nameMark(name)).toBe(0)
    },
  )
})

describe('a given name', () => {
  test.each([
    ['Иван', 'Ваня'],
    ['Иван', 'иваан'],
    ['Иван', 'Иван О.'],
    ['Иван', 'Иван 89161234567'],
    ['Наталья', 'Наталия'],
    ['Наташа', 'Natalya'],
    ['Катя', 'Ekaterina'],
    ['Сергей', 'Sergei'],
    ['Юлия', 'Iuliia'],
    ['Анна', 'Анна Анна'],
    ['Иван Орлов', 'Орлов Ваня'],
  ])('is the same in %s and %s', (name, other) => {
    expect(nameMark(name)).not.toBe(0)
    expect(nameMark(name)).toBe(nameMark(other))
  })

  test('alone is no full name, and one that is no common one says nothing', () => {
    expect(isFullName(nameMark('Иван'))).toBe(false)
    expect(isFullName(nameMark('Иван Орлов'))).toBe(true)
    expect(isFullName(nameMark('Иван Петрович Орлов младший'))).toBe(true)
    expect(nameMark('Ромашка')).toBe(0)
  })
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
    ['Иван Орлов', 'Ваня Котов', false],
    ['Георгий Майсурадзе', 'გიორგი მაისურაძე', false],
    ['Anna Petrosyan', 'Աննա Պետրոսյան', false],
    ['Иван', 'Анна', false],
    ['Иван', 'Анна Котова', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(areOthers(nameMark(one), nameMark(other), 'full')).toBe(expected)
    expect(areOthers(nameMark(other), nameMark(one), 'full')).toBe(expected)
  })

  test.each([
    ['Иван', 'Анна', true],
    ['Иван Ким', 'Мария Ким', true],
    ['Иван', 'Анна Котова', true],
    ['Анна', 'Яна', true],
    ['Лёня', 'Лена', true],
    ['Валера', 'Валерия', false],
    ['Александр', 'Саша', false],
    ['Саша', 'Александра', false],
    ['Alex', 'Alexandra', false],
    ['Александр', 'Александра', false],
    ['Анна Орлова', 'Анна Котова', false],
    ['Иван', 'Иван Орлов', false],
    ['Иван и Анна', 'Анна', false],
    ['Иван', 'Аолег', false],
    ['Иван', 'Орлов', false],
    ['Иван', 'Алёна Мария Котова', false],
  ])('%s and %s by their given names: %s', (one, other, expected) => {
    expect(areOthers(nameMark(one), nameMark(other), 'given')).toBe(expected)
    expect(areOthers(nameMark(other), nameMark(one), 'given')).toBe(expected)
  })

  test.each([
    ['Пётр Орлов', 'Пётр Котов', true],
    ['Пётр Орлов', 'Мария Орлова', true],
    ['Пётр', 'Мария', true],
    ['Пётр', 'Пётр Орлов', false],
    ['Александр Орлов', 'Саша Орлов', false],
    ['Пётр', 'Ромашка', false],
  ])('%s and %s are no spellings of one: %s', (one, other, expected) => {
    expect(areUnlike(nameMark(one), nameMark(other))).toBe(expected)
    expect(areUnlike(nameMark(other), nameMark(one))).toBe(expected)
  })
})
