import type { Truth } from '../world/truth.ts'
import { bCubed, type Judged, mixedClusters, pairwise, type Quality } from './clusters.ts'

/** An identifier as the history has it. */
export interface Identity {
  kind: string
  value: string
  /** Empty: joins nobody. */
  person: string
  shared: number
}

export interface PeopleQuality {
  identifiers: number
  pairwise: Quality
  bCubed: Quality
  /** What an oracle reaches that joins all that facts name together of one person, and nothing else. */
  best: { pairwise: Quality; bCubed: Quality }
  /** True people in the most mixed cluster, everything counted that they did; 1 when none is mixed. */
  largestMixed: number
  mixedClusters: number
  /** Of the identifiers that several people truly use, how many join nobody. */
  sharedFound: { right: number; of: number }
  /** Identifiers of one person alone that are taken for shared. */
  wronglyShared: number
}

/** Names of people and browsers: the others (visits, calls, requests, deals) are what they did. */
const personKinds = new Set(['visitor', 'ga', 'ym', 'user', 'phone', 'email', 'contact'])

/**
 * Compares who the history says is one person with who is. Judged are identifiers that one person alone truly uses; those
 * of several people (an office's phone, a tablet of all) are nobody's, and so no item: they do harm by what they join,
 * which the others show. One that the history does not have, or gives nobody, stands for itself.
 */
export function judgePeople(truth: Truth, identities: Iterable<Identity>): PeopleQuality {
  const answers = new Map<number, number>()
  const persons = new Map<string, number>()
  const sharedFound = { right: 0, of: 0 }
  let wronglyShared = 0
  for (const { kind, value, person, shared } of identities) {
    const number = truth.numbers.get(`${kind}\n${value}`)
    if (number === undefined) continue
    if (shared === 1 && truth.ownerOf(number) !== undefined) wronglyShared += 1
    if (person !== '') answers.set(number, label(persons, person))
    else if (truth.isShared(number)) sharedFound.right += 1
  }
  for (const number of truth.numbers.values()) if (truth.isShared(number)) sharedFound.of += 1
  const isPersons = kindsOf(truth)
  const answerOf = (number: number) => answers.get(number) ?? -1 - number
  const judged = itemsOf(truth, answerOf)
  const named = judged.filter(({ number }) => isPersons(number))
  const reachable = joinedByFacts(truth)
  const best = itemsOf(truth, reachable).filter(({ number }) => isPersons(number))
  const mixed = mixedClusters([...judged, ...botsAsOne(truth, answerOf)])
  return {
    identifiers: named.length,
    pairwise: pairwise(named),
    bCubed: bCubed(named),
    best: { pairwise: pairwise(best), bCubed: bCubed(best) },
    largestMixed: mixed[0]?.groups ?? 1,
    mixedClusters: mixed.length,
    sharedFound,
    wronglyShared,
  }
}

/**
 * The oracle: of each fact it joins those identifiers that its own person alone uses, so it makes no mistake; what no chain
 * of facts connects stays apart, since nobody could know. A call within its lease names the visit that held the number.
 */
export function joinedByFacts({ facts, owners }: Truth): (number: number) => number {
  const parents = new Int32Array(owners.length).map((_, number) => number)
  const find = (number: number) => {
    let at = number
    while (parents[at] !== at) {
      parents[at] = parents[parents[at] as number] as number
      at = parents[at] as number
    }
    return at
  }
  for (let at = 0; at < facts.length; at += 2 + (facts[at + 1] as number)) {
    const own = facts.slice(at + 2, at + 2 + (facts[at + 1] as number)).filter((number) => owners[number] === facts[at])
    for (const number of own) parents[find(number)] = find(own[0] as number)
  }
  return find
}

function itemsOf(truth: Truth, answer: (number: number) => number): (Judged & { number: number })[] {
  const items: (Judged & { number: number })[] = []
  for (const number of truth.numbers.values()) {
    const owner = truth.ownerOf(number)
    if (owner !== undefined && !truth.bots.has(owner)) items.push({ number, truth: owner, answer: answer(number) })
  }
  return items
}

/** Programs are not judged among themselves: all are one group beside the people. */
function botsAsOne(truth: Truth, answer: (number: number) => number): Judged[] {
  return [...truth.numbers.values()].flatMap((number) =>
    truth.bots.has(truth.ownerOf(number) ?? Number.NaN) ? [{ truth: -1, answer: answer(number) }] : [],
  )
}

function kindsOf({ numbers }: Truth): (number: number) => boolean {
  const flags = new Uint8Array(numbers.size)
  for (const [key, number] of numbers) flags[number] = personKinds.has(key.slice(0, key.indexOf('\n'))) ? 1 : 0
  return (number) => flags[number] === 1
}

function label(labels: Map<string, number>, name: string): number {
  const known = labels.get(name)
  if (known !== undefined) return known
  labels.set(name, labels.size)
  return labels.size - 1
}
