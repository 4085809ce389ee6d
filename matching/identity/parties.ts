import type { IdentifierKind } from '#domain/identifier.ts'
import { otherEnd, type Vertex } from './edge.ts'
import { isEvent, passes } from './surroundings.ts'

/** Identifiers around a common one that belong together without it: one person, as far as can be seen from there. */
export interface Party {
  /** By which kinds of identifiers this party is known for itself. */
  known: ReadonlySet<IdentifierKind>
  /** When a fact first tied it to the common identifier, epoch milliseconds. */
  since: number
}

/** What tells people apart. A browser does not: people have several, and lose them. */
const tellingKinds: ReadonlySet<IdentifierKind> = new Set(['contact', 'user', 'email', 'phone'])

/** How many identifiers away from the common one is looked for something that parties share. */
const DEPTH = 2

/**
 * The parties around an identifier: what its facts name, followed through events and through one more identifier, and
 * taken together where it meets. Identifiers that are walls by their own counts are not looked behind and tell nothing.
 * Facts that name nobody else are no party.
 */
export function partiesAround(center: Vertex): Party[] {
  const parties = openParties()
  let front: Vertex[] = []
  /** Takes in what events lead to from here, up to the next identifiers. */
  const flood = (start: Vertex, party: number, reached: Vertex[]) => {
    const queue = [start]
    for (let vertex = queue.pop(); vertex; vertex = queue.pop()) {
      if (vertex === center || vertex.blocked || vertex.crowded || !parties.add(vertex, party)) continue
      if (!isEvent(vertex)) reached.push(vertex)
      else for (const edge of vertex.edges) if (passes(edge)) queue.push(otherEnd(edge, vertex))
    }
  }
  for (const edge of center.edges) {
    if (passes(edge)) flood(otherEnd(edge, center), parties.begin(edge.at), front)
  }
  for (let depth = 1; depth < DEPTH; depth++) {
    const next: Vertex[] = []
    for (const owner of front) {
      const party = parties.of(owner)
      for (const edge of owner.edges) if (passes(edge)) flood(otherEnd(edge, owner), party, next)
    }
    front = next
  }
  return parties.all()
}

/** Union-find over parties, told of one member at a time. */
function openParties() {
  const parents: number[] = []
  const kept: { known: Set<IdentifierKind>; since: number; owners: number }[] = []
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
    ours.owners += theirs.owners
    for (const kind of theirs.known) ours.known.add(kind)
  }
  return {
    begin(at: number): number {
      kept.push({ known: new Set(), since: at, owners: 0 })
      return parents.push(parents.length) - 1
    },
    of: (vertex: Vertex) => members.get(vertex) as number,
    /** Whether the member is new; of one that is in another party both become one. */
    add(vertex: Vertex, party: number): boolean {
      const before = members.get(vertex)
      if (before !== undefined) {
        join(before, party)
        return false
      }
      members.set(vertex, party)
      if (!isEvent(vertex)) partyOf(party).owners += 1
      if (tellingKinds.has(vertex.kind)) partyOf(party).known.add(vertex.kind)
      return true
    },
    all: (): Party[] => kept.filter(({ owners }, party) => owners > 0 && find(party) === party),
  }
}
