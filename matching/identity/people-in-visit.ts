import { isFullName } from '#domain/full-name.ts'
import type { IdentifierKind } from '#domain/identifier.ts'
import { cardOf } from './card-of.ts'
import { otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { isHub, VISIT_MS, visitMax } from './limits.ts'
import { anyHaveOtherNames, namesIn } from './names-beside.ts'
import { isOfRole, passes } from './surroundings.ts'

/** What somebody is known by, whatever browser it is given in. */
const namingKinds: ReadonlySet<IdentifierKind> = new Set(['user', 'phone', 'email'])

/** What somebody is known by that was given together, in one request or by one event, when, and with which full names. */
interface Given {
  at: number
  names: Vertex[]
  full: ReadonlySet<number>
  /** Stands for what an event gave it with, whichever event was the first to give that. */
  marks: ReadonlySet<number>
  /** By an event of the browser, and not only told of the visit by somebody's server. */
  isSent: boolean
}

/** What stands for a person among the parties of a visit. */
type Who = Party | Vertex

/** All names that are one party: given together, or each with one that was. */
type Party = Vertex[]

/**
 * Whether several people left their names in one visit: a showroom's tablet on which one after the other writes in goes
 * on with its visit for as long as it is never silent. Names that were given together are one party, and so are all that
 * have one of them, a full name, or a card of the CRM in common; parties are counted by what they are known by, since one person may sign in and then write
 * in by phone. Only what was given in the visit itself counts, the browsers that a phone or an email was given in, and cards, so
 * that the answer needs nothing that is decided later: the caller of a call that a lease gives to the visit is not given in
 * it. A sender's session that is never cut is as many visits as it has days. A server may name a visit that is long over
 * (`several_told`): what it tells says nothing of the browser.
 */
export function isVisitOfSeveral(visit: Vertex): SharedBy | undefined {
  const given = givenIn(visit)
  if (given.length <= Math.min(...Object.values(visitMax))) return undefined
  const partyOf = partiesOf(given)
  const browsers = new Set(ofKind(visit, 'visitor'))
  const sent = given.filter(({ isSent }) => isSent)
  const sent_max = severalIn(sent, partyOf, browsers)
  if (sent_max !== undefined) return { rule: 'several_people', max: sent_max }
  const max = sent.length < given.length ? severalIn(given, partyOf, browsers) : undefined
  return max === undefined ? undefined : { rule: 'several_told', max }
}

/** The limit that people exceed who gave this; undefined when they may be one person. `browsers` are those of the visit. */
function severalIn(
  given: readonly Given[],
  partyOf: (names: readonly Vertex[]) => Party,
  browsers: ReadonlySet<Vertex>,
): number | undefined {
  const inOrder = given.toSorted((x, y) => x.at - y.at).map(({ at, names }) => ({ at, party: partyOf(names) }))
  const parties = [...new Set(inOrder.map(({ party }) => party))]
  for (const evidence of evidences) {
    const max = visitMax[evidence]
    if (parties.length <= max) continue
    const isKnown =
      evidence === 'named' ? isOneOfOthers(given, partyOf) : (party: Party) => isKnownBy(party, evidence, browsers)
    const known = parties.filter(isKnown)
    if (known.length <= max) continue
    const people: ReadonlyMap<Party, Who> =
      evidence === 'settled' ? byBrowserElsewhere(known, browsers) : new Map(known.map((one) => [one, one]))
    if (mostAtOnce(inOrder, people) > max) return max
  }
  return undefined
}

type Evidence = keyof typeof visitMax
const evidences = Object.keys(visitMax) as Evidence[]

/** Says who is known by a full name, where there are some that are not one person's. */
function isOneOfOthers(
  given: readonly Given[],
  partyOf: (names: readonly Vertex[]) => Party,
): (party: Party) => boolean {
  const full = new Map<Party, Set<number>>()
  for (const one of given) {
    const party = partyOf(one.names)
    const known = full.get(party)
    if (!known) full.set(party, new Set(one.full))
    else for (const name of one.full) known.add(name)
  }
  const withPhone = [...full].filter(([party]) => party.some(({ kind }) => kind === 'phone')).map(([, names]) => names)
  const areOthers = anyHaveOtherNames([...full.values()], 'full') || anyHaveOtherNames(withPhone, 'given')
  return (party) => areOthers && (full.get(party)?.size ?? 0) > 0
}

/** `browsers` are those of the visit. */
function isKnownBy(party: Party, evidence: Exclude<Evidence, 'named'>, browsers: ReadonlySet<Vertex>): boolean {
  const has = (wanted: IdentifierKind) => party.some(({ kind }) => kind === wanted)
  if (evidence !== 'both' && evidence !== 'settled') return has(evidence)
  return (
    has('phone') && has('email') && (evidence === 'both' || browsersElsewhere(party, browsers).next().done !== true)
  )
}

/** The other browsers in which a phone or an email of somebody was given. */
function* browsersElsewhere(party: Party, browsers: ReadonlySet<Vertex>): Generator<Vertex> {
  for (const name of party) {
    if (name.kind === 'user' || isHub(name)) continue
    for (const edge of name.edges) {
      const other = otherEnd(edge, name)
      if (other.kind === 'visitor' && passes(edge) && !browsers.has(other)) yield other
    }
  }
}

/**
 * Who each party is: one person for all who were seen in the same other browser. Somebody with two phones and two emails
 * whose cookie was replaced leaves them all in each browser.
 */
function byBrowserElsewhere(parties: readonly Party[], browsers: ReadonlySet<Vertex>): Map<Party, Vertex> {
  const { find, join } = openUnion()
  for (const party of parties) {
    for (const browser of browsersElsewhere(party, browsers)) join(party[0] as Vertex, browser)
  }
  return new Map(parties.map((party) => [party, find(party[0] as Vertex)]))
}

/** The most of these people that were there within as long as a visit may last; `people` says of a party who it is. */
function mostAtOnce(inOrder: readonly { at: number; party: Party }[], people: ReadonlyMap<Party, Who>): number {
  const present = new Map<Who, number>()
  let most = 0
  let gone = 0
  for (const { at, party } of inOrder) {
    for (let first = inOrder[gone]; first && at - first.at > VISIT_MS; first = inOrder[++gone]) {
      const who = people.get(first.party)
      const left = who ? (present.get(who) ?? 0) - 1 : 0
      if (who && left > 0) present.set(who, left)
      else if (who) present.delete(who)
    }
    const who = people.get(party)
    if (who) present.set(who, (present.get(who) ?? 0) + 1)
    most = Math.max(most, present.size)
  }
  return most
}

/** Union-find: of a visit with thousands of requests each is looked at once. */
function openUnion() {
  const parents = new Map<Vertex, Vertex>()
  const find = (one: Vertex): Vertex => {
    let at = one
    for (let up = parents.get(at); up && up !== at; up = parents.get(at)) {
      parents.set(at, parents.get(up) ?? up)
      at = up
    }
    return at
  }
  const join = (one: Vertex, other: Vertex): void => {
    parents.set(find(one), find(other))
  }
  return { find, join }
}

/** The party of each request: names that were given together are one, and so are all of one full name, or one card. */
function partiesOf(given: readonly Given[]): (names: readonly Vertex[]) => Party {
  const { find, join } = openUnion()
  const bearers = { full: new Map<number, Vertex>(), marks: new Map<number, Vertex>() }
  for (const one of given) {
    const first = one.names[0] as Vertex
    for (const name of one.names) join(name, first)
    for (const by of ['full', 'marks'] as const) {
      for (const key of one[by]) {
        if (by === 'full' && !isFullName(key)) continue
        join(bearers[by].get(key) ?? first, first)
        bearers[by].set(key, first)
      }
    }
  }
  const all = new Set(given.flatMap(({ names }) => names))
  for (const name of all) join(cardOf(name) ?? name, name)
  const parties = new Map<Vertex, Party>()
  for (const name of all) {
    const party = parties.get(find(name))
    if (party) party.push(name)
    else parties.set(find(name), [name])
  }
  return (names) => parties.get(find(names[0] as Vertex)) as Party
}

/** The names of each request that was made in the visit, and those that each of its events gave without one. */
function givenIn(visit: Vertex): Given[] {
  const requests: Given[] = []
  const events = new Map<string, { at: number; names: Vertex[]; marks: Set<number> }>()
  for (const edge of visit.edges) {
    if (!passes(edge) || edge.fact === 'match') continue
    const other = otherEnd(edge, visit)
    const isSent = edge.fact === 'event'
    if (other.kind === 'lead') {
      const all = [other, ...sameRequests(other)]
      const names = all.flatMap(namesOf)
      const full = new Set(all.flatMap((one) => [...namesIn(one)]))
      if (names.length > 0) requests.push({ at: edge.at, names, full, marks: none, isSent })
    } else if (namingKinds.has(other.kind) && !isOfRole(other)) {
      // Nothing but an event names it right beside the visit.
      const known = events.get(edge.fact_id) ?? { at: edge.at, names: [], marks: new Set() }
      known.names.push(other)
      if (edge.name !== 0) known.marks.add(edge.name)
      events.set(edge.fact_id, known)
    }
  }
  return [...requests, ...[...events.values()].map((one) => ({ ...one, full: none, isSent: true }))]
}

const none: ReadonlySet<number> = new Set()

function namesOf(request: Vertex): Vertex[] {
  return request.edges
    .filter(passes)
    .map((edge) => otherEnd(edge, request))
    .filter((name) => namingKinds.has(name.kind) && !isOfRole(name))
}

/** The same request under other ids: the webhook's copy of a form. */
export function* sameRequests(request: Vertex): Generator<Vertex> {
  for (const edge of request.edgesOf('same')) if (passes(edge)) yield otherEnd(edge, request)
}

export function* ofKind(vertex: Vertex, kind: IdentifierKind): Generator<Vertex> {
  for (const edge of vertex.edges) {
    const other = otherEnd(edge, vertex)
    if (other.kind === kind) yield other
  }
}
