import type { Store } from '#storage/client.ts'
import { type HistoryRow, historyTables, selectColumns } from '../history/history-tables.ts'
import { senderOf } from '../sessions/session-names.ts'
import type { Vertex } from './edge.ts'
import type { Graph } from './graph.ts'
import { recompute } from './recompute.ts'
import { type ToldOtherwise, toldOtherwise } from './told-otherwise.ts'

/** Edges told together; what is around them stands in objects meanwhile. */
const TOGETHER_MAX = 5_000

/** Fewer than this are caught up with, however few there are in all. */
const ALWAYS_MAX = 100_000

/** When more than this share of the edges has changed, all of them are read sooner than those. */
const SHARE_MAX = 0.25

export interface CaughtUp {
  /** Of whom the table tells otherwise than the rules of today. */
  wrong: ToldOtherwise[]
  /** Whether something was told of what may be a piece of a session, or bear the name of one. */
  isNaming: boolean
}

/** Whether what the table was told since is little enough to be caught up with. */
export async function isNear(store: Store, { site, edges }: Graph, version: number): Promise<boolean> {
  const [row] = await store.query<{ n: number }>(
    `SELECT toFloat64(count()) AS n FROM edges AS t
     WHERE t.site = {site:String} AND t.version > {version:UInt64}`,
    { site, version },
  )
  return (row?.n ?? 0) <= Math.max(ALWAYS_MAX, edges * SHARE_MAX)
}

/**
 * Brings a graph that was filled to what the table of edges says now. What is read is what was written since, taken back
 * rows too, and of each edge the newest.
 */
export async function catchUp(store: Store, graph: Graph, version: number): Promise<CaughtUp> {
  let [edges, isNaming] = [0, false]
  const settle = () => {
    if (graph.dirty.size > 0) recompute(graph, [])
    graph.settleCaughtUp()
  }
  settle()
  for await (const rows of store.stream<HistoryRow<'edges'> & { is_deleted: number }>(
    `SELECT ${selectColumns('edges')}, t.is_deleted AS is_deleted FROM edges AS t
     WHERE t.site = {site:String} AND t.version > {version:UInt64}
     ORDER BY t.version DESC LIMIT 1 BY ${historyTables.edges.key.map((column) => `t.${column}`).join(', ')}`,
    { site: graph.site, version },
  )) {
    for (const row of rows) {
      graph.catchUp(row, row.is_deleted === 1)
      edges += 1
      isNaming ||= isPiece(row.a_kind, row.a_value) || isPiece(row.b_kind, row.b_value)
      if (edges % TOGETHER_MAX === 0) settle()
    }
  }
  settle()
  return { wrong: peopleAround(graph, graph.endCatchUp()), isNaming }
}

function isPiece(kind: string, value: string): boolean {
  return kind === 'session' && senderOf(value) !== undefined
}

function peopleAround(graph: Graph, ends: ReadonlySet<Vertex>): ToldOtherwise[] {
  if (ends.size === 0) return []
  const { groups } = recompute(graph, ends)
  const found = [...toldOtherwise(groups, (vertex) => ends.has(vertex))]
  graph.settle()
  return found
}
