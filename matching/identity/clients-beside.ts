import { compareText } from '../receipt.ts'
import { isLive, otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { CLIENTS_MAX } from './limits.ts'

/** What clients are counted by. */
const clientKinds = ['phone', 'email'] as const

/**
 * Whether a phone or an email stands in the deals of too many clients to be one of theirs: an agent's, who writes in for
 * them. Clients are counted by the phones beside it, or by the emails, and are no more than there are cards: five phones on
 * one card are one client's, and so are all deals that name one contact. A deal that names none is a card by what stands in it. What outranks what in a deal does not matter here: of a deal without a card the
 * client's email joins although the agent's phone is trusted more.
 */
export function standsBesideClients(contact: Vertex): SharedBy | undefined {
  if (contact.kind !== 'phone' && contact.kind !== 'email') return undefined
  const clients = { phone: openClients(), email: openClients() }
  for (const edge of contact.edgesOf('deal')) {
    const deal = otherEnd(edge, contact)
    if (!isLive(edge) || deal.crowded) continue
    const beside = namesIn(deal).filter((name) => name !== contact)
    const card = beside.filter(({ kind }) => kind === 'contact').map(({ value }) => value)
    for (const kind of clientKinds)
      clients[kind].note(
        beside.filter((name) => name.kind === kind),
        card,
      )
    if (clientKinds.some((kind) => clients[kind].count > CLIENTS_MAX)) return { rule: 'clients', max: CLIENTS_MAX }
  }
  return undefined
}

function namesIn(deal: Vertex): Vertex[] {
  return deal.edges.filter((edge) => edge.fact === 'deal' && isLive(edge)).map((edge) => otherEnd(edge, deal))
}

/** As many as there are different names, and as there are different cards of them. */
function openClients() {
  const names = new Set<Vertex>()
  const cards = new Set<string>()
  return {
    note(beside: readonly Vertex[], card: readonly string[]): void {
      if (beside.length === 0) return
      for (const name of beside) names.add(name)
      // Values of other kinds cannot be taken for each other.
      const values = card.length > 0 ? ['contact', ...card] : beside.map(({ value }) => value)
      cards.add(values.sort(compareText).join())
    },
    get count(): number {
      return Math.min(names.size, cards.size)
    },
  }
}
