import { type IdentifierKind, identifierKinds } from '#domain/identifier.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { compareText, type Receipt } from '../receipt.ts'

/** What says that two identifiers belong together; `match`: a lease gave the call; `same`: two leads are one request. */
export const edgeFacts = ['event', 'call', 'lead', 'deal', 'match', 'same', 'annotation'] as const

export type EdgeFact = (typeof edgeFacts)[number]

/**
 * Why an edge joins or does not: `joined`; `shared` (an end joins too many others); `blocked` (an end is the company's
 * own); `staff` (what an employee's browser says of clients); `two_contacts` (a browser's claim or a lease would make one person of two CRM contacts); `two_people` (a lease or
 * a phone would make one person of two who are each known by themselves); `person_full` (the person would hold more than one does); `split`
 * (somebody said that these are not one person); `overruled` (a merge by hand that a newer split contradicts); `unsure` (a
 * match kept as a link between events); `alone` (the fact names one identifier only, the edge leads back to it); `apart`
 * and `apart_overruled` (a split by hand, in force or contradicted by a newer merge); `bot` and `junk` (known so that a
 * session's events are found by all visitors it names, and no identifiers at all).
 */
export type EdgeReason = (typeof edgeReasons)[number]

/** Why two persons are not joined by an edge that could. */
export type HeldReason = (typeof reasonsHeld)[number]

const reasonsHeld = ['two_contacts', 'two_people', 'person_full', 'split'] as const
const reasonsNever = ['unsure', 'alone', 'apart', 'apart_overruled', 'bot', 'junk'] as const

export const edgeReasons = [
  'joined',
  'shared',
  'blocked',
  'staff',
  'overruled',
  ...reasonsHeld,
  ...reasonsNever,
] as const

export const neverReasons: ReadonlySet<string> = new Set(reasonsNever)

/** What a fact says about two identifiers, before it is known whether it joins them. */
export interface Claim extends Omit<Receipt, 'table'> {
  a_kind: IdentifierKind
  a_value: string
  b_kind: IdentifierKind
  b_value: string
  fact: EdgeFact
  fact_id: string
  at: number
  /** A browser says so; of a key of a deal: others outrank it; of a match: it is probable, and not all but certain. */
  claimed: boolean
  /**
   * By which full name a request or a deal speaks of them (`nameMark`); of what an event names in a visit, a mark of what it
   * was named with. 0 or left out: by none.
   */
  name?: number
  /** Set when the edge can never join persons, whatever the rest of the graph says. */
  never?: (typeof reasonsNever)[number]
}

/** By which rule an identifier is shared, and the most that rule allows. */
export interface SharedBy {
  rule: SharedRule
  max: number
}

/**
 * Too many others of a kind; too many facts (`uses`); a firm's email (`role`); deals of too many clients (`clients`); requests of people with other names (`names`); too many people who have nothing else in common (`strangers`), or
 * within a week (`strangers_in_week`); of a visit: who left their names in it (`several_people`; `several_told`: of whom not
 * its browser tells, but somebody's server), of its browser: such visits
 * (`visits_of_several`), and of a counter's id: a browser that is shared (`shared_browser`).
 */
export type SharedRule =
  | IdentifierKind
  | 'uses'
  | 'role'
  | 'clients'
  | 'names'
  | 'several_people'
  | 'several_told'
  | MeetingRule

type MeetingRule = 'strangers' | 'strangers_in_week' | 'visits_of_several' | 'shared_browser'

const meetingRules: ReadonlySet<SharedRule> = new Set<MeetingRule>([
  ...(['strangers', 'strangers_in_week', 'visits_of_several', 'shared_browser'] as const),
])

/** Whether what is shared by this rule is a wall by its own counts, and nothing is looked for behind it. */
export function isCrowd({ rule }: SharedBy): boolean {
  return !meetingRules.has(rule)
}

/** An identifier with all that touches it. */
export interface Vertex {
  readonly kind: IdentifierKind
  readonly value: string
  readonly edges: Edge[]
  /** Its edges of one fact, or all, one at a time: for whoever needs a few of what may be a hub's. */
  edgesOf(fact?: EdgeFact): Iterable<Edge>
  /** The same as to ask how many `edges` there are, without a look at each. */
  hasMoreEdgesThan(max: number): boolean
  /** The edge of the fact that named it first, kept by the graph; undefined when none names it. */
  earliest: Edge | undefined
  blocked: boolean
  /** An employee's browser, or a visit made with it. */
  isStaff: boolean
  /** A wall by its own counts alone: nothing is looked for behind it. */
  crowded: SharedBy | undefined
  /** Whether there may be several people around it. */
  isMeeting: boolean
  /** Read from the tables, which say what is shared and not why: nobody has looked around it since. */
  unseen: boolean
  /** Set when it joins too many others, and so joins nobody. */
  shared: SharedBy | undefined
  /** What `identities` says of that. */
  told: SharedBy | undefined
  /** Whether all its edges are known not to join, so that only new ones need a look. */
  idle: boolean
  /** Whether the table `identities` has it. */
  listed: boolean
  person: string
  /** The edge that ties it to its person's founder; undefined for the founder. */
  because: Edge | undefined
  /** What `identities` says of the fact that named it first. */
  first: Edge | undefined
  candidates: readonly string[]
}

