import { areOthers, isFullName, type NameEvidence, tellingWords } from '#domain/full-name.ts'
import { holds } from '../rules.ts'
import { isLive, otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { isEvent, isOfRole } from './surroundings.ts'

/** The names by which a request or a deal speaks of somebody. */
export function namesIn(event: Vertex): Set<number> {
  const names = new Set<number>()
  if (event.kind !== 'lead' && event.kind !== 'deal') return names
  for (const edge of event.edges) if (edge.name !== 0) names.add(edge.name)
  return names
}

function isEvidence(evidence: NameEvidence): boolean {
  return evidence === 'full' || holds('given_names')
}

/** Whether two are known by names, and by none that may be the other's. */
export function haveOtherNames(some: Iterable<number>, others: Iterable<number>, evidence: NameEvidence): boolean {
  if (!isEvidence(evidence)) return false
  const theirs = [...others]
  let isAsked = false
  for (const name of some) {
    isAsked = true
    if (!theirs.every((other) => areOthers(name, other, evidence))) return false
  }
  return isAsked && theirs.length > 0
}

/**
 * Whether two of these are known by names that are those of two people. Each is compared with as many as have a word of it,
 * and not with all, and once for all who have the same words in common with others: of thousands who have a name or a surname
 * in common none need be.
 */
export function anyHaveOtherNames(all: readonly ReadonlySet<number>[], evidence: NameEvidence): boolean {
  if (!isEvidence(evidence)) return false
  const told = all.flatMap((names) => wordsOf(names, evidence) ?? [])
  const bearers = new Map<number, number[]>()
  told.forEach((words, index) => {
    for (const word of words) {
      const known = bearers.get(word)
      if (known) known.push(index)
      else bearers.set(word, [index])
    }
  })
  const alike = new Map<string, readonly number[]>()
  for (const words of told) {
    // What only one of them is called tells nothing of the others.
    const common = [...words].filter((word) => (bearers.get(word) as number[]).length > 1).sort((a, b) => a - b)
    alike.set(common.join(), common)
  }
  for (const words of alike.values()) {
    const others = words.map((word) => bearers.get(word) as number[])
    if (others.some(({ length }) => length === told.length)) continue
    if (words.length === 0 ? told.length > 1 : new Set(others.flat()).size < told.length) return true
  }
  return false
}

/** The telling words of all these names; undefined when there is none, or one that says nothing of who is somebody else. */
function wordsOf(names: ReadonlySet<number>, evidence: NameEvidence): Set<number> | undefined {
  const words = new Set<number>()
  for (const name of names) {
    const telling = tellingWords(name, evidence)
    if (!telling) return undefined
    for (const word of telling) words.add(word)
  }
  return words.size > 0 ? words : undefined
}

/** Whom requests and deals speak of by a name, and what else they are known by there. */
interface Told {
  names: Set<number>
  beside: Set<Vertex>
}

/** Of more requests and deals than this nobody compares the names: other limits say that it is a crowd. */
const TOLD_MAX = 200

/**
 * Whether a phone or an email stands in requests and deals of people who have other full names, and each another phone or
 * email: an agent's, who writes in for clients. Where they met does not matter: it may have been in the agent's browser. Of
 * other given names each has to have another phone: a family's email.
 */
export function standsBesideNames(contact: Vertex): SharedBy | undefined {
  if (contact.kind !== 'phone' && contact.kind !== 'email') return undefined
  const told: Told[] = []
  for (const edge of contact.edges) {
    const event = otherEnd(edge, contact)
    if (!isEvent(event) || !isLive(edge) || event.crowded) continue
    const names = namesIn(event)
    if (names.size === 0) continue
    const beside = contactsIn(event, contact)
    if (beside.size > 0 && told.push({ names, beside }) > TOLD_MAX) return undefined
  }
  const people = told.reduce<Told[]>(together, [])
  const areTwo = people.some((one, index) => people.slice(index + 1).some((other) => areOthersApart(one, other)))
  return areTwo || haveOtherPhones(told) ? { rule: 'names', max: 1 } : undefined
}

function areOthersApart(one: Told, other: Told): boolean {
  return (
    haveOtherNames(one.names, other.names, 'full') &&
    hasMore(one.beside, other.beside) &&
    hasMore(other.beside, one.beside)
  )
}

/** Whether two of the phones beside are those of people with other given names. One given under two names tells nothing. */
function haveOtherPhones(told: readonly Told[]): boolean {
  const bearers = new Map<Vertex, Set<number>>()
  for (const { names, beside } of told) {
    for (const contact of beside) {
      if (contact.kind !== 'phone') continue
      const known = bearers.get(contact)
      if (!known) bearers.set(contact, new Set(names))
      else for (const name of names) known.add(name)
    }
  }
  return anyHaveOtherNames([...bearers.values()], 'given')
}

function hasMore<Item>(some: ReadonlySet<Item>, others: ReadonlySet<Item>): boolean {
  for (const item of some) if (!others.has(item)) return true
  return false
}

function contactsIn(event: Vertex, but: Vertex): Set<Vertex> {
  const found = new Set<Vertex>()
  for (const edge of event.edges) {
    const other = otherEnd(edge, event)
    const isContact = other.kind === 'phone' || (other.kind === 'email' && !isOfRole(other))
    if (isContact && other !== but && isLive(edge)) found.add(other)
  }
  return found
}

/** Taken for one with whoever bears the same full name. */
function together(people: readonly Told[], { names, beside }: Told): Told[] {
  const told = { names: new Set(names), beside: new Set(beside) }
  const apart: Told[] = []
  for (const one of people) {
    if (![...one.names].some((name) => isFullName(name) && told.names.has(name))) apart.push(one)
    else {
      for (const name of one.names) told.names.add(name)
      for (const other of one.beside) told.beside.add(other)
    }
  }
  return [...apart, told]
}
