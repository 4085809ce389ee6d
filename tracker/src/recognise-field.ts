/**
 * Which contact a field holds: `phone`, `email`, `name`, or else `other`; an empty text for secrets and empty fields.
 * `hints` is all that it says of itself (type first, then autocomplete, input mode, name, id, placeholder, labels).
 */
export function recogniseField(hints: string, value: string, other: string): string {
  // No text of a page has this character: browsers make it a line feed.
  const all = `${hints}\r${value}`.toLowerCase()
  // Passwords, papers, cards. So many digits are a card whatever it is called, unless a plus makes them a phone.
  if (
    /^(file|hidden)|cc-|pass(?!e)|card|cvv|snils|inn\b|карт|паспорт|снилс|инн|\r([\s\S]*[^+\d])?(\d[\s.-]?){13}|\r$/.test(
      all,
    )
  )
    return ''
  if (/\r\S+@\S+\.\S+$/.test(all)) return 'email'
  // Bare digits only by name: passports and tax numbers have ten too. A mask that is half filled has lines.
  if (
    /((\btel(?!eg)|phone|mobil|[^а-я]тел(?!ег))[^\r]*\r|\r(?=(\+|[78][\s(-])[\d\s().-]{10,}$))\D*(\d[^\d_]*){7,13}$/.test(
      all,
    )
  )
    return 'phone'
  // Of a consent to the use of «name and phone» only a tick is left.
  return /([^r]name\b|имя|фамил|фио)[^\r]*\r\D+$/.test(all) ? 'name' : other
}
