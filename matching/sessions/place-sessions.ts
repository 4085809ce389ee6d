import type { History } from '../history/history.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { names, otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import type { Group } from '../identity/recompute.ts'
import { compareText } from '../receipt.ts'
import { pieceId } from './cut-sessions.ts'
import type { FreshSession } from './derive-sessions.ts'
import { sessionKey, visitorKey } from './session-index.ts'

type Session = HistoryRow<'sessions'>

/** How many pieces each sender's session has, where that is not the usual: one for a session, none for a visitor. */
export type PieceCounts = Map<string, number>

export interface PlacedSessions {
  /** The rows as the tables hold them now. */
  current: Session[]
  /** The rows as they are to be. */
  wanted: Session[]
  /** The wanted rows of one sender's session, by its key, the first piece first. */
  bySender: Map<string, Session[]>
}

interface Options {
  graph: Graph
  history: History
  counts: PieceCounts
  groups: readonly Group[]
  fresh: ReadonlyMap<string, FreshSession[]>
  /** Sender's sessions that facts of these groups name, whosever they are. */
  named: ReadonlySet<string>
}

/** Brings together the sessions around some persons: whose they are, and which of the visitor's they are. */
export async function placeSessions(options: Options): Promise<PlacedSessions> {
  const { graph, history, counts, groups, fresh, named } = options
  const visitors = new Set<string>()
  const keys = new Set<string>([...fresh.keys(), ...[...named].map(sessionKey)])
  for (const { members } of groups) for (const vertex of members) collect(vertex, { visitors, keys, counts })
  const ids = [...keys].flatMap((key) => idsOf(key, Math.max(countOf(counts, key), fresh.get(key)?.length ?? 0)))
  const current = await history.sessions(graph.site, ids)
  const byId = new Map(current.map((row) => [row.id, row]))
  const bySender = new Map<string, Session[]>()
  for (const key of keys) {
    const rows =
      fresh.get(key)?.map((row) => ({ ...row, person: '', session_number: row.bot ? 0 : 1 })) ??
      idsOf(key, countOf(counts, key)).flatMap((id) => {
        const row = byId.get(id)
        return row ? [{ ...row }] : []
      })
    for (const row of rows) row.person = row.bot ? '' : ownerOf(graph, key)
    bySender.set(key, rows)
  }
  const wanted = [...bySender.values()].flat()
  numberSessions(wanted, visitors)
  return { current, wanted, bySender }
}

/** Remembers how many pieces the freshly cut sessions have. */
export function rememberPieces(counts: PieceCounts, fresh: ReadonlyMap<string, FreshSession[]>): void {
  for (const [key, { length }] of fresh) {
    if (length === usualCount(key)) counts.delete(key)
    else counts.set(key, length)
  }
}

/** The piece counts that the ids in the table tell. */
export function countsFromIds(graph: Graph, rows: Iterable<{ id: string; visitor: string }>): PieceCounts {
  const counts: PieceCounts = new Map()
  for (const { id, visitor } of rows) {
    const [, base = '', separator, number] = /^(.*)([.:])(\d+)$/.exec(id) ?? []
    let key: string | undefined
    if (separator === ':' && base === visitor) key = visitorKey(base)
    else if (separator === '.' && graph.find('session', base)) key = sessionKey(base)
    if (key) counts.set(key, Math.max(counts.get(key) ?? 0, Number(number)))
  }
  return counts
}

/** A sender's session of which nothing is left keeps its place in the ids asked for: an old row may be there. */
function countOf(counts: PieceCounts, key: string): number {
  return counts.get(key) ?? usualCount(key)
}

function usualCount(key: string): number {
  return key.startsWith('s') ? 1 : 0
}

function idsOf(key: string, count: number): string[] {
  const name = key.slice(2)
  return Array.from({ length: count }, (_, index) =>
    key.startsWith('s') ? pieceId(name, index) : `${name}:${index + 1}`,
  )
}

/** A visitor brings all sessions that name it: only so can they be counted. */
function collect(
  vertex: Vertex,
  { visitors, keys, counts }: { visitors: Set<string>; keys: Set<string>; counts: PieceCounts },
): void {
  if (vertex.kind === 'session') keys.add(sessionKey(vertex.value))
  if (vertex.kind !== 'visitor' || !vertex.edges.some(names)) return
  visitors.add(vertex.value)
  if (counts.has(visitorKey(vertex.value))) keys.add(visitorKey(vertex.value))
  for (const edge of vertex.edges) {
    const other = otherEnd(edge, vertex)
    if (other.kind === 'session' && names(edge)) keys.add(sessionKey(other.value))
  }
}

function ownerOf(graph: Graph, key: string): string {
  return graph.find(key.startsWith('s') ? 'session' : 'visitor', key.slice(2))?.person ?? ''
}

function numberSessions(rows: readonly Session[], visitors: ReadonlySet<string>): void {
  const byVisitor = new Map<string, Session[]>()
  for (const row of rows) {
    if (row.bot || !visitors.has(row.visitor)) continue
    const own = byVisitor.get(row.visitor)
    if (own) own.push(row)
    else byVisitor.set(row.visitor, [row])
  }
  for (const own of byVisitor.values()) {
    own.sort((a, b) => a.started_at - b.started_at || compareText(a.id, b.id))
    own.forEach((row, index) => {
      row.session_number = index + 1
    })
  }
}
