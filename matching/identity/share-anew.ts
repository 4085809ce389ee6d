import { otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { browserShared, isCounter, isOfSeveral, joinsStrangers, namesTooMany, surroundingsOf } from './sharing.ts'
import { markStaff } from './staff.ts'
import { isEvent, ownersAround } from './surroundings.ts'
import { visitsToLookAt } from './visits-to-look-at.ts'

/**
 * Decides again what is shared around what has changed; gives back what must be looked at because of it. Layers,
 * each a function of the facts and of those before: the browsers of staff, events that name too much, identifiers crowded by their own
 * counts, identifiers in which strangers meet, counters' ids of shared browsers. `loosened` are those of which something was taken back.
 */
export function shareAnew(dirty: ReadonlySet<Vertex>, loosened: ReadonlySet<Vertex>): Set<Vertex> {
  const affected = markStaff(dirty)
  const changed = new Set([...dirty, ...affected])
  const around = new Set(changed)
  for (const vertex of new Set([...changed, ...visitsToLookAt(changed, loosened)])) {
    if (!isEvent(vertex)) continue
    const found = namesTooMany(vertex)
    vertex.unseen = false
    // What is behind it, and of a visit of several its browser, depend on whether it is a wall and on which.
    const isNew = found?.rule !== vertex.crowded?.rule
    vertex.crowded = found
    share(vertex, found, affected)
    if (isNew) for (const edge of vertex.edges) around.add(otherEnd(edge, vertex))
  }
  const near = ownersNear(around)
  const turned = new Set<Vertex>()
  for (const owner of near) {
    const found = surroundingsOf(owner)
    if (!found.crowded !== !owner.crowded) turned.add(owner)
    Object.assign(owner, found, { unseen: false })
  }
  // Who is a stranger is seen from two identifiers away: from a phone over a browser to the browser's e-mail.
  const far = new Set(near)
  for (const owner of turned) for (const other of ownersAround(owner)) far.add(other)
  for (const owner of [...far]) if (!owner.crowded) for (const other of ownersAround(owner)) far.add(other)
  const counters = new Set<Vertex>()
  for (const owner of far) {
    // At a start: until its turn comes it is shared as the table says.
    if (owner.unseen) continue
    if (isCounter(owner)) counters.add(owner)
    else if (share(owner, owner.crowded ?? joinsStrangers(owner), affected) && owner.kind === 'visitor')
      for (const other of ownersBeside(owner)) if (isCounter(other) && !other.unseen) counters.add(other)
  }
  // After the browsers whose they are.
  for (const counter of counters) {
    share(counter, counter.crowded ?? joinsStrangers(counter) ?? browserShared(counter), affected)
  }
  return affected
}

/** These identifiers, and those that own the events among them. */
function ownersNear(vertices: Iterable<Vertex>): Set<Vertex> {
  const owners = new Set<Vertex>()
  for (const vertex of vertices) {
    if (!isEvent(vertex)) owners.add(vertex)
    else if (!vertex.shared) for (const owner of ownersAround(vertex)) owners.add(owner)
    // Whoever stands in a deal counts who else does, and a browser its visits of several, be they walls or outranked.
    if (vertex.kind === 'deal' || isOfSeveral(vertex)) for (const owner of ownersBeside(vertex)) owners.add(owner)
  }
  return owners
}

function* ownersBeside(vertex: Vertex): Generator<Vertex> {
  for (const edge of vertex.edges) {
    const other = otherEnd(edge, vertex)
    if (!isEvent(other)) yield other
  }
}

/** Returns whether it was shared and is not, or the other way round. */
function share(vertex: Vertex, by: SharedBy | undefined, affected: Set<Vertex>): boolean {
  const before = vertex.shared
  vertex.shared = by
  if (before?.rule !== by?.rule || before?.max !== by?.max) affected.add(vertex)
  if (!before === !by) return false
  vertex.idle = false
  for (const edge of vertex.edges) affected.add(otherEnd(edge, vertex))
  return true
}
