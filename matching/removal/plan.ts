import type { IdentifierKind } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import { type Edge, otherEnd, type Vertex } from '../identity/edge.ts'
import type { SiteState } from '../identity/site-state.ts'
import { sessionKey, visitorKey } from '../sessions/session-index.ts'

/**
 * What a row of a plan says:
 * - member: an identifier of which everything is taken back, to be told again by the facts that are left;
 * - again: beside it, looked at again;
 * - visit: events of visitor `other` in session `value` (empty: without one) are to be read again;
 * - row: a row of `sessions`, by its id;
 * - person: an id a member is or was known by as a person;
 * - keep: a visitor of somebody else whose events stand in a session of the plan;
 * - quarantine: a refused row, `node/segment/row` of the table in `kind`;
 * - before: facts about moments before `value` go. The last row of a plan by age: without it the plan is not whole.
 */
export type Role = 'member' | 'again' | 'visit' | 'row' | 'person' | 'keep' | 'quarantine' | 'before'

export interface PlanRow {
  role: Role
  kind: string
  value: string
  other: string
}

const INSERT_ROWS_MAX = 50_000

/** Writes rows of a plan where the deletions of every shard can see them. */
export async function writePlan(store: Store, job: string, rows: readonly PlanRow[]): Promise<void> {
  for (const shard of store.shards) {
    for (let from = 0; from < rows.length; from += INSERT_ROWS_MAX) {
      const some = rows.slice(from, from + INSERT_ROWS_MAX)
      await shard.insert(
        'removal_plans',
        some.map((row) => ({ job, ...row })),
      )
    }
  }
}

export async function readPlan(store: Store, job: string): Promise<PlanRow[]> {
  const rows: PlanRow[] = []
  for (const shard of store.shards) {
    const some = await shard.query<PlanRow>(
      'SELECT DISTINCT role, kind, value, other FROM removal_plans WHERE job = {job:String}',
      { job },
    )
    for (const row of some) rows.push(row)
  }
  return distinct(rows)
}

/** Its bytes go at once: a dropped partition waits for nothing. */
export async function dropPlan(store: Store, job: string): Promise<void> {
  for (const shard of store.shards) {
    await shard.command('ALTER TABLE removal_plans DROP PARTITION {job:String}', { job })
  }
}

export function distinct(rows: Iterable<PlanRow>): PlanRow[] {
  return [...new Map([...rows].map((row) => [JSON.stringify(row), row])).values()]
}

export function planRow(role: Role, kind: string, value: string, other = ''): PlanRow {
  return { role, kind, value, other }
}

/** A list of the plan's values for SQL, by role and kind. The values themselves never stand in a deletion's text. */
export function planned(roles: readonly Role[], kind?: IdentifierKind | 'session_row', columns = 'value'): string {
  const ofKind = kind === undefined ? '' : ` AND kind = '${kind}'`
  const list = roles.map((role) => `'${role}'`).join(', ')
  return `(SELECT ${columns} FROM removal_plans WHERE job = {job:String} AND role IN (${list})${ofKind})`
}

/** What hangs on these identifiers in the graph: it must be looked at again when they are taken back. */
export function around(
  state: SiteState,
  members: readonly { kind: string; value: string }[],
  others: readonly { kind: string; value: string }[],
): PlanRow[] {
  const { graph, names } = state
  const rows: PlanRow[] = members.map(({ kind, value }) => planRow('member', kind, value))
  const inPlan = new Set(members.map(({ kind, value }) => `${kind}\n${value}`))
  const vertices = members.flatMap(({ kind, value }) => graph.find(kind as IdentifierKind, value) ?? [])
  const beside = new Set<Vertex>()
  const touch = (vertex: Vertex | undefined) => {
    if (vertex && !inPlan.has(`${vertex.kind}\n${vertex.value}`)) beside.add(vertex)
  }
  for (const { kind, value } of others) touch(graph.find(kind as IdentifierKind, value))
  for (const vertex of vertices) {
    for (const edge of vertex.edges) {
      touch(otherEnd(edge, vertex))
      touch(toldBy(graph, edge))
    }
  }
  for (const vertex of beside) rows.push(planRow('again', vertex.kind, vertex.value))
  for (const vertex of [...vertices, ...beside]) rows.push(...visitsOf(vertex))
  for (const { kind, value } of rows.filter(({ role }) => role === 'member' || role === 'again')) {
    const key = kind === 'session' ? sessionKey(value) : kind === 'visitor' ? visitorKey(value) : undefined
    for (const id of key === undefined ? [] : names.ever(key)) rows.push(planRow('row', 'session_row', id))
  }
  return rows
}

/** The call, lead or deal whose messages told an edge. */
function toldBy(graph: SiteState['graph'], { fact, fact_id }: Edge): Vertex | undefined {
  if (fact === 'event' || fact === 'annotation') return undefined
  if (fact === 'same') return graph.find('lead', fact_id)
  return graph.find(fact === 'match' ? 'call' : fact, fact_id)
}

/** The events that told what the graph knows of a visitor, a session or the lead of a form. */
function visitsOf(vertex: Vertex): PlanRow[] {
  if (vertex.kind === 'visitor') {
    const sessions = eventEnds(vertex, 'session').map(({ value }) => planRow('visit', 'session', value, vertex.value))
    return [...sessions, planRow('visit', 'session', '', vertex.value)]
  }
  if (vertex.kind === 'session') {
    return eventEnds(vertex, 'visitor').map(({ value }) => planRow('visit', 'session', vertex.value, value))
  }
  if (vertex.kind !== 'lead') return []
  return [...eventEnds(vertex, 'session'), ...eventEnds(vertex, 'visitor')].flatMap(visitsOf)
}

function eventEnds(vertex: Vertex, kind: IdentifierKind): Vertex[] {
  const ends = vertex.edges.filter(({ fact }) => fact === 'event').map((edge) => otherEnd(edge, vertex))
  return ends.filter((end) => end.kind === kind && end !== vertex)
}
