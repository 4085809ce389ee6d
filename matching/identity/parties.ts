import { isFullName } from '#domain/full-name.ts'
import type { IdentifierKind } from '#domain/identifier.ts'
import { type Edge, otherEnd, type Vertex } from './edge.ts'
import { namesIn } from './names-beside.ts'
import { isDevice, isEvent, passes } from './surroundings.ts'

/** Identifiers around a common one that belong together without it: one person, as far as can be seen from there. */
export interface Party {
  /** The kinds of identifiers in it. */
  kinds: ReadonlySet<IdentifierKind>
  /** Whether something surer than a browser's claim ties it to the common identifier. */
  isSaid: boolean
  /** Names in the requests and deals right beside the common identifier; of a browser, in all of theirs. */
  names: ReadonlySet<number>
  /** When a fact first tied it to the common identifier, epoch milliseconds. */
  since: number
}

/** How many identifiers away from the common one is looked for something that parties share. */
const DEPTH = 2

/**
 * The parties around an identifier: what its facts name, followed through events and through one more identifier, and
 * taken together where it meets in an identifier of a kind that is a `bridge`, or in one full name. Identifiers that are walls by their own
 * counts are not looked behind and tell nothing. Facts that name no bridge are no party. `ties` says which edges count.
 */
export function partiesAround(
  center: Vertex,
  bridges: ReadonlySet<IdentifierKind>,
  ties: (edge: Edge) => boolean = passes,
): Party[] {
  const parties = openParties(bridges)
  const isInDevice = isDevice(center)
  let front: Vertex[] = []
  /** Takes in what events lead to from here, up to the next identifiers. */
  const flood = (start: Vertex, party: number, reached: Vertex[], isBeside = isInDevice) => {
    const queue = [start]
    for (let vertex = queue.pop(); vertex; vertex = queue.pop()) {
      if (vertex === center || vertex.blocked || vertex.crowded || !parties.add(vertex, party)) continue
      if (!isEvent(vertex)) reached.push(vertex)
      else {
        parties.name(party, namesIn(vertex), isBeside)
        for (const edge of vertex.edges) if (ties(edge)) queue.push(otherEnd(edge, vertex))
      }
    }
  }
  for (const edge of center.edges) {
    if (!ties(edge)) continue
    const isSaid = !edge.claimed && edge.fact !== 'match'
    flood(otherEnd(edge, center), parties.begin(edge.at, isSaid), front, true)
  }
  for (let depth = 1; depth < DEPTH; depth++) {
    const next: Vertex[] = []
    for (const owner of front) {
      const party = parties.of(owner)
      for (const edge of owner.edges) if (ties(edge)) flood(otherEnd(edge, owner), party, next)
    }
    front = next
  }
  return parties.all()
}

/** Union-find over parties, told of one member at a time. */
function openParties(bridges: ReadonlySet<IdentifierKind>) {
  const parents: number[] = []
  const kept: { kinds: Set<IdentifierKind>; isSaid: boolean; since: number; names: Set<number>; bridges: number }[] = []
  const bearers = new Map<number, number>()
  const members = new Map<Vertex, number>()
  const find = (party: number): number => {
    let at = party
    while (parents[at] !== at) at = parents[at] as number
    return at
  }
  const partyOf = (party: number) => kept[find(party)] as (typeof kept)[number]
  const join = (a: number, b: number) => {
    const [ours, theirs] = [partyOf(a), partyOf(b)]
    if (ours === theirs) return
    parents[find(b)] = find(a)
    ours.since = Math.min(ours.since, theirs.since)
    ours.isSaid ||= theirs.isSaid
    ours.bridges += theirs.bridges
    for (const kind of theirs.kinds) ours.kinds.add(kind)
    for (const name of theirs.names) ours.names.add(name)
  }
  return {
    begin(since: number, isSaid: boolean): number {
      kept.push({ kinds: new Set(), names: new Set(), isSaid, since, bridges: 0 })
      return parents.push(parents.length) - 1
    },
    /** Who bears one full name is one. */
    name(party: number, names: Iterable<number>, isBeside: boolean): void {
      for (const name of names) {
        const bearer = isFullName(name) ? bearers.get(name) : party
        if (bearer === undefined) bearers.set(name, party)
        else join(bearer, party)
        if (isBeside) partyOf(party).names.add(name)
      }
    },
    of: (vertex: Vertex) => members.get(vertex) as number,
    /** Whether the member is new, and leads further; in a bridge that is in another party both become one. */
    add(vertex: Vertex, party: number): boolean {
      const isOwner = !isEvent(vertex)
      if (isOwner) partyOf(party).kinds.add(vertex.kind)
      if (isOwner && !bridges.has(vertex.kind)) return false
      const before = members.get(vertex)
      if (before !== undefined) {
        join(before, party)
        return false
      }
      members.set(vertex, party)
      if (isOwner) partyOf(party).bridges += 1
      return true
    },
    all: (): Party[] => kept.filter(({ bridges: count }, party) => count > 0 && find(party) === party),
  }
}
