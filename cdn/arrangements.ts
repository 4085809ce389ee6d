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
    code: '3139505bbb42dff3e8b2fce03bfd7a1270fd48945de6eee8613d4485e1cc4056',
    names:
      'e t a s i l r H c w F E te Q j x ae M o p X G v S I L n T ee f O B q b m u P D V k Z C se N U d g h _ W Y A z y R ie K J',
    // biome-ignore format: a list of numbers.
    order: [9, 16, 41, 25, 3, 22, 26, 5, 50, 4, 23, 14, 40, 36, 31, 28, 1, 27, 10, 39, 24, 17, 42, 29, 43, 0, 2, 13, 8, 20, 30, 45, 47, 52, 33, 48, 19, 37, 38, 11, 21, 44, 6, 7, 15, 34, 35, 32, 46, 51, 18, 12, 49],
  },
  'calls,areas,forms,linker,hash': {
    code: '1d7ce0432d28a2a18c85e2a1a4b1e9227186fd30b8042b855b36dd66b882f1d6',
    names:
      'e t a s i l r h c w oe F D je p M Ke Le De Pe le we O ve he _e Te H o A G te P n z re j ne K x Oe v C ce L k Fe ue Z ye Ce I N J Me ee Q E W m X pe Ve u ae d S U q y xe Ne _ ze Je Be ge Y f be fe ie me B b T se qe R V Ae g',
    // biome-ignore format: a list of numbers.
    order: [13, 60, 34, 58, 22, 69, 82, 46, 30, 41, 38, 54, 64, 55, 6, 76, 29, 16, 53, 32, 71, 40, 9, 59, 49, 47, 70, 12, 37, 14, 44, 42, 27, 15, 73, 18, 20, 43, 31, 51, 1, 50, 75, 63, 2, 11, 67, 45, 35, 62, 79, 77, 74, 80, 36, 48, 68, 10, 3, 17, 56, 24, 28, 33, 0, 23, 19, 4, 26, 61, 57, 39, 65, 66, 21, 81, 72, 5, 8, 7, 52, 25, 78],
  },
}
