import { type IdentifierKind, isJunk, personId } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import { type ErasureKey, hashInSql } from '#storage/erasure-keys.ts'
import { queryByKeys } from '../history/query-by-keys.ts'
import { otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import type { SiteState } from '../identity/site-state.ts'
import { type PlanRow, planRow } from '../removal/plan.ts'
import type { Named } from '../removal/refused-names.ts'
import type { ErasureRun } from './erasure-rows.ts'

export type FoundPerson = { members: Named[] } | { refused: 'identifier_shared' | 'identifier_blocked' }

/** All identifiers of whoever the erasure means, as the facts received before it tell. */
export async function findPerson(
  store: Store,
  graph: Graph | undefined,
  erasure: ErasureRun,
  { key, erased, isAgain }: { key: ErasureKey; erased: readonly string[]; isAgain: boolean },
): Promise<FoundPerson> {
  const hashes = [erasure.hash, ...erased]
  let named = await amongIdentities(store, erasure, key, hashes)
  // What no identity bears: shown by bots alone, said in a message since replaced, or the company's own.
  if (named.length === 0 && !isAgain) named = await amongFacts(store, erasure, key)
  const vertexOf = ({ kind, value }: Named) => graph?.find(kind as IdentifierKind, value)
  if (!isAgain && named.length > 0) {
    if (named.every((one) => vertexOf(one)?.blocked)) return { refused: 'identifier_blocked' }
    const isNobodys = (one: Named) => vertexOf(one)?.shared || isJunk(one.kind as IdentifierKind, one.value)
    if (named.every(isNobodys)) return { refused: 'identifier_shared' }
  }
  const members = new Map<string, Named>()
  const queue: Vertex[] = []
  const take = (one: Named) => {
    const id = `${one.kind}\n${one.value}`
    const vertex = vertexOf(one)
    if (members.has(id) || vertex?.shared || vertex?.blocked || isJunk(one.kind as IdentifierKind, one.value)) return
    // Of somebody erased before only what facts from before the erasure name is taken once more.
    if (isAgain && !vertex?.edges.some((edge) => edge.received_at <= erasure.received_at)) return
    members.set(id, { kind: one.kind, value: one.value })
    if (vertex) queue.push(vertex)
  }
  named.forEach(take)
  for (let at = queue.pop(); at; at = queue.pop()) {
    for (const edge of at.edges) if (edge.joins && edge.received_at <= erasure.received_at) take(otherEnd(edge, at))
  }
  return { members: [...members.values()] }
}

/** What a plan must say of a person beside their identifiers. */
export function personRows(state: SiteState | undefined, site: string, members: readonly Named[]): PlanRow[] {
  const rows: PlanRow[] = []
  const isMember = new Set(members.map(({ kind, value }) => `${kind}\n${value}`))
  for (const { kind, value } of members) {
    rows.push(
      planRow('member', kind, value),
      planRow('person', 'person', personId(site, kind as IdentifierKind, value)),
    )
    const vertex = kind === 'session' ? state?.graph.find('session', value) : undefined
    for (const edge of vertex?.edges ?? []) {
      const other = otherEnd(edge, vertex as Vertex)
      if (other.kind !== 'visitor' || other.person === '' || isMember.has(`visitor\n${other.value}`)) continue
      rows.push(planRow('keep', 'visitor', other.value))
    }
  }
  return rows
}

async function amongIdentities(
  store: Store,
  { site, kind }: ErasureRun,
  key: ErasureKey,
  hashes: readonly string[],
): Promise<Named[]> {
  const own = hashInSql('{site:String}', 't.kind', 't.value')
  // Any id the person ever had leads there.
  const founder =
    kind === 'person' ? `OR ${hashInSql('{site:String}', "'person'", 't.founds')} IN {keys:Array(String)}` : ''
  return queryByKeys<Named>(
    store,
    `SELECT t.kind AS kind, t.value AS value FROM identities AS t FINAL
     WHERE t.site = {site:String} AND (${own} IN {keys:Array(String)} ${founder})`,
    { site, ...key.params },
    hashes,
  )
}

const caller = "concat(t.from, if(t.from_extension = '', '', concat(';ext=', t.from_extension)))"

/** Where facts name an identifier of a kind. */
const places: Record<'phone' | 'email' | 'visitor', readonly (readonly [table: string, column: string])[]> = {
  phone: [
    ['events', 't.phone'],
    ['leads', 't.phone'],
    ['calls', caller],
    ['calls', 't.to'],
    ['deals', 'arrayJoin(t.phones)'],
  ],
  email: [
    ['events', 't.email'],
    ['leads', 't.email'],
    ['deals', 'arrayJoin(t.emails)'],
  ],
  visitor: ['events', 'leases', 'calls', 'leads', 'deals'].map((table) => [table, 't.visitor'] as const),
}

async function amongFacts(store: Store, { site, kind, hash }: ErasureRun, key: ErasureKey): Promise<Named[]> {
  if (kind === 'person') return []
  const found = new Set<string>()
  for (const [table, column] of places[kind]) {
    const rows = await store.query<{ found: string }>(
      `SELECT found FROM (SELECT DISTINCT ${column} AS found FROM ${table} AS t WHERE t.site = {site:String})
       WHERE found != '' AND ${hashInSql('{site:String}', '{kind:String}', 'found')} = {hash:String}`,
      { site, kind, hash, ...key.params },
    )
    for (const row of rows) found.add(row.found)
  }
  return [...found].map((value) => ({ kind, value }))
}
