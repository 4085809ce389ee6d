import { inOneSpelling, plainLetters } from './name-spelling.ts'

const WORDS_MAX = 5
const PATRONYMIC = /(?:[eo]vich|[eo]vna|ichna|^ilich|^kuzmich|^lukich|^fomich|^nikitich|^savich|^fokich)$/

const spelled = (words: string): string[] => words.split(' ').map((word) => inOneSpelling(plainLetters(word)))

/** Words that are written where no name is known, or for a company's. */
const nobodys = new Set([
  ...spelled('не нет но без имя имени фио фамилия отчество гость лид звонок звонка сайт сайта лицо новый новая новое'),
  ...spelled('ооо ип зао ао оао пао тоо фирма отдел офис салон llc ltd inc gmbh'),
  ...spelled('no name surname unknown guest user seo lead deal order new visitor caller customer missed'),
])

/** And what such words begin with, however they end: up to the last consonant of the stem, which no ending changes. */
const nobodysBegin = [
  ...spelled('тест аноним неизвестн клиент админ заявк сделк контакт заказчик покупател посетител пользовател'),
  ...spelled('менедж обращен входящ пропущен физическ юридическ организац компан магазин'),
]

/** Set in the mark of a name of more than two words: it says who is the same, and not who is somebody else. */
const LONG = 2 ** 31
const HALF = 15

/**
 * A full name as a number, the same for all its spellings: in capitals, in another order, with a patronymic or without, in
 * Latin letters. 0 for a first name alone, a company, and what is no name. The name cannot be read from it.
 */
export function nameMark(name: string): number {
  const words = plainLetters(name)
    .replace(/[-\u2010\u2011’‘ʼ'`´.]/gu, (sign) => (sign === '.' ? ' ' : ''))
    .match(/[\p{L}\p{M}\p{N}]+/gu)
    ?.filter((word) => !/\p{N}/u.test(word))
  if (!words || words.length < 2 || words.length > WORDS_MAX) return 0
  // An initial, or one letter over and over, is no name.
  const told = words.filter((word) => new Set(word).size > 1).map(inOneSpelling)
  if (told.some(isNobodys)) return 0
  const [first, ...rest] = [...new Set(withoutPatronymic(told))].sort()
  if (first === undefined || rest.length === 0) return 0
  const mark = hash(first) * 2 ** HALF + hash(rest.join(' '))
  return rest.length > 1 ? mark + LONG : mark
}

/** Whether two names are those of two people: a first name or a surname in common may be one person's, told otherwise. */
export function areOthers(a: number, b: number): boolean {
  const [ours, theirs] = [wordMarks(a), wordMarks(b)]
  if (!ours || !theirs) return false
  return !theirs.some((word) => ours.includes(word))
}

/** What stands for the two words of a name; undefined for one that says nothing of who is somebody else. */
export function wordMarks(mark: number): readonly [number, number] | undefined {
  return mark === 0 || mark >= LONG ? undefined : [mark >>> HALF, mark & MASK]
}

/** Whether two names are not spellings of one. */
export function areUnlike(a: number, b: number): boolean {
  return a !== 0 && b !== 0 && a < LONG && b < LONG && a !== b
}

const MASK = 2 ** HALF - 1

function isNobodys(word: string): boolean {
  return nobodys.has(word) || nobodysBegin.some((begin) => word.startsWith(begin))
}

/** It follows the first name: «Рабинович Иван Петрович» has a surname that sounds like one. */
function withoutPatronymic(words: readonly string[]): readonly string[] {
  if (words.length < 3) return words
  const place = words.findIndex(
    (word, at) => at > 0 && PATRONYMIC.test(word) && !PATRONYMIC.test(words[at - 1] as string),
  )
  return place < 0 ? words : words.toSpliced(place, 1)
}

/** FNV-1a, folded to fifteen bits; never 0. */
function hash(word: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < word.length; at++) state = Math.imul(state ^ word.charCodeAt(at), 0x01000193)
  const folded = ((state >>> HALF) ^ state) & MASK
  return folded === 0 ? 1 : folded
}
