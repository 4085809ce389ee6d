import { type IdentifierKind, identifierKinds } from '../../api/people.ts'

/** What someone typed to find a person, and what it is taken for. */
export interface Asked {
  by: IdentifierKind | 'person'
  value: string
}

/** Takes `deal:17` at its word and guesses the rest by its looks: an e-mail, a phone, a person's id, else a visitor. */
export function readAsked(typed: string): Asked | undefined {
  const text = typed.trim()
  if (text === '') return undefined
  const named = /^([a-z]+):\s*(.+)$/i.exec(text)
  const kind = named?.[1]?.toLowerCase()
  if (named?.[2] && kind !== undefined && isKind(kind)) return { by: kind, value: named[2] }
  if (/^\S+@\S+\.\S+$/.test(text)) return { by: 'email', value: text }
  if (/^p[0-9a-z]{20}$/.test(text)) return { by: 'person', value: text }
  if (/^[+\d][\d\s().–-]{5,}$/.test(text)) return { by: 'phone', value: text }
  return { by: 'visitor', value: text }
}

export function isKind(text: unknown): text is Asked['by'] {
  return text === 'person' || identifierKinds.includes(text as IdentifierKind)
}
