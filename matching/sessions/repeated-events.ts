import { isJunk } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import type { Fact } from '../facts/fact-rows.ts'
import type { SenderSession } from '../facts/touched.ts'
import { queryByKeys } from '../history/query-by-keys.ts'
import { compareEdgeReceipts, type Edge, otherEnd, type Vertex } from '../identity/edge.ts'
import type { Graph } from '../identity/graph.ts'
import { compareReceipts, type Receipt } from '../receipt.ts'

/** An event sent again under another session id, after the log had forgotten it. */
export interface Repeats {
  /** Whether an earlier received copy of this event counts, in another session of its visitor. */
  isRepeat(event: Fact<'events'>): boolean
  /** All senders' sessions that have copies: one that arrives late may be the first. */
  sessions: SenderSession[]
}

interface Repeat extends Receipt {
  visitor: string
  id: string
  sessions: string[]
}

/**
 * Finds events that these visitors sent under several session ids. One visitor's events stand together in the table; to
 * look for an id at every visitor would be to read the table.
 */
export async function findRepeats(store: Store, site: string, visitors: Iterable<string>): Promise<Repeats> {
  // Everybody's visitor id has everybody's events: too many to look through each time one arrives.
  const known = [...visitors].filter((visitor) => !isJunk('visitor', visitor))
  const rows = await queryByKeys<Repeat>(
    store,
    `SELECT t.visitor AS visitor, t.id AS id, groupUniqArray(t.session) AS sessions, 'events' AS table,
       argMin((t.received_at, t.node, t.segment, t.row), (t.received_at, t.node, t.segment, t.row)) AS first,
       toFloat64(toUnixTimestamp64Milli(first.1)) AS received_at, first.2 AS node, first.3 AS segment, first.4 AS row
     FROM events AS t WHERE t.site = {site:String} AND t.visitor IN {keys:Array(String)}
     GROUP BY t.visitor, t.id HAVING min(t.session) != max(t.session)`,
    { site },
    known,
  )
  const firsts = new Map(rows.map((row) => [`${row.visitor}\n${row.id}`, row]))
  return {
    isRepeat(event) {
      const first = firsts.get(`${event.visitor}\n${event.id}`)
      return first !== undefined && compareReceipts(first, event) < 0
    },
    sessions: rows.flatMap(({ visitor, sessions }) =>
      sessions.map((session) => ({ session, visitors: new Set([visitor]) })),
    ),
  }
}

/** Who sent these forms. Looked up by id in the whole table: for the rare form that is found to be a repeat late. */
export async function sendersOfForms(store: Store, site: string, ids: Iterable<string>): Promise<SenderSession[]> {
  const rows = await queryByKeys<{ visitor: string; session: string }>(
    store,
    `SELECT DISTINCT t.visitor AS visitor, t.session AS session FROM events AS t
     WHERE t.site = {site:String} AND t.id IN {keys:Array(String)} AND t.type = 'form' AND t.bot = 0`,
    { site },
    ids,
  )
  return rows.map(({ visitor, session }) => ({ session, visitors: new Set([visitor]) }))
}

/** Whoever sent events under these sessions, also those of whom nothing counts. */
export async function sendersInSessions(
  store: Store,
  site: string,
  sessions: Iterable<string>,
): Promise<SenderSession[]> {
  const rows = await queryByKeys<{ visitor: string; session: string }>(
    store,
    `SELECT DISTINCT t.visitor AS visitor, t.session AS session FROM events AS t
     WHERE t.site = {site:String} AND t.session IN {keys:Array(String)}`,
    { site },
    sessions,
  )
  return rows.map(({ visitor, session }) => ({ session, visitors: new Set([visitor]) }))
}

/** Where other copies of this form began the same lead: sent by another visitor, they are found by the lead. */
export function otherForms(graph: Graph, form: Fact<'events'>): { edge: Edge; isEarlier: boolean }[] {
  if (form.type !== 'form' || form.bot !== 0) return []
  return (graph.find('lead', form.id)?.edges ?? [])
    .filter((edge) => edge.fact === 'event' && edge.fact_id === form.id)
    .map((edge) => ({ edge, order: compareEdgeReceipts(edge, { ...edge, ...placeOf(form) }) }))
    .filter(({ order }) => order !== 0)
    .map(({ edge, order }) => ({ edge, isEarlier: order < 0 }))
}

/** The sender's session, or the visitor without one, in which a form was sent. */
export function homeOfForm(edge: Edge, lead: Vertex | undefined): SenderSession | undefined {
  const home = lead && otherEnd(edge, lead)
  if (home?.kind === 'session') return { session: home.value, visitors: new Set() }
  return home?.kind === 'visitor' ? { session: '', visitors: new Set([home.value]) } : undefined
}

function placeOf({ received_at, node, segment, row }: Receipt): Omit<Receipt, 'table'> {
  return { received_at, node, segment, row }
}
