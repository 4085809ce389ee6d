export type ContactKind = 'phone' | 'email' | 'name'

/**
 * Which contact a field holds, if any. `hints` is all that it says of itself (type first, then autocomplete, name, id,
 * placeholder, label), in lower case.
 */
export function recogniseField(hints: string, value: string): ContactKind | undefined {
  const digits = value.replace(/\D/g, '').length
  if (/^\S+@\S+\.\S+$/.test(value)) return 'email'
  if (digits > 6 && digits < 16) {
    // By value alone only when written like a phone: passports and tax numbers have ten digits too.
    const isPhone =
      /\btel(?!eg)|phone|mobile|whatsapp|тел(?!ег)|моб/.test(hints) || /^(\+|[78][\s(-])[\d\s().-]{10,}$/.test(value)
    return isPhone ? 'phone' : undefined
  }
  return !digits && /\b(\w*(first|last|full|your|client)[_-]?)?name\b|имя|фамил|фио/.test(hints) ? 'name' : undefined
}

/** Secrets, whatever they are called: passwords, cards, papers. They never leave the page, whatever the settings say. */
export function isSecret(hints: string): boolean {
  return /^(password|hidden|file)|cc-|pass(wor|por)|card|cvv|snils|парол|карт[аы]|паспорт|снилс|\binn\b|инн/.test(hints)
}
