import { Failure } from '#shell/failure.ts'
import type { Site } from '#storage/settings/documents.ts'
import { type Identifier, knownIdentifiers } from './find-person.ts'
import type { Mask } from './mask.ts'
import type { Reader } from './reader.ts'
import { type Edge, findChain, nameOf, type Step } from './why-chain.ts'

const EDGES_MAX = 50_000

const HELD_BACK_MAX = 100

/** Why two identifiers are one person: the chain of facts between them; or what keeps them apart, and where. */
export async function explain(reader: Pick<Reader, 'query'>, site: Site, ids: { a: string; b: string }, mask: Mask) {
  const [from, to] = await Promise.all([known(reader, site, 'a', ids.a), known(reader, site, 'b', ids.b)])
  const ends = [...from, ...to]
  const states = await statesOf(reader, site.id, ends)
  const persons = [...new Set(states.map(({ person }) => person).filter(Boolean))]
  const edges = await edgesAround(reader, site.id, ends, persons)
  const chain = findChain(edges, from, to)
  const personOf = (side: readonly Identifier[]) =>
    states.find((state) => state.person !== '' && side.some((end) => nameOf(end) === nameOf(state)))?.person ?? null
  const [a, b] = [personOf(from), personOf(to)]
  const broken = chain?.find(({ edge }) => edge.joins !== 1)
  const isJoined = a !== null && a === b && chain !== undefined && !broken
  const shaped = chain?.map((step) => shapeStep(step, mask)) ?? []
  if (isJoined) return { joined: true, person: a, persons: { a, b }, chain: shaped }
  return {
    joined: false,
    person: null,
    persons: { a, b },
    chain: [],
    reason: reasonOf(broken, states),
    ...(broken && {
      broken_chain: shaped,
      broken: { ...shapeStep(broken, mask), ...(await sharedEnd(reader, site.id, broken, mask)) },
    }),
    held_back: heldBack(edges, mask),
  }
}

const reasons: Readonly<Record<string, string>> = {
  shared: 'identifier_shared',
  blocked: 'identifier_blocked',
  two_contacts: 'two_contacts',
  two_people: 'two_people',
  person_full: 'person_full',
  staff: 'staff',
  split: 'split_by_hand',
  overruled: 'split_by_hand',
  unsure: 'unsure_match',
}

function reasonOf(broken: Step | undefined, states: readonly State[]): string {
  const reason = broken && reasons[broken.edge.reason]
  if (reason) return reason
  return states.some(({ shared }) => shared === 1) ? 'identifier_shared' : 'no_chain'
}

async function known(reader: Pick<Reader, 'query'>, site: Site, field: string, text: string): Promise<Identifier[]> {
  const found = await knownIdentifiers(reader, site, text)
  if (found.length > 0) return found
  throw new Failure('person_not_found', `${field}: nobody is known by it.`, { field })
}

type State = { kind: string; value: string; person: string; shared: number; shared_rule: string; shared_max: number }

const pairs = `(SELECT pair.1, pair.2
  FROM (SELECT arrayJoin(arrayZip({kinds:Array(String)}, {values:Array(String)})) AS pair))`

function statesOf(reader: Pick<Reader, 'query'>, site: string, ends: readonly Identifier[]): Promise<State[]> {
  return reader.query<State>(
    `SELECT kind, value, person, shared, shared_rule, shared_max FROM identities FINAL
     WHERE site = {site:String} AND (kind, value) IN ${pairs}`,
    { site, kinds: ends.map(({ kind }) => kind), values: ends.map(({ value }) => value) },
  )
}

/** Every edge at the two ends, and inside the persons they belong to. */
function edgesAround(
  reader: Pick<Reader, 'query'>,
  site: string,
  ends: readonly Identifier[],
  persons: readonly string[],
): Promise<Edge[]> {
  return reader.query<Edge>(
    `WITH ours AS (
       SELECT kind, value FROM identities FINAL WHERE site = {site:String} AND person IN ({persons:Array(String)})
       UNION ALL
       SELECT pair.1 AS kind, pair.2 AS value
       FROM (SELECT arrayJoin(arrayZip({kinds:Array(String)}, {values:Array(String)})) AS pair)
     )
     SELECT a_kind, a_value, b_kind, b_value, fact, fact_id, at, received_at, claimed, joins, reason
     FROM edges FINAL
     WHERE site = {site:String} AND (
       (a_kind, a_value) IN (SELECT kind, value FROM ours) OR (b_kind, b_value) IN (SELECT kind, value FROM ours)
     )
     ORDER BY received_at, node, segment, row
     LIMIT {limit:UInt32}`,
    { site, persons, limit: EDGES_MAX, kinds: ends.map(({ kind }) => kind), values: ends.map(({ value }) => value) },
  )
}

/** When a step is broken at a shared identifier: which, by what rule, and what all uses it. */
async function sharedEnd(reader: Pick<Reader, 'query'>, site: string, { from, to, edge }: Step, mask: Mask) {
  if (edge.reason !== 'shared') return {}
  const shared = (await statesOf(reader, site, [from, to])).find((state) => state.shared === 1)
  if (!shared) return {}
  const { kind, value, shared_rule: rule, shared_max: max } = shared
  const around = await reader.query<{ kind: string; count: number }>(
    `SELECT kind, toFloat64(uniqExact(value)) AS count
     FROM (
       SELECT b_kind AS kind, b_value AS value FROM edges FINAL
       WHERE site = {site:String} AND a_kind = {kind:String} AND a_value = {value:String}
       UNION ALL
       SELECT a_kind AS kind, a_value AS value FROM edges FINAL
       WHERE site = {site:String} AND b_kind = {kind:String} AND b_value = {value:String}
     )
     GROUP BY kind
     ORDER BY kind`,
    { site, kind, value },
  )
  const count = Object.fromEntries(around.map((one) => [one.kind, one.count]))
  return { shared: { kind, value: mask.identifier(kind, value), rule, max, around: count } }
}

function shapeStep({ from, to, edge }: Step, mask: Mask) {
  return {
    from: { kind: from.kind, value: mask.identifier(from.kind, from.value) },
    to: { kind: to.kind, value: mask.identifier(to.kind, to.value) },
    fact: edge.fact,
    id: edge.fact_id,
    at: edge.at,
    received_at: edge.received_at,
    rule: ruleOf(edge),
    joins: edge.joins === 1,
    reason: edge.reason,
  }
}

/** Who says that the two belong together. */
function ruleOf({ fact, claimed }: Edge): string {
  if (fact === 'annotation') return 'by_hand'
  if (fact === 'deal') return 'crm'
  if (fact === 'match') return 'lease'
  if (fact === 'same') return 'same_request'
  if (fact === 'event') return claimed === 1 ? 'browser' : 'server'
  return fact
}

/** Facts that name two identifiers and yet do not join them, with the reason. */
function heldBack(edges: readonly Edge[], mask: Mask) {
  return edges
    .filter((edge) => edge.joins === 0)
    .slice(0, HELD_BACK_MAX)
    .map((edge) => ({
      a: { kind: edge.a_kind, value: mask.identifier(edge.a_kind, edge.a_value) },
      b: { kind: edge.b_kind, value: mask.identifier(edge.b_kind, edge.b_value) },
      fact: edge.fact,
      id: edge.fact_id,
      at: edge.at,
      reason: edge.reason,
    }))
}
