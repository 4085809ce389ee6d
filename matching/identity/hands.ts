import type { IdentifierKind } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import { type Fact, selectFact } from '../facts/fact-rows.ts'
import { queryByKeys } from '../history/query-by-keys.ts'
import { compareReceipts } from '../receipt.ts'
import type { Claim, Vertex } from './edge.ts'
import type { Graph } from './graph.ts'

/** An annotation that merges two persons, or splits something from one. */
export type SaidByHand = Fact<'annotations'>

/** All that was said by hand of who is one person; of annotations with one id the newest counts. Few in any site. */
export async function readHands(store: Store, site: string): Promise<SaidByHand[]> {
  const said = await store.query<SaidByHand>(
    `SELECT ${selectFact('annotations')} FROM annotations AS t
     WHERE t.site = {site:String} AND (notEmpty(t.merge) OR t.split_kind != '')`,
    { site },
  )
  const newest = new Map<string, SaidByHand>()
  for (const one of said.sort((a, b) => a.at - b.at || compareReceipts(a, b))) newest.set(one.id, one)
  return [...newest.values()]
}

/** Ids of persons lead to the identifiers they are founded on: those that the table knows are found there. */
export async function findFounders(
  store: Store,
  graph: Graph,
  hands: readonly SaidByHand[],
  identities: string,
): Promise<void> {
  const sought = graph.seekFounders(hands.flatMap(personsOf))
  const found = await queryByKeys<{ kind: IdentifierKind; value: string }>(
    store,
    `SELECT t.kind AS kind, t.value AS value FROM ${identities} AS t FINAL
     WHERE t.site = {site:String} AND t.founds IN {keys:Array(String)}`,
    { site: graph.site },
    sought,
  )
  for (const { kind, value } of found) graph.noticeFounder(kind, value)
  // Of whom the table tells otherwise than the rules of today, it may have no row yet.
  for (const { kind, value, earliest } of graph.forced) if (earliest) graph.noticeFounder(kind, value)
  // The company's own identifiers have no row there.
  for (const key of sought.length > 0 ? graph.blocked : []) {
    const [kind, value] = key.split('\n') as [IdentifierKind, string]
    if (graph.find(kind, value)?.earliest) graph.noticeFounder(kind, value)
  }
}

/**
 * Tells the graph what was said by hand, as edges between the identifiers that are meant. What is said of somebody
 * nobody has heard of yet waits until facts name them.
 */
export function tellHands(graph: Graph, hands: readonly SaidByHand[]): void {
  if (hands.length === 0 && graph.hands.length === 0) return
  graph.replaceHands(hands.flatMap((said) => claimOf(graph, said) ?? []))
}

function personsOf({ merge, on_id, split_kind, split_value }: SaidByHand): string[] {
  if (split_kind === '') return [...merge]
  return split_kind === 'person' ? [on_id, split_value] : [on_id]
}

function claimOf(graph: Graph, said: SaidByHand): Claim | undefined {
  const [a, b] = endsOf(graph, said)
  if (!a || !b || a === b) return undefined
  const { id, at, received_at, node, segment, row, split_kind } = said
  return {
    ...{ a_kind: a.kind, a_value: a.value, b_kind: b.kind, b_value: b.value },
    ...{ fact: 'annotation', fact_id: id, at, claimed: false, received_at, node, segment, row },
    ...(split_kind !== '' && { never: 'apart' }),
  }
}

function endsOf(graph: Graph, { merge, on_id, split_kind, split_value }: SaidByHand): (Vertex | undefined)[] {
  if (split_kind === '') return merge.map((person) => graph.founder(person))
  if (split_kind === 'person') return [graph.founder(on_id), graph.founder(split_value)]
  // Ingest took a kind that is one.
  const vertex = graph.find(split_kind as IdentifierKind, split_value)
  return [graph.founder(on_id), vertex?.earliest && vertex]
}
