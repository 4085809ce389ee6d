import { isPlaceLine } from '#domain/phone.ts'
import { otherEnd, type Vertex } from './edge.ts'

/**
 * Marks the browsers of employees and the visits made with them, among what has changed; gives back all around those that
 * turned out to be staff's, or not. What is sent in such a visit is a client's, and the visit is not.
 */
export function markStaff(dirty: ReadonlySet<Vertex>): Set<Vertex> {
  const turned = new Set<Vertex>()
  const sessions = new Set<Vertex>()
  const mark = (vertex: Vertex, isStaff: boolean) => {
    if (vertex.isStaff === isStaff) return
    vertex.isStaff = isStaff
    vertex.idle = false
    turned.add(vertex)
    for (const edge of vertex.edges) turned.add(otherEnd(edge, vertex))
  }
  for (const vertex of dirty) {
    if (vertex.kind === 'session') sessions.add(vertex)
    if (vertex.kind !== 'visitor') continue
    const before = vertex.isStaff
    mark(vertex, isEmployees(vertex))
    if (vertex.isStaff === before) continue
    for (const edge of vertex.edges) if (otherEnd(edge, vertex).kind === 'session') sessions.add(otherEnd(edge, vertex))
  }
  for (const session of sessions) {
    mark(
      session,
      session.edges.some((edge) => edge.candidate && otherEnd(edge, session).isStaff && edge.fact === 'event'),
    )
  }
  return turned
}

/** Whether a browser was told of an email, or a phone of their own, that the site has as staff's. */
function isEmployees(visitor: Vertex): boolean {
  return visitor.edges.some((edge) => {
    const { kind, value, blocked } = otherEnd(edge, visitor)
    // The company's published line stands in hidden fields of forms, and so beside every client.
    return blocked && edge.fact === 'event' && (kind === 'email' || (kind === 'phone' && !isPlaceLine(value)))
  })
}
