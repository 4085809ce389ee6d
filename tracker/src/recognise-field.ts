/**
 * Which contact a field holds: `phone`, `email`, `name`, or else `other`; an empty text for secrets and empty fields.
 * `all` is what it says of itself (type first, then name, id, placeholder, label, autocomplete), and after a `\r` its
 * value: no text of a page has this character, because browsers make it a line feed.
 */
export function recogniseField(all: string, other: string): string {
  // Files, radio buttons, checkboxes; passwords, papers, cards. So many digits are a card whatever it is called, unless a
  // plus makes them a phone.
  if (
    /^(fi|rad|ch)|(cc-|pass(?!e)|card|cvv|snils|inn\b|карт|пасп|снилс|инн)[^\r]*\r|[^+\d](\d[\s.-]?){13}[^\r]*$|\r$/i.test(
      all,
    )
  )
    return ''
  if (/\r\S+@\S+$/.test(all)) return 'email'
  // Bare digits only by name: passports and tax numbers have ten too. A mask that is half filled has lines.
  if (/((\btel(?!eg)|phone|mob|[^а-я](тел(?!ег)|моб))[^\r]*\r|\r(?=\+\d|[78] ?\())\D*(\d[^\d_]*){7,15}$/i.test(all))
    return 'phone'
  return /([^r]name\b|имя|фам|фио)[^\r]*\r\D+$/i.test(all) ? 'name' : other
}