export interface Edge {
  readonly a: Vertex
  readonly b: Vertex
  readonly fact: EdgeFact
  readonly fact_id: string
  readonly at: number
  readonly received_at: number
  readonly node: string
  readonly segment: number
  readonly row: number
  readonly claimed: boolean
  /** Of a request or a deal: the full name in it (`nameMark`), 0 without; of a name in a visit: with which it was given. */
  readonly name: number
  /** False: kept as a link or as knowledge, never joins. */
  readonly candidate: boolean
  joins: boolean
  reason: EdgeReason
}

const kindRank = new Map<IdentifierKind, number>(identifierKinds.map((kind, index) => [kind, index]))

export function compareKinds(a: IdentifierKind, b: IdentifierKind): number {
  return (kindRank.get(a) as number) - (kindRank.get(b) as number)
}

const factTable: Record<EdgeFact, FactTable> = {
  event: 'events',
  call: 'calls',
  lead: 'leads',
  deal: 'deals',
  match: 'calls',
  same: 'leads',
  annotation: 'annotations',
}

/** By receipt; within one fact what happened in a session comes before what the fact says of phones and emails. */
export function compareEdges(x: Edge, y: Edge): number {
  return (
    compareEdgeReceipts(x, y) ||
    eventLinkFirst(x) - eventLinkFirst(y) ||
    dealTrust(x) - dealTrust(y) ||
    compareKinds(x.a.kind, y.a.kind) ||
    compareText(x.a.value, y.a.value) ||
    compareKinds(x.b.kind, y.b.kind) ||
    compareText(x.b.value, y.b.value) ||
    compareText(x.fact_id, y.fact_id)
  )
}

/** By receipt alone: `(received_at, node, table, segment, row)`. */
export function compareEdgeReceipts(x: Omit<Edge, 'a' | 'b'>, y: Omit<Edge, 'a' | 'b'>): number {
  return (
    x.received_at - y.received_at ||
    compareText(x.node, y.node) ||
    compareText(factTable[x.fact], factTable[y.fact]) ||
    x.segment - y.segment ||
    x.row - y.row ||
    compareText(x.fact, y.fact)
  )
}

/** The end of an edge that is not this one. */
export function otherEnd(edge: Edge, vertex: Vertex): Vertex {
  return edge.a === vertex ? edge.b : edge.a
}

/** Whether the edge could join two persons if nothing shared stood in between. */
export function isLive(edge: Edge): boolean {
  return edge.candidate && !edge.a.blocked && !edge.b.blocked && !isOfStaff(edge)
}

/** Whether an employee's browser or visit says something of somebody else with it. */
export function isOfStaff({ a, b, fact }: Edge): boolean {
  return (a.isStaff || b.isStaff) && fact !== 'annotation' && !(deviceSide.has(a.kind) && deviceSide.has(b.kind))
}

const deviceSide: ReadonlySet<IdentifierKind> = new Set(['visitor', 'ga', 'ym', 'session'])

/** Whether the edge makes its ends identifiers. What is said by hand is about identifiers that other facts name. */
export function names(edge: Edge): boolean {
  return edge.reason !== 'bot' && edge.reason !== 'junk' && edge.fact !== 'annotation'
}

const trustRank = ['contact', 'lead', 'call', 'phone', 'email', 'visitor', 'ga', 'ym']

/** Of what one deal names the most trusted first, so that of two that contradict each other it is the one that joins. */
function dealTrust(edge: Edge): number {
  return edge.fact === 'deal' ? trustRank.indexOf((edge.a.kind === 'deal' ? edge.b : edge.a).kind) : 0
}

function eventLinkFirst(edge: Edge): number {
  const browserSide = edge.a.kind === 'visitor' || edge.a.kind === 'session'
  const eventSide = edge.b.kind === 'session' || edge.b.kind === 'lead' || edge.b.kind === 'call'
  return browserSide && eventSide ? 0 : 1
}
