import { isFullName } from '#domain/full-name.ts'
import type { IdentifierKind } from '#domain/identifier.ts'
import { holds } from '../rules.ts'
import { type Clusters, type Member, openClusters } from './clusters.ts'
import type { HeldReason } from './edge.ts'
import { haveOtherNames } from './names-beside.ts'
import { type Hand, type StandingHands, standingHands } from './standing-hands.ts'

/** How far an edge is believed, the firmest first. */
const trusts = ['hand', 'said', 'claimed', 'claimed_by_phone', 'noted', 'matched_surely', 'matched'] as const

/**
 * `hand`: somebody said so by hand; `said`: a request, a provider or the CRM; `claimed`: a browser, whoever passes it on; `claimed_by_phone`: a
 * browser, by what people share most; `noted`: the CRM, of a phone that by its name is somebody else's; `matched_surely`, `matched`: a call was given to a session by its lease, all but
 * certainly or just probably.
 */
export type Trust = (typeof trusts)[number]

/** An edge between two members of a group, by their places in it. */
export interface Link {
  a: number
  b: number
  trust: Trust
}

export interface Resolved {
  /** For each member the number of its person; numbers are those of one member each. */
  persons: number[]
  /** For each link what holds it back; undefined when it joins. */
  held: (HeldReason | undefined)[]
  hands: StandingHands
}

/**
 * Says who is one person in a group of identifiers. Links come in the order of receipt; those believed most are taken
 * first, so that the answer depends on the set of links and never on when they became known.
 */
export function resolve(members: readonly Member[], links: readonly Link[], hands: readonly Hand[] = []): Resolved {
  const standing = standingHands(hands, (some) => joinAll(members, links, some).clusters.find)
  const { clusters, held } = joinAll(members, links, standing)
  return { persons: members.map((_, index) => clusters.find(index)), held, hands: standing }
}

function joinAll(
  members: readonly Member[],
  links: readonly Link[],
  hands: StandingHands,
): { clusters: Clusters; held: (HeldReason | undefined)[] } {
  const clusters = openClusters(members)
  for (const { a, b } of hands.merges) clusters.join(clusters.find(a), clusters.find(b))
  for (const { a, b } of hands.splits) clusters.keepApart(clusters.find(a), clusters.find(b))
  const held: (HeldReason | undefined)[] = links.map(() => undefined)
  for (const trust of trusts) {
    if (trust === 'hand') continue
    links.forEach((link, index) => {
      if (link.trust !== trust) return
      const [a, b] = [clusters.find(link.a), clusters.find(link.b)]
      if (a === b) return
      held[index] = heldBy(clusters, a, b, trust)
      if (held[index] !== undefined) return
      clusters.join(a, b)
      if (isMatch(trust)) clusters.match(clusters.find(a))
    })
  }
  return { clusters, held }
}

/** What keeps two clusters from being joined by a link that is believed so far. */
function heldBy(clusters: Clusters, a: number, b: number, trust: Trust): HeldReason | undefined {
  if (clusters.areApart(a, b)) return 'split'
  const both = (kind: IdentifierKind) => clusters.count(a, kind) > 0 && clusters.count(b, kind) > 0
  const isNamesake = bearOneName(clusters, a, b)
  if (trust !== 'said' && both('contact') && !isNamesake && holds('two_contacts')) return 'two_contacts'
  if (trust !== 'said' && both('user') && holds('two_people')) return 'two_people'
  if (isMatch(trust) && isSomebodyElse(clusters, a, b, trust) && holds('two_people')) return 'two_people'
  if (trust === 'noted' && areNamedApart(clusters, a, b) && holds('two_people')) return 'two_people'
  if (trust === 'claimed_by_phone' && !isNamesake && holds('two_people')) {
    if (areNamedApart(clusters, a, b) || (both('email') && both('visitor'))) return 'two_people'
  }
  return clusters.isTooMuch(a, b) && holds('person_full') ? 'person_full' : undefined
}

/** Whether requests and deals speak of both by one full name. */
function bearOneName(clusters: Clusters, a: number, b: number): boolean {
  const [ours, theirs] = [clusters.names(a), clusters.names(b)]
  const [few, many] = ours.size < theirs.size ? [ours, theirs] : [theirs, ours]
  for (const name of few) if (isFullName(name) && many.has(name)) return true
  return false
}

/** Whether they speak of two people: by full names, or by given names where each has a phone. */
function areNamedApart(clusters: Clusters, a: number, b: number): boolean {
  const [ours, theirs] = [clusters.names(a), clusters.names(b)]
  if (haveOtherNames(ours, theirs, 'full')) return true
  const haveBothPhones = clusters.count(a, 'phone') > 0 && clusters.count(b, 'phone') > 0
  return haveBothPhones && haveOtherNames(ours, theirs, 'given')
}

function isMatch(trust: Trust): boolean {
  return trust === 'matched' || trust === 'matched_surely'
}

/**
 * Whether a call that a lease gives to a visit was probably made by somebody who had kept the number: whoever called from
 * another visit before (unless the match is all but certain), or is known by something else and is not the one whom the visit
 * is known by. `caller` is the end of the call, since kinds have an order and visits come before calls.
 */
function isSomebodyElse(clusters: Clusters, visitor: number, caller: number, trust: Trust): boolean {
  const both = (kind: IdentifierKind) => clusters.count(visitor, kind) > 0 && clusters.count(caller, kind) > 0
  if (bearOneName(clusters, visitor, caller)) return false
  if (both('email') || areNamedApart(clusters, visitor, caller)) return true
  const hasCalled = clusters.isMatched(visitor) || clusters.isMatched(caller)
  if (trust === 'matched' && hasCalled && both('visitor')) return true
  return both('phone') && (['contact', 'email', 'visitor'] as const).some((kind) => clusters.count(caller, kind) > 0)
}
