import { givenNameRows } from './given-name-rows.ts'
import { inOneSpelling, plainLetters } from './name-spelling.ts'

/** Numbers of given names are below this, and so are those of rows. */
export const GIVEN_NAMES_MAX = 1_024

const both = {
  ...{
    а: 'a',
    б: 'b',
    в: 'v',
    г: 'g',
    д: 'd',
    е: 'e',
    ж: 'zh',
    з: 'z',
    и: 'i',
    к: 'k',
    л: 'l',
    м: 'm',
    н: 'n',
    о: 'o',
  },
  ...{ п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'kh', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'shch', ъ: '', ы: 'y' },
  ...{ ь: '', э: 'e' },
}

/** How Russian is written in Latin most, by hand and in passports; what is written otherwise is found by its sound. */
const latin: readonly Record<string, string>[] = [
  { ...both, ю: 'yu', я: 'ya' },
  { ...both, ю: 'iu', я: 'ia' },
]

/** The sets of names, by their rows, that some form may stand for, each by its number from 1. */
const sets: (readonly number[])[] = [[]]
/** The number of what each form may stand for: Саша is Александр, or Александра. */
const byForm = new Map<string, number>()
/** The same by how a form sounds, for spellings that are not written down. */
const bySound = new Map<string, number>()
numberForms()

function numberForms(): void {
  const forms = new Map<string, Set<number>>()
  const sounds = new Map<string, Set<number>>()
  givenNameRows.forEach((row, index) => {
    for (const form of row.split(' ')) {
      const plain = plainLetters(form)
      note(forms, plain, index)
      for (const letters of latin) note(forms, [...plain].map((one) => letters[one] ?? one).join(''), index)
      note(sounds, inOneSpelling(plain), index)
    }
  })
  const numbers = new Map<string, number>()
  const numberOf = (rows: ReadonlySet<number>) => {
    const set = [...rows].sort((a, b) => a - b)
    const number = numbers.get(set.join()) ?? sets.push(set) - 1
    numbers.set(set.join(), number)
    return number
  }
  for (const [form, rows] of forms) byForm.set(form, numberOf(rows))
  for (const [sound, rows] of sounds) bySound.set(sound, numberOf(rows))
}

function note(names: Map<string, Set<number>>, form: string, row: number): void {
  const rows = names.get(form)
  if (rows) rows.add(row)
  else names.set(form, new Set([row]))
}

/**
 * The number of a given name, the same for its short forms and spellings unless these are another's too; 0 for a word
 * that is no common one. Takes what `plainLetters` gives. A change of the rows changes the numbers, and so is one of the rules.
 */
export function givenName(word: string): number {
  return byForm.get(word) ?? bySound.get(inOneSpelling(word)) ?? 0
}

/** The names, by their rows, that a form with this number may stand for. */
export function namesOfForm(number: number): readonly number[] {
  return sets[number] ?? []
}
