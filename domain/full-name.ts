import { GIVEN_NAMES_MAX, givenName, namesOfForm } from './given-names.ts'
import { inOneSpelling, plainLetters } from './name-spelling.ts'

const WORDS_MAX = 5
const PATRONYMIC = /(?:[eo]vich|[eo]vna|ichna|^ilich|^kuzmich|^lukich|^fomich|^nikitich|^savich|^fokich)$/

const spelled = (words: string): string[] => words.split(' ').map((word) => inOneSpelling(plainLetters(word)))

/** Words that are written where no name is known, or for a company's. */
const nobodys = new Set([
  ...spelled('не нет но без имя имени фио фамилия отчество гость лид звонок звонка сайт сайта лицо новый новая новое'),
  ...spelled('ип зао ао оао пао тоо фирма отдел офис салон llc ltd inc gmbh'),
  ...spelled('no name surname unknown guest user seo lead deal order new visitor caller customer missed'),
  // What is wanted, in the place of who wants it.
  ...spelled(
    'добрый доброе хочу нужен нужна нужно нужны ищу купить куплю покупка покупаю продать продам аренда аренду',
  ),
  ...spelled('снять сниму сдать узнать позвоните позвони бронь запись'),
])

/** And what such words begin with, however they end: up to the last consonant of the stem, which no ending changes. */
const nobodysBegin = [
  ...spelled('тест аноним неизвестн клиент админ заявк сделк контакт заказчик покупател посетител пользовател'),
  ...spelled('менедж обращен входящ пропущен физическ юридическ организац компан магазин'),
  ...spelled(
    'здравств привет пожалуйст перезвон квартир вопрос интерес консультац стоимост доставк услуг ремонт срочн',
  ),
]

const written = (words: string): string[] => words.split(' ').map(plainLetters)

/** The same, where other spellings are somebody's: «жена» sounds like Женя, «ООО» like an initial. */
const nobodysWritten = new Set([
  ...written('ооо ooo'),
  // Who they are to somebody says neither's name: «мама Саши».
  ...written(
    'мама мамы папа папы мать отец муж мужа жена жены сын сына дочь дочка дочки дочери брат брата сестра сестры',
  ),
  ...written('бабушка дедушка внук внучка тетя дядя родители ребенок ребенка'),
])

/** What stands before a name and is none. */
const titles = new Set(written('господин госпожа гн гжа уважаемый уважаемая mr mrs ms miss dr'))

/** Letters of which all spellings of a name come out alike. */
const COMPARED = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{M}]+$/u

/**
 * Set in the mark of a name of more than two words, or in an alphabet whose names are not compared with those in others: it
 * says who is the same, and not who is somebody else.
 */
const LONG = 2 ** 31
const HALF = 15

/**
 * A name as a number, the same for all its spellings: in capitals, in another order, with a patronymic or without, in
 * Latin letters. Of a common given name it says which it is, alike for its short forms; other words cannot be read from it.
 * 0 for a surname alone, a given name that is not a common one, a company, and what is no name.
 */
export function nameMark(name: string): number {
  const words = plainLetters(name)
    .replace(/[-\u2010\u2011’‘ʼ'`´.]/gu, (sign) => (sign === '.' ? ' ' : ''))
    .match(/[\p{L}\p{M}\p{N}]+/gu)
    ?.filter((word) => !/\p{N}/u.test(word) && !titles.has(word))
  if (!words || words.length > WORDS_MAX || words.some(isNobodys)) return 0
  // An initial, or one letter over and over, is no name.
  const told = words.filter((word) => new Set(word).size > 1)
  const spelt = new Map(told.map((word) => [inOneSpelling(word), word]))
  const [first, ...rest] = withoutPatronymic([...spelt.keys()]).toSorted()
  if (first === undefined) return 0
  const isCompared = told.every((word) => COMPARED.test(word))
  if (rest.length > 1 || (rest.length > 0 && !isCompared)) return LONG + hash(first) * 2 ** HALF + hash(rest.join(' '))
  const numbers = [first, ...rest].map((word) => givenName(spelt.get(word) as string) || hash(word))
  if (rest.length === 0 && !isGivenName(numbers[0] as number)) return 0
  const [low, high = 0] = [...new Set(numbers)].sort((a, b) => a - b) as [number, number?]
  return high * 2 ** HALF + low
}

/** Whether a mark is that of a given name together with another: two who bear one full name are one person. */
export function isFullName(mark: number): boolean {
  return mark >= 2 ** HALF
}

/**
 * What tells two people apart: `full`, names without a word in common, since one person may bear another surname, or be known
 * by one of two names; `given`, given names of which none is a form of another, whatever goes with them. The latter is weaker:
 * one person jokes, or writes in for somebody else.
 */
export type NameEvidence = 'full' | 'given'

/**
 * The words of a name by which two people are told apart, as numbers: a short form stands for each name that it may be of.
 * Two names are those of two people when they have none in common; undefined for a name that says nothing of that.
 */
export function tellingWords(mark: number, evidence: NameEvidence): readonly number[] | undefined {
  if (mark === 0 || mark >= LONG) return undefined
  const words = mark > MASK ? [mark >>> HALF, mark & MASK] : [mark]
  const asked = evidence === 'full' ? words : words.filter(isGivenName)
  if (asked.length === 0 || (evidence === 'full' && !isFullName(mark))) return undefined
  return asked.flatMap((word) => (isGivenName(word) ? namesOfForm(word) : [word]))
}

/** Whether two names are those of two people, by this evidence. */
export function areOthers(a: number, b: number, evidence: NameEvidence): boolean {
  const [ours, theirs] = [tellingWords(a, evidence), tellingWords(b, evidence)]
  if (!ours || !theirs) return false
  return !ours.some((word) => theirs.includes(word))
}

/** Whether two names are not spellings of one. */
export function areUnlike(a: number, b: number): boolean {
  if (areOthers(a, b, 'given')) return true
  const [ours, theirs] = [tellingWords(a, 'full'), tellingWords(b, 'full')]
  if (!ours || !theirs) return false
  const isSurname = (word: number) => !isGivenName(word)
  return ours.filter(isSurname).join() !== theirs.filter(isSurname).join()
}

const MASK = 2 ** HALF - 1

function isGivenName(word: number): boolean {
  return word < GIVEN_NAMES_MAX
}

function isNobodys(word: string): boolean {
  const spelt = inOneSpelling(word)
  return nobodysWritten.has(word) || nobodys.has(spelt) || nobodysBegin.some((begin) => spelt.startsWith(begin))
}

/** It follows the first name: «Рабинович Иван Петрович» has a surname that sounds like one. */
function withoutPatronymic(words: readonly string[]): readonly string[] {
  if (words.length < 3) return words
  const place = words.findIndex(
    (word, at) => at > 0 && PATRONYMIC.test(word) && !PATRONYMIC.test(words[at - 1] as string),
  )
  return place < 0 ? words : words.toSpliced(place, 1)
}

/** FNV-1a, folded to fifteen bits; never so low as the number of a given name. */
function hash(word: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < word.length; at++) state = Math.imul(state ^ word.charCodeAt(at), 0x01000193)
  const folded = ((state >>> HALF) ^ state) & MASK
  return GIVEN_NAMES_MAX + (folded % (MASK + 1 - GIVEN_NAMES_MAX))
}
