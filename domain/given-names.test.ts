import { expect, test } from 'vitest'
import { givenNameRows } from './given-name-rows.ts'
import { GIVEN_NAMES_MAX, givenName, namesOfForm } from './given-names.ts'
import { plainLetters } from './name-spelling.ts'

const forms = givenNameRows.map((row) => row.split(' '))

test('each form is found, and may be of the name in whose row it stands', () => {
  for (const [row, all] of forms.entries()) {
    for (const form of all) expect(namesOfForm(givenName(plainLetters(form))), form).toContain(row)
  }
})

test('no row says the same twice, and each form is one word in small letters', () => {
  for (const all of forms) {
    expect(new Set(all).size, all[0]).toBe(all.length)
    for (const form of all) expect(form).toMatch(/^\p{Ll}+$/u)
  }
  expect(new Set(forms.map(([name]) => name)).size).toBe(forms.length)
})

test('numbers leave room for those of rows and of forms', () => {
  const numbers = forms.flat().map((form) => givenName(plainLetters(form)))
  expect(Math.max(...numbers, givenNameRows.length)).toBeLessThan(GIVEN_NAMES_MAX)
})

test('a word that is none has no number', () => {
  expect(['ромашка', 'петрова', 'qwerty', ''].map(givenName)).toEqual([0, 0, 0, 0])
})
