/**
 * Which contact a field holds: `phone`, `email`, `name`, or else `other`; an empty text for secrets and empty fields.
 * `about` is what the field says of itself: its type first, then name, id, placeholder, label, autocomplete.
 */
export function recogniseField(about: string, value: string, other: string): string {
  // Files, radio buttons, checkboxes; passwords, papers, cards. So many digits are a card whatever it is called, unless a
  // plus makes them a phone.
  if (
    /^(f|rad|ch)|snils|inn\b|инн|снилс|cc-|card|парол|cvv|пасп|карт|pass(?!e)/i.test(about) ||
    /(^|[^+\d])(\d[\s.-]?){13}|^$/.test(value)
  )
    return ''
  if (/^\S+@\S+$/.test(value)) return 'email'
  // Bare digits only by name: passports and tax numbers have ten too. A mask that is half filled has lines.
  if (
    (/mob|\btel(?!eg)|phone|[^а-я](тел(?!ег)|моб)/i.test(about) || /^(\+\d|[78] ?\()/.test(value)) &&
    /^\D*(\d[^\d_]*){7,15}$/.test(value)
  )
    return 'phone'
  return /[^r]name\b|имя|ф(ам|ио)/i.test(about) && /^\D+$/.test(value) ? 'name' : other
}
