/** How Cyrillic is written in Latin, as far as two spellings of one name have to come out alike. */
const latin: Record<string, string> = {
  ...{ а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', є: 'e', ж: 'zh', з: 'z', и: 'i', і: 'i', к: 'k' },
  ...{ л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'h', ц: 'ts', ч: 'ch' },
  ...{ ш: 'sh', щ: 'sh', ъ: '', ы: 'i', ь: '', э: 'e', ю: 'iu', я: 'ia' },
  // Of Kazakh, Tatar, Bashkir and Tajik: who writes in Russian as well leaves them out.
  ...{
    ә: 'a',
    ғ: 'g',
    қ: 'k',
    ң: 'n',
    ө: 'o',
    ұ: 'u',
    ү: 'u',
    һ: 'h',
    җ: 'zh',
    ҳ: 'h',
    ҷ: 'ch',
    ҙ: 'z',
    ҫ: 's',
    ҡ: 'k',
  },
  // Latin letters that no decomposition takes apart.
  ...{ ı: 'i', ł: 'l', ø: 'o', đ: 'd', ð: 'd', æ: 'e', œ: 'e', ß: 's', þ: 't' },
}

/** Letters of either alphabet that look like one of the other's, small or capital. */
const [latinAlike, cyrillicAlike] = [[...'abcehkmoptxyi'], [...'авсенкмортхуі']] as const
const toCyrillic = new Map(latinAlike.map((letter, at) => [letter, cyrillicAlike[at] ?? letter]))
const toLatin = new Map(cyrillicAlike.map((letter, at) => [letter, latinAlike[at] ?? letter]))

/** Spellings of Latin that stand for one sound, in the order in which they are looked for. */
const sounds: readonly [RegExp, string][] = [
  [/sh?ch/g, 'sh'],
  [/tch/g, 'ch'],
  [/kh/g, 'h'],
  [/ph/g, 'f'],
  [/th/g, 't'],
  [/c(?=[eiy])|tz/g, 'ts'],
  [/ck|c(?!h)|q/g, 'k'],
  [/x/g, 'ks'],
  [/w/g, 'v'],
  [/[yj]/g, 'i'],
  [/(.)\1+/g, '$1'],
  // Solovyov and Solovev, Yelena and Elena, Natalia and Natalya.
  [/io/g, 'e'],
  [/i(?=[aeu])/g, ''],
  // Alexander and Александр.
  [/(?<=[^aeiou])er$/, 'r'],
  [/(.)\1+/g, '$1'],
]

/** Text as it is compared: small letters without accents, in the forms that keyboards make. */
export function plainLetters(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
}

/** One word in Latin, the same for all usual spellings of a name. Takes what `plainLetters` gives. */
export function inOneSpelling(word: string): string {
  const letters = [...inOneAlphabet(word)].map((letter) => latin[letter] ?? letter).join('')
  return sounds.reduce((text, [sound, spelling]) => text.replace(sound, spelling), letters)
}

/** A word typed with a letter of the other keyboard that looks the same. */
function inOneAlphabet(word: string): string {
  const letters = [...word]
  const ofLatin = letters.filter((letter) => /\p{Script=Latin}/u.test(letter))
  const ofCyrillic = letters.filter((letter) => /\p{Script=Cyrillic}/u.test(letter))
  if (ofLatin.length === 0 || ofCyrillic.length === 0) return word
  if (ofLatin.every((letter) => toCyrillic.has(letter)))
    return letters.map((letter) => toCyrillic.get(letter) ?? letter).join('')
  if (ofCyrillic.every((letter) => toLatin.has(letter)))
    return letters.map((letter) => toLatin.get(letter) ?? letter).join('')
  return word
}
