import { nameMark } from '#domain/full-name.ts'
import { type IdentifierKind, isJunk } from '#domain/identifier.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { compareReceipts, type Receipt } from '../receipt.ts'
import { holds } from '../rules.ts'
import type { Claim, EdgeFact } from './edge.ts'

type Named = readonly [kind: IdentifierKind, value: string]

/**
 * What one event of a browser says. A form is the start of a lead; all else ties to the visitor, and to the session. It is a
 * browser's claim whoever passes it on: a site's server, or an import, knows no more than what was typed there.
 */
export function eventClaims(event: Fact<'events'>): Claim[] {
  const said = { fact: 'event', fact_id: event.id, at: event.at, claimed: true, name: 0 } as const
  const claim = claimsOf(event, said)
  const visitor = real('visitor', event.visitor)
  const session: Named | undefined = event.session === '' ? undefined : ['session', event.session]
  if (event.bot) return session && event.visitor !== '' ? [claim(['visitor', event.visitor], session, 'bot')] : []
  const browser = [real('ga', event.ga), real('ym', event.ym)].filter(isNamed)
  const owner = [real('user', event.user), phoneOf(event.phone, ''), real('email', event.email)].filter(isNamed)
  const claims: Claim[] = []
  if (visitor && session) claims.push(claim(visitor, session))
  else if (visitor) claims.push(claim(visitor, visitor, 'alone'))
  else if (session) claims.push(claim(session, session, 'alone'))
  // Everybody's visitor id («anonymous») joins nobody, but leads to the events of the sessions it names.
  if (!visitor && session && event.visitor !== '') claims.push(claim(['visitor', event.visitor], session, 'junk'))
  for (const named of [...browser, ...owner]) if (visitor) claims.push(claim(visitor, named))
  // A device that many people use is told apart by its sessions.
  if (event.type === 'form') {
    const claim = claimsOf(event, { ...said, name: nameMark(event.contact_name) })
    const lead: Named = ['lead', event.id]
    const home = session ?? visitor
    if (home) claims.push(claim(home, lead))
    else if (event.visitor !== '') claims.push(claim(['visitor', event.visitor], lead, 'junk'))
    for (const named of owner) claims.push(claim(named, lead))
    if (!home && owner.length === 0) claims.push(claim(lead, lead, 'alone'))
  } else if (session) {
    const claim = claimsOf(event, { ...said, name: togetherMark(owner) })
    for (const named of owner) claims.push(claim(session, named))
  }
  return claims
}

/** What stands for all that one event names with the first of them, be it the first event to do so or not; 0 for one alone. */
function togetherMark(owner: readonly Named[]): number {
  const [first] = owner
  if (!first || owner.length < 2) return 0
  let mark = 0x811c9dc5
  const text = first.join('\n')
  for (let at = 0; at < text.length; at++) mark = Math.imul(mark ^ text.charCodeAt(at), 0x01000193)
  return mark >>> 0 || 1
}

/** The key of the sender whose later piece bears this name; undefined for a sender's own. */
type Bearer = (session: string) => string | undefined

/** What all messages about a call say; `state` is the one that counts. */
export function callClaims(state: Fact<'calls'>, messages: readonly Fact<'calls'>[], bearer: Bearer): Claim[] {
  return messageClaims('call', state, messages, (message) => [
    phoneOf(...clientPhone(message)),
    real('visitor', message.visitor),
    sessionOf(message.session, bearer),
    real('ga', message.ga),
    real('ym', message.ym),
  ])
}

export function leadClaims(state: Fact<'leads'>, messages: readonly Fact<'leads'>[], bearer: Bearer): Claim[] {
  const namesIn = (message: Fact<'leads'>) => [
    phoneOf(message.phone, ''),
    real('email', message.email),
    real('visitor', message.visitor),
    sessionOf(message.session, bearer),
    real('ga', message.ga),
    real('ym', message.ym),
  ]
  return messageClaims('lead', state, messages, namesIn, nameMark(state.name))
}

/**
 * `state` is the deal as all messages together tell it. Its most trusted key says whose it is; the others join as well,
 * but never make one person of two CRM contacts: such a key stands beside the deal as a conflict.
 */
export function dealClaims(state: Fact<'deals'>, messages: readonly Fact<'deals'>[]): Claim[] {
  const trusted = mostTrusted(namesInDeal(state))
  return messageClaims('deal', state, messages, namesInDeal, nameMark(state.contact_name)).map((claim) => ({
    ...claim,
    claimed: ![claim.a_kind, claim.b_kind].some((kind) => kind !== 'deal' && trusted.has(kind)) && !claim.never,
  }))
}

