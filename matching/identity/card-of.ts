import { otherEnd, type Vertex } from './edge.ts'
import { CARD_DEALS_MAX, isHub, joinsMax } from './limits.ts'
import { passes } from './surroundings.ts'

/**
 * The contact card of the CRM on which a phone or an email stands; undefined when it stands on none, or on several: an
 * agent's stands on those of clients. A card in too many deals, or with more names than one person has, is nobody's either.
 */
export function cardOf(name: Vertex): Vertex | undefined {
  if ((name.kind !== 'phone' && name.kind !== 'email') || isHub(name)) return undefined
  let card: Vertex | undefined
  for (const deal of beside(name)) {
    for (const contact of beside(deal)) {
      if (contact.kind !== 'contact' || contact === card) continue
      if (card) return undefined
      card = contact
    }
  }
  return card && isOnePersons(card) ? card : undefined
}

function isOnePersons(card: Vertex): boolean {
  if (card.hasMoreEdgesThan(CARD_DEALS_MAX)) return false
  const names = new Set([...beside(card)].flatMap((deal) => [...beside(deal)]))
  return (['phone', 'email'] as const).every(
    (kind) => [...names].filter((name) => name.kind === kind).length <= (joinsMax.contact?.[kind] ?? 0),
  )
}

/**
 * The names on whose cards something may have changed because something did around these: those of deals, and of all deals
 * of their cards.
 */
export function namesOnCards(changed: ReadonlySet<Vertex>): Set<Vertex> {
  const deals = new Set<Vertex>()
  const cards = new Set<Vertex>()
  for (const vertex of changed) {
    if (vertex.kind === 'contact') cards.add(vertex)
    if (vertex.kind !== 'deal') continue
    deals.add(vertex)
    for (const other of beside(vertex)) if (other.kind === 'contact') cards.add(other)
  }
  for (const card of cards) for (const deal of dealsBefore(card, changed)) deals.add(deal)
  const names = new Set<Vertex>()
  for (const deal of deals) {
    for (const name of beside(deal)) if (name.kind === 'phone' || name.kind === 'email') names.add(name)
  }
  return names
}

/** The other deals of a card, unless they were too many before: then none of their names had a card, and none has. */
function dealsBefore(card: Vertex, changed: ReadonlySet<Vertex>): Vertex[] {
  const before: Vertex[] = []
  for (const deal of beside(card)) {
    if (changed.has(deal)) continue
    if (before.push(deal) > CARD_DEALS_MAX) return []
  }
  return before
}

function* beside(vertex: Vertex): Generator<Vertex> {
  for (const edge of vertex.edgesOf('deal')) if (passes(edge)) yield otherEnd(edge, vertex)
}
