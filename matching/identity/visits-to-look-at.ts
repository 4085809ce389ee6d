import { namesOnCards } from './card-of.ts'
import { otherEnd, type Vertex } from './edge.ts'
import { isHub } from './limits.ts'
import { ofKind, sameRequests } from './people-in-visit.ts'

/**
 * The visits that may be of several, or of one again, because something changed around these: those in which these requests
 * were made, and those in which phones and emails were given that are given elsewhere now, or stand on another card.
 * `loosened` are those among them of which something was taken back.
 */
export function visitsToLookAt(changed: ReadonlySet<Vertex>, loosened: ReadonlySet<Vertex>): Set<Vertex> {
  const visits = new Set<Vertex>()
  const names = namesOnCards(changed)
  for (const vertex of changed) {
    if (vertex.kind === 'lead') for (const visit of visitsOfRequest(vertex)) visits.add(visit)
    else if ((vertex.kind === 'phone' || vertex.kind === 'email') && isGivenOtherwise(vertex, changed, loosened))
      names.add(vertex)
  }
  for (const name of names) {
    if (isHubStill(name)) continue
    for (const visit of ofKind(name, 'session')) visits.add(visit)
    for (const request of ofKind(name, 'lead')) for (const visit of visitsOfRequest(request)) visits.add(visit)
  }
  return visits
}

function* visitsOfRequest(request: Vertex): Generator<Vertex> {
  for (const one of [request, ...sameRequests(request)]) yield* ofKind(one, 'session')
}

/**
 * Whether a visit may see a name otherwise now: in other browsers, or as a hub. Calls and requests that only name it as well
 * say nothing of a visit, and a kiosk's has hundreds of requests.
 */
function isGivenOtherwise(name: Vertex, changed: ReadonlySet<Vertex>, loosened: ReadonlySet<Vertex>): boolean {
  if (loosened.has(name) || isHub(name)) return !isHubStill(name)
  return name.edges.some((edge) => {
    const other = otherEnd(edge, name)
    return other.kind === 'visitor' && changed.has(other)
  })
}

/** A hub tells nothing of a visit, as long as it is one. */
function isHubStill(name: Vertex): boolean {
  return isHub(name) && name.crowded?.rule === 'uses'
}
