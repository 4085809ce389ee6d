import { type Edge, isLive, otherEnd, type Vertex } from './edge.ts'
import { haveOtherNames, namesIn } from './names-beside.ts'

/**
 * Whether a deal names a phone that is somebody else's, as far as names tell: beside another phone, and all requests with it
 * are by people of other names. A manager notes a wife's phone on her husband's card.
 */
export function openPhonesOnCards(): (edge: Edge) => boolean {
  const known = new Map<Vertex, ReadonlySet<number>>()
  const namesOf = (phone: Vertex) => {
    const names = known.get(phone) ?? namesInRequests(phone)
    known.set(phone, names)
    return names
  }
  return (edge) => {
    if (edge.fact !== 'deal' || edge.name === 0) return false
    const phone = edge.a.kind === 'phone' ? edge.a : edge.b
    if (phone.kind !== 'phone') return false
    const deal = otherEnd(edge, phone)
    if (!deal.edges.some((other) => isLive(other) && isPhone(otherEnd(other, deal), phone))) return false
    return haveOtherNames(namesOf(phone), [edge.name], 'given')
  }
}

function isPhone(vertex: Vertex, but: Vertex): boolean {
  return vertex.kind === 'phone' && vertex !== but
}

function namesInRequests(phone: Vertex): Set<number> {
  const names = new Set<number>()
  for (const edge of phone.edges) {
    const request = otherEnd(edge, phone)
    // Of a wall nobody is told when it changes.
    if (request.kind === 'lead' && !request.crowded && isLive(edge))
      for (const name of namesIn(request)) names.add(name)
  }
  return names
}
