import type { IdentifierKind } from '#domain/identifier.ts'
import type { Vertex } from './edge.ts'

type ByKind<Value> = Partial<Record<IdentifierKind, Value>>

const DAY_MS = 86_400_000

/**
 * How many others of a kind an identifier may join before it counts as shared and joins nobody: a person has a few
 * phones, browsers and contact cards; an office phone, an agency's email or a kiosk has many.
 */
export const joinsMax: ByKind<ByKind<number>> = {
  visitor: { user: 1, phone: 6, email: 6, contact: 4 },
  ga: { visitor: 12, user: 1, phone: 6, email: 6, contact: 4 },
  ym: { visitor: 12, user: 1, phone: 6, email: 6, contact: 4 },
  user: { visitor: 40, phone: 6, email: 6, contact: 4 },
  phone: { visitor: 12, user: 4, contact: 3, email: 8 },
  email: { visitor: 12, user: 4, contact: 3, phone: 8 },
  contact: { visitor: 20, user: 4, phone: 6, email: 4 },
}

/** The same for events, which only pass on what they name: counted over what is named beside them, not further. */
export const namesMax: ByKind<ByKind<number>> = {
  session: { visitor: 3, phone: 6, email: 6 },
  lead: { visitor: 3, session: 3, deal: 20 },
  call: { visitor: 3, session: 3, deal: 20 },
  deal: { phone: 20, email: 20, contact: 3 },
}

/**
 * Clients beside whom a phone or an email stands in deals, each with another phone. One person has a few phones; whoever
 * stands beside more is an agent.
 */
export const CLIENTS_MAX = 4

/**
 * People who left their names in one visit, by what they are known by. `both`: a phone and an email, of which they have
 * nothing in common; `user`: by a login, and nobody has two; `named`: by a full name, and something that goes with it; `settled`: and one of these was given in another browser too, so that there is a life apart from the
 * visit. Without that two may be one buyer with a slip in each, or who writes in from work and from home, and stay together: a
 * buyer's visit is so much likelier than a showroom's. One person may write in by another phone, and none does so by four.
 */
export const visitMax = { user: 1, named: 1, both: 2, phone: 3, email: 3, settled: 1 } as const

/** Deals of one contact card, beyond which it is a collection of the CRM's, and no person's. */
export const CARD_DEALS_MAX = 20

/** What happened further apart is no one visit, whatever its sender calls it. */
export const VISIT_MS = DAY_MS

/**
 * Facts that name an identifier before it is a hub, whatever they say: a call centre's line, a robot's address. Beyond it
 * nothing is looked for around it any more, so that a new fact costs the same however many there are.
 */
export const usesMax: ByKind<number> = {
  session: 1_000,
  phone: 1_000,
  email: 1_000,
  contact: 3_000,
  user: 20_000,
  ga: 20_000,
  ym: 20_000,
}

/** Whether more facts name it than that. */
export function isHub(vertex: Vertex): boolean {
  return vertex.hasMoreEdgesThan(usesMax[vertex.kind] ?? Number.POSITIVE_INFINITY)
}

/** People around an identifier who have nothing else in common. */
export interface StrangersMax {
  /** Of those who are known by something at all, be it of different kinds. */
  known_at_all?: number
  /** Of those who are known by something of one kind each, and differently: two emails, two contact cards. */
  known?: number
  /** Of those who are known by a full name of their own, and by something else. */
  named?: number
  /** Of those who have a browser of their own beside it, and are known by something. */
  settled?: number
  /** Of those who are known by two kinds of things at once, and by nothing that another is known by. */
  somebody?: number
  /** In all, taking for one only those whom a browser, a login or an email joins. */
  ever?: number
  in_period: number
  period_ms: number
}

const week = { in_period: 4, period_ms: 7 * DAY_MS }

export const strangersMax: ByKind<StrangersMax> = {
  phone: { known: 1, ever: 8, ...week },
  email: { known: 1, ever: 8, ...week },
  contact: { ever: 8, ...week },
  visitor: { named: 1, settled: 1, somebody: 2, ...week },
  ga: { named: 1, settled: 1, somebody: 2, ...week },
  ym: { named: 1, settled: 1, somebody: 2, ...week },
}

/** A flat's or an office's line joins no two who are known by something, and fewer browsers. */
export const placeLineStrangersMax: StrangersMax = { known_at_all: 1, ever: 3, ...week, in_period: 2 }

/** What one person holds at most. A join beyond it is held back: chains of shared phones must not become one giant. */
export const personMax: ByKind<number> = { contact: 3, user: 3, phone: 8, email: 8 }

/** Candidates listed for a shared identifier. */
export const CANDIDATES_MAX = 20

/** An identifier with more facts than this has no list of candidates: they are too many to choose from. */
export const CANDIDATE_EDGES_MAX = 1_000
