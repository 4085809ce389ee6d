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
    code: 'dc8c8267c81f80b194f57f6b3cd204a3eb6ac321e9812dbec28859984e578173',
    names:
      'e t a s i l r B c w X G p I W _ ae S L ee b n g o V k F P ie j O se M Z h u K D Q T C m te q J f x U v N Y d E y R H A z',
    // biome-ignore format: a list of numbers.
    order: [19, 3, 43, 9, 41, 25, 26, 10, 14, 5, 42, 35, 4, 23, 39, 20, 44, 6, 24, 0, 2, 22, 40, 36, 31, 7, 29, 28, 13, 21, 11, 45, 8, 52, 27, 18, 1, 32, 15, 34, 47, 37, 38, 16, 17, 30, 51, 46, 33, 48, 12, 49, 50],
  },
}
