import { otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { joinsStrangers, namesTooMany, surroundingsOf } from './sharing.ts'
import { markStaff } from './staff.ts'
import { isEvent, ownersAround } from './surroundings.ts'

/**
 * Decides again what is shared around what has changed; gives back what must be looked at because of it. Layers,
 * each a function of the facts and of those before: the browsers of staff, events that name too much, identifiers crowded by their own
 * counts, identifiers in which strangers meet.
 */
export function shareAnew(dirty: ReadonlySet<Vertex>): Set<Vertex> {
  const affected = markStaff(dirty)
  const changed = new Set([...dirty, ...affected])
  const around = new Set(changed)
  for (const vertex of changed) {
    if (!isEvent(vertex)) continue
    const found = namesTooMany(vertex)
    const isNew = !found !== !vertex.crowded
    vertex.crowded = found
    share(vertex, found, affected)
    if (isNew) for (const edge of vertex.edges) around.add(otherEnd(edge, vertex))
  }
  const near = ownersNear(around)
  const turned = new Set<Vertex>()
  for (const owner of near) {
    const found = surroundingsOf(owner)
    if (!found.crowded !== !owner.crowded) turned.add(owner)
    Object.assign(owner, found)
  }
  // Who is a stranger is seen from two identifiers away: from a phone over a browser to the browser's e-mail.
  const far = new Set(near)
  for (const owner of turned) for (const other of ownersAround(owner)) far.add(other)
  for (const owner of [...far]) if (!owner.crowded) for (const other of ownersAround(owner)) far.add(other)
  for (const owner of far) share(owner, owner.crowded ?? joinsStrangers(owner), affected)
  return affected
}

/** These identifiers, and those that own the events among them. */
function ownersNear(vertices: Iterable<Vertex>): Set<Vertex> {
  const owners = new Set<Vertex>()
  for (const vertex of vertices) {
    if (!isEvent(vertex)) owners.add(vertex)
    else if (!vertex.shared) for (const owner of ownersAround(vertex)) owners.add(owner)
  }
  return owners
}

function share(vertex: Vertex, by: SharedBy | undefined, affected: Set<Vertex>): void {
  const before = vertex.shared
  vertex.shared = by
  if (before?.rule !== by?.rule || before?.max !== by?.max) affected.add(vertex)
  if (!before === !by) return
  vertex.idle = false
  for (const edge of vertex.edges) affected.add(otherEnd(edge, vertex))
}
