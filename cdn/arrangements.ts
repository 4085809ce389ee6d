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
    code: '95c9ecdc6c19ab0f1baa8640e50a990babba17a4d19b5f3ee54f25ae6cc6a37f',
    names:
      'e t a s i l r h c w H E p O Q C ae X q ee n o b g R x j f te S U N I Z F u V D B _ G m ie W M d y A v se Y T K k L P J z',
    // biome-ignore format: a list of numbers.
    order: [9, 25, 41, 15, 40, 28, 32, 46, 18, 35, 17, 21, 26, 1, 27, 10, 0, 39, 42, 14, 5, 11, 4, 23, 34, 47, 36, 31, 7, 29, 43, 50, 19, 24, 16, 2, 13, 20, 8, 37, 38, 51, 52, 33, 48, 44, 6, 30, 45, 3, 22, 12, 49],
  },
  'calls,areas,forms,linker,hash': {
    code: '762475bb0c5730562c531b28b44288f46ab2f4f7a3cb0bf53bb9e404b21b0880',
    names:
      'e t a s i l r h c w ee F D k f ge z fe le Ce S we De J v oe he R x H ve ae b re A Me M q ne m Se C pe Ie Ne te Fe ze E Ve o W Oe G Te _e K ce U B y se Q ue Ae N qe d p _ X V je xe O be Be Le Z u n j me Pe Y L Ke P Je T ie ye I g',
    // biome-ignore format: a list of numbers.
    order: [13, 29, 22, 46, 54, 69, 9, 2, 73, 65, 6, 15, 59, 71, 47, 27, 72, 16, 42, 83, 11, 3, 68, 48, 43, 14, 75, 18, 44, 32, 30, 62, 40, 19, 80, 17, 45, 39, 37, 64, 51, 35, 4, 20, 26, 56, 55, 49, 76, 77, 70, 58, 41, 81, 33, 82, 12, 31, 61, 78, 66, 67, 23, 50, 21, 0, 10, 1, 8, 7, 60, 63, 38, 57, 24, 36, 5, 52, 34, 74, 25, 79, 53, 28],
  },
}
