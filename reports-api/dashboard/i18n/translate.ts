import { en } from './en.ts'
import { ru } from './ru.ts'

export type Language = 'en' | 'ru'

/** A text with a number in it has a form for each plural of its language. */
export type Text = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>)

export type TextKey = keyof typeof en

type Holes<Words> = Words extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never

type WordsOf<Key extends TextKey> = (typeof en)[Key] extends { other: infer Words } ? Words : (typeof en)[Key]

/** What a text needs to be filled in with; nothing when it has no holes. */
export type Values<Key extends TextKey> = [Holes<WordsOf<Key>>] extends [never]
  ? []
  : [values: Record<Holes<WordsOf<Key>>, string | number>]

export const texts: Record<Language, Record<TextKey, Text>> = { en, ru }

export const languages: readonly Language[] = ['en', 'ru']

/** The text in a language, filled in. `count` chooses the plural form. */
export function translate<Key extends TextKey>(language: Language, key: Key, ...[values]: Values<Key>): string {
  return fill(language, texts[language][key], values ?? {})
}

/** The name of a value that comes from the API, such as a channel; undefined when we have no word for it. */
export function nameOf(language: Language, group: string, id: string): string | undefined {
  const text = (texts[language] as Record<string, Text>)[`${group}.${id}`]
  return text === undefined ? undefined : fill(language, text, {})
}

function fill(language: Language, text: Text, values: Record<string, string | number>): string {
  const numbers = new Intl.NumberFormat(language)
  const words =
    typeof text === 'string'
      ? text
      : (text[new Intl.PluralRules(language).select(Number(values.count ?? 0))] ?? text.other)
  return words.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name]
    return typeof value === 'number' ? numbers.format(value) : (value ?? hole)
  })
}
