import { describe, expect, test } from 'vitest'
import { channels } from '#domain/channel.ts'
import { identifierKinds } from '../api/people.ts'
import { languages, nameOf, type Text, texts, translate } from './translate.ts'

const forms = { en: ['one', 'other'], ru: ['one', 'few', 'many', 'other'] }
const keys = Object.keys(texts.en) as (keyof typeof texts.en)[]

describe('the texts of the dashboard', () => {
  test('are in both languages, and there are many', () => {
    expect(keys.length).toBeGreaterThan(150)
    expect(Object.keys(texts.ru).toSorted()).toEqual(keys.toSorted())
  })

  test.each(languages)('in %s are never empty', (language) => {
    expect(keys.filter((key) => wordsOf(texts[language][key]).some((words) => words.trim() === ''))).toEqual([])
  })

  test('leave the same holes in both languages', () => {
    expect(keys.filter((key) => holes(texts.en[key]) !== holes(texts.ru[key]))).toEqual([])
  })

  test.each(languages)('that count have every plural form of %s', (language) => {
    const counting = keys.filter((key) => typeof texts[language][key] !== 'string')
    expect(counting.length).toBeGreaterThan(2)
    expect(
      counting.map((key) => Object.keys(texts[language][key])).filter((has) => has.length !== forms[language].length),
    ).toEqual([])
  })

  test.each(languages)('name every channel and every kind of identifier in %s', (language) => {
    expect(channels.length).toBeGreaterThan(20)
    expect(channels.filter((channel) => nameOf(language, 'channel', channel) === undefined)).toEqual([])
    expect(identifierKinds.filter((kind) => nameOf(language, 'kind', kind) === undefined)).toEqual([])
  })
})

describe('a text with a number', () => {
  test.each([
    [1, '1 страница'],
    [3, '3 страницы'],
    [5, '5 страниц'],
    [21, '21 страница'],
    [1200, '1\u00a0200 страниц'],
  ])('says %d as «%s» in Russian', (count, words) => {
    expect(translate('ru', 'session.pages', { count })).toBe(words)
  })

  test('has two forms in English', () => {
    expect([1, 2].map((count) => translate('en', 'session.pages', { count }))).toEqual(['1 page', '2 pages'])
  })
})

function wordsOf(text: Text): string[] {
  return typeof text === 'string' ? [text] : Object.values(text)
}

/** The holes of a text; every plural form has to have the same ones. */
function holes(text: Text): string {
  const each = wordsOf(text).map((words) => [...words.matchAll(/\{\w+\}/g)].map(String).toSorted().join())
  return [...new Set(each)].join(' | ')
}
