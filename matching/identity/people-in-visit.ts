import type { IdentifierKind } from '#domain/identifier.ts'
import { otherEnd, type SharedBy, type Vertex } from './edge.ts'
import { visitMax } from './limits.ts'
import { isEvent, passes } from './surroundings.ts'

/** What somebody is known by, whatever browser it is given in. */
const namingKinds: ReadonlySet<IdentifierKind> = new Set(['user', 'phone', 'email'])

/** What names together are one party: those of one request, and of all requests that have one of them in common. */
interface Party {
  names: Set<Vertex>
}

/**
 * Whether several people left their names in one visit: a showroom's tablet on which one after the other writes in goes
 * on with its visit for as long as it is never silent. Only what was given in the visit itself counts, so that the answer
 * needs nothing that is decided later; the caller of a call that a lease gives to the visit is not given in it.
 */
export function isVisitOfSeveral(visit: Vertex): SharedBy | undefined {
  const parties = partiesIn(visit)
  if (parties.filter(isSomebody).length > visitMax.somebody) return { rule: 'strangers', max: visitMax.somebody }
  return parties.length > visitMax.parties ? { rule: 'strangers', max: visitMax.parties } : undefined
}

/** Known by a login, or by two things at once: one alone may be the same person's other phone, or a slip. */
function isSomebody({ names }: Party): boolean {
  const kinds = new Set([...names].map(({ kind }) => kind))
  return kinds.has('user') || kinds.size > 1
}

function partiesIn(visit: Vertex): Party[] {
  let parties: Party[] = []
  for (const names of namedTogether(visit)) {
    const met = parties.filter((party) => names.some((name) => party.names.has(name)))
    const joined: Party = { names: new Set([...names, ...met.flatMap((party) => [...party.names])]) }
    parties = [...parties.filter((party) => !met.includes(party)), joined]
  }
  return parties
}

/** The names of each request that was made in the visit, and those that each of its events gave without one. */
function* namedTogether(visit: Vertex): Generator<Vertex[]> {
  const byFact = new Map<string, Vertex[]>()
  for (const edge of visit.edges) {
    if (!passes(edge) || edge.fact === 'match') continue
    const other = otherEnd(edge, visit)
    if (isEvent(other)) {
      const names = namesOf(other)
      if (names.length > 0) yield names
    } else if (namingKinds.has(other.kind)) {
      const known = byFact.get(edge.fact_id)
      if (known) known.push(other)
      else byFact.set(edge.fact_id, [other])
    }
  }
  yield* byFact.values()
}

function namesOf(event: Vertex): Vertex[] {
  return event.edges
    .filter(passes)
    .map((edge) => otherEnd(edge, event))
    .filter(({ kind }) => namingKinds.has(kind))
}
