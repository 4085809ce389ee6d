import type { IdentifierKind } from '#domain/identifier.ts'
import { isPlaceLine } from '#domain/phone.ts'
import { type Edge, otherEnd, type Vertex } from './edge.ts'

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
  for (const vertex of dirty) if (vertex.kind === 'session') sessions.add(vertex)
  for (const vertex of browsersOf(dirty)) {
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

/**
 * Whether a browser is one that employees work at: somebody signed in on it by an email or a phone of theirs, or most of the
 * requests sent from it, and two at least, name one. One alone was a client's, in whose form the company's address stood.
 */
function isEmployees(visitor: Vertex): boolean {
  if (!visitor.edges.some((edge) => isOwnIn(edge, visitor))) return false
  const requests = requestsFrom(visitor)
  const isLogin = (edge: Edge, home: Vertex) => isOwnIn(edge, home) && !requests.has(edge.fact_id)
  if (visitor.edges.some((edge) => isLogin(edge, visitor))) return true
  const visits = [...ofKind(visitor, 'session')]
  if (visits.some((visit) => visit.edges.some((edge) => isLogin(edge, visit)))) return true
  let [own, others] = [0, 0]
  for (const request of requests.values()) {
    if (request.edges.some((edge) => isOwnIn(edge, request))) own += 1
    else if (request.edges.some((edge) => isContact(otherEnd(edge, request)))) others += 1
  }
  return own > 1 && own > others
}

/** What was sent from a browser and in its visits, by id. */
function requestsFrom(visitor: Vertex): Map<string, Vertex> {
  const homes = [visitor, ...ofKind(visitor, 'session')]
  return new Map(homes.flatMap((home) => [...ofKind(home, 'lead')].map((lead) => [lead.value, lead])))
}

/** Whether an event names an email, or a phone of their own, that the site has as staff's. */
function isOwnIn(edge: Edge, vertex: Vertex): boolean {
  const { kind, value, blocked } = otherEnd(edge, vertex)
  // The company's published line stands in hidden fields of forms, and so beside every client.
  return blocked && edge.fact === 'event' && (kind === 'email' || (kind === 'phone' && !isPlaceLine(value)))
}

function isContact({ kind }: Vertex): boolean {
  return kind === 'phone' || kind === 'email'
}

/** What events name beside it. */
function* ofKind(vertex: Vertex, kind: IdentifierKind): Generator<Vertex> {
  for (const edge of vertex.edgesOf('event')) {
    const other = otherEnd(edge, vertex)
    if (other.kind === kind && edge.candidate) yield other
  }
}

/** The browsers among these, and those in whose visits something changed. */
function browsersOf(dirty: ReadonlySet<Vertex>): Set<Vertex> {
  const browsers = new Set<Vertex>()
  const visits = new Set<Vertex>()
  for (const vertex of dirty) {
    if (vertex.kind === 'visitor') browsers.add(vertex)
    else if (vertex.kind === 'session') visits.add(vertex)
    else if (vertex.kind === 'lead') {
      for (const visit of ofKind(vertex, 'session')) visits.add(visit)
      for (const browser of ofKind(vertex, 'visitor')) browsers.add(browser)
    }
  }
  for (const visit of visits) for (const browser of ofKind(visit, 'visitor')) browsers.add(browser)
  return browsers
}
