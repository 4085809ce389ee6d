/** An order and names that pack better than those a build finds by itself in the time it has. */
interface Arrangement {
  /** The code it was found for, by `digestOf`: for any other it means nothing. */
  code: string
  /** The names of all variables of the script, in the order of declaration. */
  names: string
  /** Which free variables come one after the other. */
  order: readonly number[]
}

/** By features; written by `npm run tracker:arrange`. */
export const ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {
  forms: {
    code: '7e8e93c6927aaf9d4198a2b4c1a7baef964572299537864be2b4ddcbd14d5e97',
    names:
      'e t a s i l r h c w F z E q W S ae ee n p Z g o A O M X P te j V B N v G u I D C f H m se J L d x T b _ Y y K k Q ie U R',
    // biome-ignore format: a list of numbers.
    order: [9, 25, 41, 3, 40, 15, 28, 32, 5, 4, 23, 34, 6, 7, 35, 26, 1, 27, 10, 39, 42, 14, 0, 50, 24, 46, 16, 36, 31, 11, 29, 43, 2, 22, 13, 20, 8, 52, 30, 45, 47, 33, 48, 44, 17, 21, 37, 38, 51, 18, 12, 19, 49],
  },
  'calls,areas,forms,linker,hash': {
    code: '724b681c91677bc14dda7ae989c8be4f8f0e3da2130d7ab7978b1d0f0283fab8',
    names:
      'e t a s i l r h c w oe F D xe Z ne j _e he Ke se T S me ue Ae G q m be fe n M ce ze ge C f J B pe o le Pe u te U qe V Le ie K Q v k ee N L H P Te ae Me R Se W Ie d I E A Fe Je De z Ce Ve Oe p we y Be b je Y O x ve re X ye Ne _ g',
    // biome-ignore format: a list of numbers.
    order: [83, 30, 22, 13, 29, 46, 37, 56, 32, 41, 6, 79, 16, 65, 72, 38, 54, 71, 9, 47, 39, 2, 36, 69, 4, 49, 27, 59, 31, 11, 43, 77, 44, 14, 75, 50, 45, 42, 24, 28, 74, 18, 19, 26, 34, 81, 78, 33, 61, 17, 63, 21, 66, 67, 58, 76, 40, 48, 51, 70, 82, 3, 0, 23, 60, 68, 12, 10, 62, 53, 73, 5, 8, 20, 55, 7, 64, 1, 25, 35, 15, 57, 80, 52],
  },
}
