import type { IdentifierKind } from '#domain/identifier.ts'
import { personMax } from './limits.ts'

/** Identifiers that have been joined so far, and what may still be. Members are known by their places in a list. */
export interface Clusters {
  /** The cluster of a member: the place of one of its members. */
  find(member: number): number
  /** How many identifiers of a kind a cluster holds. */
  count(cluster: number, kind: IdentifierKind): number
  join(a: number, b: number): void
  /** These two clusters, as they are now and whatever joins them, never become one. */
  keepApart(a: number, b: number): void
  areApart(a: number, b: number): boolean
  /** A call's lease has joined something to this cluster. */
  match(cluster: number): void
  isMatched(cluster: number): boolean
  /** The names by which requests and deals in a cluster speak of somebody. */
  names(cluster: number): ReadonlySet<number>
  /** Whether together they would hold more of a kind than one person does. */
  isTooMuch(a: number, b: number): boolean
}

const countedKinds = ['contact', 'user', 'phone', 'email', 'visitor'] as const
const placeOfKind = new Map<IdentifierKind, number>(countedKinds.map((kind, place) => [kind, place]))
const KINDS = countedKinds.length

/** What is joined: an identifier, and the names in it. */
export interface Member {
  kind: IdentifierKind
  names?: ReadonlySet<number>
}

const none: ReadonlySet<number> = new Set()

/** Union-find over members of these kinds, with counts that a cluster carries along. */
export function openClusters(members: readonly Member[]): Clusters {
  const kinds = members.map(({ kind }) => kind)
  const parents = kinds.map((_, index) => index)
  const named = new Map<number, Set<number>>()
  members.forEach(({ names }, index) => {
    if (names && names.size > 0) named.set(index, new Set(names))
  })
  const counts = new Uint32Array(kinds.length * KINDS)
  kinds.forEach((kind, index) => {
    const place = placeOfKind.get(kind)
    if (place !== undefined) counts[index * KINDS + place] = 1
  })
  const apart = new Map<number, number[]>()
  const matched = new Set<number>()
  const find = (index: number): number => {
    let at = index
    while (parents[at] !== at) {
      // Halving the path keeps later look-ups short.
      parents[at] = parents[parents[at] as number] as number
      at = parents[at] as number
    }
    return at
  }
  const countAt = (cluster: number, place: number) => counts[cluster * KINDS + place] as number
  return {
    find,
    count: (cluster, kind) => countAt(cluster, placeOfKind.get(kind) as number),
    join(a, b) {
      if (a === b) return
      // The lower number stays: it does not matter which, only that it is the same every time.
      const [low, high] = a < b ? [a, b] : [b, a]
      parents[high] = low
      for (let place = 0; place < KINDS; place++) {
        counts[low * KINDS + place] = countAt(low, place) + countAt(high, place)
      }
      if (matched.has(high)) matched.add(low)
      const both = union(named.get(low), named.get(high))
      if (both) named.set(low, both)
      const carried = apart.get(high)
      if (carried) apart.set(low, [...(apart.get(low) ?? []), ...carried])
    },
    keepApart(a, b) {
      apart.set(a, [...(apart.get(a) ?? []), b])
      apart.set(b, [...(apart.get(b) ?? []), a])
    },
    areApart: (a, b) => (apart.get(a) ?? []).some((other) => find(other) === b),
    match: (cluster) => void matched.add(cluster),
    isMatched: (cluster) => matched.has(cluster),
    names: (cluster) => named.get(cluster) ?? none,
    isTooMuch: (a, b) =>
      countedKinds.some((kind, place) => {
        const [ours, theirs] = [countAt(a, place), countAt(b, place)]
        return ours > 0 && theirs > 0 && ours + theirs > (personMax[kind] ?? Number.POSITIVE_INFINITY)
      }),
  }
}

/** The larger of the two with the other's in it: of thousands of names none is carried more than a few times. */
function union(one: Set<number> | undefined, other: Set<number> | undefined): Set<number> | undefined {
  if (!one || !other) return one ?? other
  const [few, many] = one.size < other.size ? [one, other] : [other, one]
  for (const name of few) many.add(name)
  return many
}
