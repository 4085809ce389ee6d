import { type IdentifierKind, identifierKinds } from '#domain/identifier.ts'
import { isPlaceLine } from '#domain/phone.ts'
import { holds } from '../rules.ts'
import { standsBesideClients } from './clients-beside.ts'
import { type Edge, otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { isHub, joinsMax, namesMax, placeLineStrangersMax, strangersMax, usesMax } from './limits.ts'
import { anyHaveOtherNames, haveOtherNames, standsBesideNames } from './names-beside.ts'
import { type Party, partiesAround } from './parties.ts'
import { isVisitOfSeveral } from './people-in-visit.ts'
import { isDevice, isOfRole, ownersAround, passes } from './surroundings.ts'

/** Whether an event names too many to belong to one person: a CRM's test call, a copied session id, a showroom's visit. */
export function namesTooMany(vertex: Vertex): SharedBy | undefined {
  if (!holds('crowded_events')) return undefined
  const uses = usesMax[vertex.kind]
  if (uses !== undefined && isHub(vertex)) return { rule: 'uses', max: uses }
  const named = new Set<Vertex>()
  for (const edge of vertex.edges) if (passes(edge)) named.add(otherEnd(edge, vertex))
  const exceeded = firstExceeded(named, namesMax[vertex.kind])
  return exceeded ?? (vertex.kind === 'session' ? isVisitOfSeveral(vertex) : undefined)
}

/** What is around an identifier, counted through the events between. */
export interface Surroundings {
  /** Set when it joins too many others. */
  crowded: SharedBy | undefined
  /** Whether there may be several people around it. */
  isMeeting: boolean
}

/**
 * Whether an identifier joins too many others. Only its surroundings decide, never what has been joined so far, so that
 * the answer does not depend on the order of facts.
 */
export function surroundingsOf(vertex: Vertex): Surroundings {
  const limits = joinsMax[vertex.kind]
  const uses = usesMax[vertex.kind]
  if (!limits) return { crowded: undefined, isMeeting: false }
  if (uses !== undefined && isHub(vertex)) return { crowded: { rule: 'uses', max: uses }, isMeeting: true }
  // Whoever is on duty answers, and writes in with it for themselves.
  if (isOfRole(vertex) && holds('shared')) return { crowded: { rule: 'role', max: 0 }, isMeeting: false }
  const around = [...ownersAround(vertex)]
  const others = isDevice(vertex) ? around.filter((other) => !isDevice(other)).length : around.length
  const crowded = holds('shared')
    ? (firstExceeded(around, limits) ?? standsBesideClients(vertex) ?? standsBesideNames(vertex))
    : undefined
  return { crowded, isMeeting: others > 1 }
}

/** Whether a counter gave it to a browser: Google's, or Metrica's. */
export function isCounter({ kind }: Vertex): boolean {
  return kind === 'ga' || kind === 'ym'
}

/**
 * Whether the browser is shared that has this counter's id. A card of the CRM names a counter's id without the browser, and
 * who wrote in on a shared one would be everybody else who did.
 */
export function browserShared(counter: Vertex): SharedBy | undefined {
  if (!holds('shared')) return undefined
  for (const edge of counter.edges) {
    const { kind, shared } = otherEnd(edge, counter)
    if (kind === 'visitor' && shared && edge.fact === 'event' && passes(edge)) return { rule: 'shared_browser', max: 0 }
  }
  return undefined
}

const everyKind: ReadonlySet<IdentifierKind> = new Set(identifierKinds)

/** A card of the CRM may be made for a phone, and so for all who use it: it cannot say that they are one. */
const ownKinds: ReadonlySet<IdentifierKind> = new Set(['visitor', 'ga', 'ym', 'user', 'email'])

const tellingKinds = ['contact', 'user', 'email'] as const

const namingKinds = [...tellingKinds, 'phone'] as const

/** Whether too many people meet in an identifier who have nothing else in common. Walls are those of `surroundingsOf`. */
export function joinsStrangers(vertex: Vertex): SharedBy | undefined {
  const limits = isLineOfPlace(vertex) ? placeLineStrangersMax : strangersMax[vertex.kind]
  if (!limits || vertex.crowded || !holds('strangers')) return undefined
  // What was sent in the visit may name it alone, so that nobody meets in the browser itself.
  if (hasVisitOfSeveral(vertex)) return { rule: 'visits_of_several', max: 0 }
  if (!vertex.isMeeting) return undefined
  const parties = partiesAround(vertex, everyKind)
  if (limits.known_at_all !== undefined && parties.filter(isKnown).length > limits.known_at_all) {
    return { rule: 'strangers', max: limits.known_at_all }
  }
  if (limits.known !== undefined && knownApart(parties) > limits.known) return { rule: 'strangers', max: limits.known }
  if (limits.named !== undefined && namedApart(parties) > limits.named) return { rule: 'strangers', max: limits.named }
  if (limits.settled !== undefined && parties.filter(isSettled).length > limits.settled) {
    return { rule: 'strangers', max: limits.settled }
  }
  if (limits.somebody !== undefined && meetsSomebodies(vertex, parties) > limits.somebody) {
    return { rule: 'strangers', max: limits.somebody }
  }
  if (limits.ever === undefined) return undefined
  const begun = partiesAround(vertex, ownKinds).map(({ since }) => since)
  if (begun.length > limits.ever) return { rule: 'strangers', max: limits.ever }
  begun.sort((a, b) => a - b)
  const { in_period, period_ms } = limits
  const isCrowd = begun.some((at, index) => (begun[index + in_period] ?? Infinity) - at <= period_ms)
  return isCrowd ? { rule: 'strangers_in_week', max: in_period } : undefined
}

/**
 * Whether several left their names in one visit of a browser: then it is none of theirs. A visit that several browsers name
 * says nothing of either: its id was copied.
 */
function hasVisitOfSeveral(browser: Vertex): boolean {
  if (browser.kind !== 'visitor') return false
  return browser.edges.some((edge) => {
    const visit = otherEnd(edge, browser)
    return visit.crowded?.rule === 'several_people' && passes(edge) && isOnlyIn(visit, browser)
  })
}

function isOnlyIn(visit: Vertex, browser: Vertex): boolean {
  return visit.edges.every((edge) => {
    const other = otherEnd(edge, visit)
    return other.kind !== 'visitor' || other === browser || !passes(edge)
  })
}

/** Whether it is a visit in which several people left their names, as its browser says or somebody's server. */
export function isOfSeveral({ crowded }: Vertex): boolean {
  return crowded?.rule === 'several_people' || crowded?.rule === 'several_told'
}

/**
 * How many parties are known by two kinds of things each. None is who is there by the lease of a call alone: somebody else may
 * have kept the number.
 */
function meetsSomebodies(vertex: Vertex, parties: readonly Party[]): number {
  const most = parties.filter(isSomebody).length
  if (most < 2) return most
  return Math.min(most, partiesAround(vertex, everyKind, isNoMatch).filter(isSomebody).length)
}

function isNoMatch(edge: Edge): boolean {
  return edge.fact !== 'match' && passes(edge)
}

function isLineOfPlace({ kind, value }: Vertex): boolean {
  return kind === 'phone' && isPlaceLine(value)
}

/**
 * Whether people are known in a browser by full names that are not one person's, each by something of their own, or by given
 * names, each by a phone.
 */
function namedApart(parties: readonly Party[]): number {
  const known = parties.filter(({ kinds }) => namingKinds.some((kind) => kinds.has(kind)))
  const namesOf = (some: readonly Party[]) => some.map(({ names }) => names)
  if (anyHaveOtherNames(namesOf(known), 'full')) return 2
  return anyHaveOtherNames(namesOf(known.filter(({ kinds }) => kinds.has('phone'))), 'given') ? 2 : 1
}

/**
 * How many parties are known by something of one kind each. One that the CRM speaks of and one that only a browser claims
 * are no proof: the claim may be somebody else's, and does not take the phone from whose it is. Nor are two emails of whom
 * nothing says that they are two people's: one at home and one at work are ordinary.
 */
function knownApart(parties: readonly Party[]): number {
  let most = 0
  for (const kind of tellingKinds) {
    const known = parties.filter(({ kinds }) => kinds.has(kind))
    for (const alike of [known.filter(({ isSaid }) => isSaid), known.filter(({ isSaid }) => !isSaid)]) {
      const [one, other] = alike
      const areOthers = (['full', 'given'] as const).some((evidence) =>
        haveOtherNames(one?.names ?? [], other?.names ?? [], evidence),
      )
      const mayBeOne = kind === 'email' && alike.length === 2 && !areOthers
      most = Math.max(most, mayBeOne ? 1 : alike.length)
    }
  }
  return most
}

/** Whether a party has a browser of its own, and is known by something that no browser makes. */
function isSettled({ kinds }: Party): boolean {
  return kinds.has('visitor') && (kinds.has('phone') || tellingKinds.some((kind) => kinds.has(kind)))
}

/** Whether a party is known by two kinds of things: by one alone somebody has two of easily, or makes a slip in it. */
function isSomebody({ kinds }: Party): boolean {
  return namingKinds.filter((kind) => kinds.has(kind)).length > 1
}

function isKnown({ kinds }: Party): boolean {
  return tellingKinds.some((kind) => kinds.has(kind))
}

/** The first limit, in the order they are written down, that these identifiers exceed. */
function firstExceeded(
  vertices: Iterable<Vertex>,
  limits: Partial<Record<IdentifierKind, number>> | undefined,
): SharedBy | undefined {
  if (!limits) return undefined
  const counts = new Map<IdentifierKind, number>()
  for (const { kind } of vertices) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  for (const [rule, max] of Object.entries(limits) as [IdentifierKind, number][]) {
    if ((counts.get(rule) ?? 0) > max) return { rule, max }
  }
  return undefined
}
