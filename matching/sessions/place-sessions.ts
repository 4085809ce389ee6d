import type { History } from '../history/history.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { names as isNaming, otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import type { Group } from '../identity/recompute.ts'
import { compareText } from '../receipt.ts'
import type { FreshSession } from './derive-sessions.ts'
import { sessionKey, visitorKey } from './session-index.ts'
import type { SessionNames } from './session-names.ts'

type Session = HistoryRow<'sessions'>

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
  names: SessionNames
  groups: readonly Group[]
  fresh: ReadonlyMap<string, FreshSession[]>
  /** Sender's sessions that facts of these groups name, whosever they are. */
  named: ReadonlySet<string>
  /** Visitors of whose sessions without an id these groups' facts were part. */
  cutVisitors: ReadonlySet<string>
}

/** Brings together the sessions around some persons: whose they are, and which of the visitor's they are. */
export async function placeSessions(options: Options): Promise<PlacedSessions> {
  const { graph, history, names, groups, fresh, named, cutVisitors } = options
  const visitors = new Set<string>()
  const keys = new Set<string>(fresh.keys())
  for (const name of named) keys.add(names.pieceOf(name) ?? sessionKey(name))
  for (const visitor of cutVisitors) keys.add(visitorKey(visitor))
  for (const { members } of groups) for (const vertex of members) collect(vertex, { visitors, keys, names })
  // Of a sender nobody had heard of there is nothing to read: all its rows are put.
  const isNew = (key: string) => (fresh.get(key)?.length ?? 0) > 0 && !isStored(graph, names, key)
  const ids = new Set([...keys].flatMap((key) => (isNew(key) ? [] : names.ever(key))))
  const current = await history.sessions(graph.site, [...ids])
  const byId = new Map(current.map((row) => [row.id, row]))
  const bySender = new Map<string, Session[]>()
  for (const key of keys) {
    const rows =
      fresh.get(key)?.map((row) => ({ ...row, person: '', session_number: row.bot ? 0 : 1 })) ??
      names.of(key).flatMap((id) => {
        const row = byId.get(id)
        return row ? [{ ...row }] : []
      })
    for (const row of rows) row.person = row.bot ? '' : ownerOf(graph, key)
    bySender.set(key, rows)
  }
  const wanted = [...bySender.values()].flat()
  numberSessions(wanted, visitors)
  // Facts may name a later piece of a sender's session, as they read it in the history.
  for (const name of named) {
    const sender = names.pieceOf(name)
    const piece = sender !== undefined && bySender.get(sender)?.find((row) => row.id === name)
    if (piece) bySender.set(sessionKey(name), [piece])
  }
  return { current, wanted, bySender }
}

/** Whether tables may hold rows of a sender that are not among those it has now. */
function isStored(graph: Graph, names: SessionNames, key: string): boolean {
  const vertex = graph.find(key.startsWith('s') ? 'session' : 'visitor', key.slice(2))
  return vertex === undefined || !graph.born.has(vertex) || names.had(key)
}

/** A visitor brings all sessions that name it: only so can they be counted. */
function collect(
  vertex: Vertex,
  { visitors, keys, names }: { visitors: Set<string>; keys: Set<string>; names: SessionNames },
): void {
  if (vertex.kind === 'session') keys.add(sessionKey(vertex.value))
  if (vertex.kind !== 'visitor' || !vertex.edges.some(isNaming)) return
  visitors.add(vertex.value)
  if (names.has(visitorKey(vertex.value))) keys.add(visitorKey(vertex.value))
  for (const edge of vertex.edges) {
    const other = otherEnd(edge, vertex)
    if (other.kind === 'session' && isNaming(edge)) keys.add(sessionKey(other.value))
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