function namesInDeal(message: Fact<'deals'>): (Named | undefined)[] {
  return [
    real('contact', message.contact_id),
    ...message.phones.map((phone) => phoneOf(phone, '')),
    ...message.emails.map((email) => real('email', email)),
    real('visitor', message.visitor),
    real('ga', message.ga),
    real('ym', message.ym),
    real('call', message.call),
    real('lead', message.lead),
  ]
}

/** The keys of a deal, the most trusted first. Phones and emails stand on the contact's card, and are as sure as it. */
const dealTrust: readonly (readonly IdentifierKind[])[] = [
  ['contact', 'phone', 'email'],
  ['lead'],
  ['call'],
  ['phone'],
  ['email'],
  ['visitor'],
  ['ga', 'ym'],
]

function mostTrusted(named: readonly (Named | undefined)[]): ReadonlySet<IdentifierKind> {
  const kinds = new Set(named.filter(isNamed).map(([kind]) => kind))
  const [first] = dealTrust.filter(([kind]) => kinds.has(kind as IdentifierKind))
  return new Set(first)
}

/** The client's end of a call: of the company's own calls the number dialled. */
export function clientPhone(call: Fact<'calls'>): [phone: string, extension: string] {
  return call.direction === 'out' ? [call.to, ''] : [call.from, call.from_extension]
}

/** A phone as an identifier: behind an extension sits somebody else than behind the bare number (RFC 3966 spelling). */
export function phoneOf(phone: string, extension: string): Named | undefined {
  const named = real('phone', phone)
  return named && extension !== '' ? ['phone', `${phone};ext=${extension}`] : named
}

/**
 * A match found by lease: the call belongs to the session, and so to its visitor. `unsure`: too little so to say who the
 * caller is; `probable`: joins, unless both are known apart; `certain`, all but: joins as well where the caller came before.
 */
export function matchClaims(
  call: Fact<'calls'>,
  match: { session: string; visitor: string; sureness: 'unsure' | 'probable' | 'certain' } | undefined,
): Claim[] {
  if (!match) return []
  const claimed = match.sureness !== 'certain'
  const claim = claimsOf(call, { fact: 'match', fact_id: call.id, at: call.at, claimed, name: 0 })
  const named = [real('session', match.session), real('visitor', match.visitor)].filter(isNamed)
  return named.map((one) =>
    claim(['call', call.id], one, match.sureness !== 'unsure' || !holds('unsure_matches') ? undefined : 'unsure'),
  )
}

/**
 * One edge for each identifier that the state names, dated by the first message that named it: a CRM that repeats
 * itself must not make its contact younger.
 */
function messageClaims<Message extends Receipt & { id: string; at: number }>(
  fact: EdgeFact & IdentifierKind,
  state: Message,
  messages: readonly Message[],
  namesIn: (message: Message) => (Named | undefined)[],
  name = 0,
): Claim[] {
  const center: Named = [fact, state.id]
  const firsts = messages.toSorted(compareReceipts)
  const dated = (says: (message: Message) => boolean) => {
    const first = firsts.find(says) ?? state
    return claimsOf(first, { fact, fact_id: state.id, at: first.at, claimed: false, name })
  }
  const named = new Map(
    namesIn(state)
      .filter(isNamed)
      .map((one) => [one.join('\n'), one]),
  )
  if (named.size === 0) return [dated(() => true)(center, center, 'alone')]
  return [...named].map(([key, one]) =>
    dated((message) => namesIn(message).some((other) => other?.join('\n') === key))(center, one),
  )
}

function claimsOf(receipt: Receipt, facts: Pick<Claim, 'fact' | 'fact_id' | 'at' | 'claimed'> & { name: number }) {
  const { received_at, node, segment, row } = receipt
  const { fact, fact_id, at, claimed, name } = facts
  return ([a_kind, a_value]: Named, [b_kind, b_value]: Named, never?: Claim['never']): Claim => {
    // Written out: made of others by `...`, a claim takes ten times as long, and there are several to each event.
    const claim: Claim = {
      a_kind,
      a_value,
      b_kind,
      b_value,
      fact,
      fact_id,
      at,
      claimed,
      received_at,
      node,
      segment,
      row,
    }
    if (name) claim.name = name
    if (never) claim.never = never
    return claim
  }
}

/** A later piece of a session stands for the session it was cut from, or for the visitor. */
function sessionOf(session: string, bearer: Bearer): Named | undefined {
  const key = bearer(session)
  if (key === undefined) return real('session', session)
  return real(key.startsWith('s') ? 'session' : 'visitor', key.slice(2))
}

/** An identifier, unless the value stands for none. */
export function real(kind: IdentifierKind, value: string): Named | undefined {
  return value === '' || (isJunk(kind, value) && holds('junk')) ? undefined : [kind, value]
}

function isNamed(named: Named | undefined): named is Named {
  return named !== undefined
}
