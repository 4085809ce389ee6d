/** How Cyrillic is written in Latin, as far as two spellings of one name have to come out alike. */
const latin: Record<string, string> = {
  ...{ а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', ё: 'e', є: 'e', ж: 'zh', з: 'z', и: 'i', і: 'i' },
  ...{ ї: 'i', й: 'i', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f' },
  ...{ х: 'h', ц: 'c', ч: 'ch', ш: 'sh', щ: 'sh', ъ: '', ы: 'i', ь: '', э: 'e', ю: 'iu', я: 'ia' },
}

/** Spellings of Latin that stand for one sound, in the order in which they are looked for. */
const sounds: readonly [RegExp, string][] = [
  [/shch/g, 'sh'],
  [/kh/g, 'h'],
  [/ts/g, 'c'],
  [/[yj]/g, 'i'],
  [/x/g, 'ks'],
  [/w/g, 'v'],
  [/(.)\1+/g, '$1'],
]

const WORDS_MAX = 5
const PATRONYMIC = /(?:[eo]vich|[eo]vna|ichna|^ilich|^kuzmich|^lukich|^fomich)$/

/** What is written where no name is known. */
const NOBODYS =
  /^(?:test\w*|ne|net|no|bez|imeni?|imia|name|anonim\w*|unknown|neizvestn\w*|klient\w*|client|gost|guest|user|admin\w*|seo|zaiavka|zvonok|lead|ooo|ip|zao|ao|pao)$/

/** Set in the mark of a name of more than two words: it says who is the same, and not who is somebody else. */
const LONG = 2 ** 31
const HALF = 15

/**
 * A full name as a number, the same for all its spellings: in capitals, in another order, with a patronymic or without, in
 * Latin letters. 0 for a first name alone, a company, and what is no name. The name cannot be read from it.
 */
export function nameMark(name: string): number {
  const words = name
    .toLowerCase()
    .normalize('NFC')
    .replace(/[-’'`.]/gu, (sign) => (sign === '.' ? ' ' : ''))
    .match(/[\p{L}\p{N}]+/gu)
  if (!words || words.length < 2 || words.length > WORDS_MAX) return 0
  const spelled = words.map(inLatin).filter((word) => word.length > 1)
  if (spelled.some((word) => NOBODYS.test(word))) return 0
  const told = spelled.length > 2 ? spelled.filter((word) => !PATRONYMIC.test(word)) : spelled
  const [first, ...rest] = [...new Set(told)].sort()
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

function inLatin(word: string): string {
  const letters = [...word].map((letter) => latin[letter] ?? letter).join('')
  return sounds.reduce((text, [sound, spelling]) => text.replace(sound, spelling), letters)
}

/** FNV-1a, folded to fifteen bits; never 0. */
function hash(word: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < word.length; at++) state = Math.imul(state ^ word.charCodeAt(at), 0x01000193)
  const folded = ((state >>> HALF) ^ state) & MASK
  return folded === 0 ? 1 : folded
}
