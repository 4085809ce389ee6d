import type { IdentifierKind } from '#domain/identifier.ts'

/**
 * How many others of a kind an identifier may join before it counts as shared and joins nobody: a person has a few
 * phones, browsers and contact cards; an office phone, an agency's email or a kiosk has many.
 */
export const joinsMax: Partial<Record<IdentifierKind, Partial<Record<IdentifierKind, number>>>> = {
  visitor: { user: 5, phone: 6, email: 6, contact: 4 },
  ga: { visitor: 12, user: 5, phone: 6, email: 6, contact: 4 },
  ym: { visitor: 12, user: 5, phone: 6, email: 6, contact: 4 },
  user: { visitor: 40, phone: 6, email: 6, contact: 4 },
  phone: { visitor: 12, user: 4, contact: 3, email: 8 },
  email: { visitor: 12, user: 4, contact: 3, phone: 8 },
  contact: { visitor: 40, user: 4, phone: 10, email: 10 },
}

/** The same for events, which only pass on what they name: counted over what is named beside them, not further. */
export const namesMax: Partial<Record<IdentifierKind, Partial<Record<IdentifierKind, number>>>> = {
  session: { visitor: 3, user: 5, phone: 6, email: 6 },
  lead: { visitor: 3, session: 3, deal: 20 },
  call: { visitor: 3, session: 3, deal: 20 },
  deal: { phone: 20, email: 20, contact: 3 },
}

/** Candidates listed for a shared identifier. */
export const CANDIDATES_MAX = 20
