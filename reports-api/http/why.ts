import { Failure } from '#shell/failure.ts'
import type { Site } from '#storage/settings/documents.ts'
import { type Identifier, knownIdentifiers } from './find-person.ts'
import type { Mask } from './mask.ts'
import type { Reader } from './reader.ts'

const EDGES_MAX = 50_000

interface Edge {
  a_kind: string
  a_value: string
  b_kind: string
  b_value: string
  fact: string
  fact_id: string
  at: string
  received_at: string
  joins: number
  reason: string
}

/** Why two identifiers are one person: the shortest chain of facts between them, or what keeps them apart. */
export async function explain(reader: Pick<Reader, 'query'>, site: Site, ids: { a: string; b: string }, mask: Mask) {
  const [from, to] = await Promise.all([known(reader, site, 'a', ids.a), known(reader, site, 'b', ids.b)])
  const ends = [...from, ...to]
  const states = await statesOf(reader, site.id, ends)
  const edges = await edgesAround(reader, site.id, ends, [
    ...new Set(states.map(({ person }) => person).filter(Boolean)),
  ])
  const chain = shortestChain(
    edges.filter((edge) => edge.joins === 1),
    from,
    to,
  )
  const personOf = (side: readonly Identifier[]) =>
    states.find(
      (state) =>
        state.person !== '' && side.some((end) => nameOf(end.kind, end.value) === nameOf(state.kind, state.value)),
    )?.person ?? null
  const [a, b] = [personOf(from), personOf(to)]
  const isJoined = a !== null && a === b && chain !== undefined
  return {
    joined: isJoined,
    person: isJoined ? a : null,
    persons: { a, b },
    chain: isJoined ? chain.map((step) => shapeStep(step, mask)) : [],
    ...(!isJoined && {
      reason: states.some(({ shared }) => shared === 1) ? 'identifier_shared' : 'no_chain',
      held_back: heldBack(edges, mask),
    }),
  }
}

async function known(reader: Pick<Reader, 'query'>, site: Site, field: string, text: string): Promise<Identifier[]> {
  const found = await knownIdentifiers(reader, site, text)
  if (found.length > 0) return found
  throw new Failure('person_not_found', `${field}: nobody is known by it.`, { field })
}

type State = { kind: string; value: string; person: string; shared: number }

function statesOf(reader: Pick<Reader, 'query'>, site: string, ends: readonly Identifier[]): Promise<State[]> {
  return reader.query<State>(
    `SELECT kind, value, person, shared FROM identities FINAL
     WHERE site = {site:String} AND (kind, value) IN (
       SELECT pair.1, pair.2
       FROM (SELECT arrayJoin(arrayZip({kinds:Array(String)}, {values:Array(String)})) AS pair)
     )`,
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
     SELECT a_kind, a_value, b_kind, b_value, fact, fact_id, at, received_at, joins, reason
     FROM edges FINAL
     WHERE site = {site:String} AND (
       (a_kind, a_value) IN (SELECT kind, value FROM ours) OR (b_kind, b_value) IN (SELECT kind, value FROM ours)
     )
     ORDER BY received_at, node, segment, row
     LIMIT {limit:UInt32}`,
    { site, persons, limit: EDGES_MAX, kinds: ends.map(({ kind }) => kind), values: ends.map(({ value }) => value) },
  )
}

interface Step {
  from: Identifier
  to: Identifier
  edge: Edge
}

/** Breadth first, and edges in the order of their receipt: the shortest chain, and of equals the one known first. */
export function shortestChain(
  edges: readonly Edge[],
  from: readonly Pick<Identifier, 'kind' | 'value'>[],
  to: readonly Pick<Identifier, 'kind' | 'value'>[],
): Step[] | undefined {
  const around = new Map<string, Step[]>()
  const add = (step: Step) => {
    const name = nameOf(step.from.kind, step.from.value)
    const steps = around.get(name)
    if (steps) steps.push(step)
    else around.set(name, [step])
  }
  for (const edge of edges) {
    const a = { kind: edge.a_kind, value: edge.a_value } as Identifier
    const b = { kind: edge.b_kind, value: edge.b_value } as Identifier
    add({ from: a, to: b, edge })
    add({ from: b, to: a, edge })
  }
  const goals = new Set(to.map(({ kind, value }) => nameOf(kind, value)))
  const reached = new Map<string, Step | undefined>(from.map(({ kind, value }) => [nameOf(kind, value), undefined]))
  for (const name of reached.keys()) {
    if (goals.has(name)) return walkBack(reached, name)
    for (const step of around.get(name) ?? []) {
      const next = nameOf(step.to.kind, step.to.value)
      // Keys put into a Map while it is walked are walked too: that is the queue.
      if (!reached.has(next)) reached.set(next, step)
    }
  }
  return undefined
}

function walkBack(reached: ReadonlyMap<string, Step | undefined>, end: string): Step[] {
  const chain: Step[] = []
  for (let step = reached.get(end); step; step = reached.get(nameOf(step.from.kind, step.from.value)))
    chain.unshift(step)
  return chain
}

function nameOf(kind: string, value: string): string {
  return `${kind}\n${value}`
}

function shapeStep({ from, to, edge }: Step, mask: Mask) {
  return {
    from: { kind: from.kind, value: mask.identifier(from.kind, from.value) },
    to: { kind: to.kind, value: mask.identifier(to.kind, to.value) },
    fact: edge.fact,
    id: edge.fact_id,
    at: edge.at,
    received_at: edge.received_at,
  }
}

/** Facts that name two identifiers and yet do not join them, with the reason. */
function heldBack(edges: readonly Edge[], mask: Mask) {
  return edges
    .filter((edge) => edge.joins === 0)
    .slice(0, 100)
    .map((edge) => ({
      a: { kind: edge.a_kind, value: mask.identifier(edge.a_kind, edge.a_value) },
      b: { kind: edge.b_kind, value: mask.identifier(edge.b_kind, edge.b_value) },
      fact: edge.fact,
      id: edge.fact_id,
      at: edge.at,
      reason: edge.reason,
    }))
}
