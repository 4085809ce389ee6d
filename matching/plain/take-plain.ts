import type { Store } from '#storage/client.ts'
import { readShownNumbers, type ShownNumber } from '../calls/read-leases.ts'
import { type Fact, readFactRows } from '../facts/fact-rows.ts'
import { type SenderSession, type Touched, touchSession } from '../facts/touched.ts'
import type { History } from '../history/history.ts'
import { keyLists } from '../history/query-by-keys.ts'
import { real } from '../identity/fact-claims.ts'
import type { PackedGraph } from '../identity/packed/packed-graph.ts'
import type { SiteState } from '../identity/site-state.ts'
import { compareText } from '../receipt.ts'
import { sessionKey } from '../sessions/session-index.ts'
import { LEASE_DISTANCE_MAX_MS, numbersOfPieces } from '../sessions/shown-numbers.ts'
import type { SiteRules } from '../site-rules.ts'
import { addPlain, type PlainRows } from './plain-rows.ts'
import { PLAIN_EVENTS_MAX, type PlainVisitor, plainVisitor } from './plain-visitor.ts'

/** Fewer sessions touched in a step are taken with everything else: an insert of its own is dearer than they are. */
export const PLAIN_MIN = 4_000

/** Visitors whose events are read together. */
const VISITORS_MAX = 3_000

/** Sessions written together. */
const WRITTEN_TOGETHER = 20_000

export interface TakePlain {
  store: Store
  history: History
  rules: SiteRules
  state: Pick<SiteState, 'graph' | 'names'>
  /** A version for each part that is written. */
  nextVersion(): number
}

/**
 * Takes plain visitors into the history: most of a backlog. Their events are read once and by themselves, and nothing is
 * asked of the tables. Takes their sessions out of what is touched; all others are left in it.
 */
export async function takePlain(context: TakePlain, touched: Touched): Promise<void> {
  const { store, rules, state } = context
  const { graph, names } = state
  const packed = graph.atRest
  if (!packed) return
  const groups = groupsOf(newSessions(packed, touched))
  const writer = openWriter(context)
  let next = groups[0] && readGroup(store, graph.site, groups[0])
  for (const [index, group] of groups.entries()) {
    const events = await (next as NonNullable<typeof next>)
    const after = groups[index + 1]
    next = after && readGroup(store, graph.site, after)
    // Whoever waits for it is told; if nobody comes to that, it does not matter any more.
    next?.catch(() => undefined)
    const found: PlainVisitor[] = []
    for (const [visitor, news] of group) {
      const plain = plainVisitor({ packed, names, projects: rules.projects }, visitor, {
        events: events.get(visitor) ?? [],
        news,
      })
      if (plain) found.push(plain)
    }
    const taken = alone(found)
    for (const plain of taken) {
      addPlain(plain, { graph, packed, rows: writer.rows })
      group.delete(plain.visitor)
    }
    for (const [visitor, news] of group) for (const session of news) touchSession(touched, session, visitor)
    group.clear()
    await writer.written(WRITTEN_TOGETHER)
  }
  await writer.written(0)
}

/** Takes out the new sessions of which facts name one visitor, of visitors without any other. */
function newSessions(packed: PackedGraph, touched: Touched): Map<string, Set<string>> {
  const byVisitor = new Map<string, Set<string>>()
  const left: SenderSession[] = []
  for (const one of touched.sessions.values()) {
    const [visitor] = one.visitors
    if (one.session === '' || one.visitors.size !== 1 || packed.find('session', one.session) !== 0) {
      left.push(one)
      continue
    }
    const known = byVisitor.get(visitor as string)
    if (known) known.add(one.session)
    else byVisitor.set(visitor as string, new Set([one.session]))
  }
  touched.sessions.clear()
  const putBack = (visitor: string) => {
    for (const session of byVisitor.get(visitor) ?? []) touchSession(touched, session, visitor)
    byVisitor.delete(visitor)
  }
  for (const { session, visitors } of left) {
    for (const visitor of visitors) {
      touchSession(touched, session, visitor)
      putBack(visitor)
    }
    if (visitors.size === 0) touched.sessions.set(sessionKey(session), { session, visitors: new Set() })
  }
  for (const visitor of [...byVisitor.keys()]) if (!real('visitor', visitor)) putBack(visitor)
  return byVisitor
}

/** As the table is sorted: each group is then read from a part of it. */
function groupsOf(news: Map<string, Set<string>>): Map<string, Set<string>>[] {
  const visitors = [...news.keys()].sort(compareText)
  const groups: (typeof news)[] = []
  for (let from = 0; from < visitors.length; from += VISITORS_MAX) {
    const some = visitors.slice(from, from + VISITORS_MAX)
    groups.push(new Map(some.map((visitor) => [visitor, news.get(visitor) as Set<string>])))
  }
  return groups
}

/** All events of these visitors, by visitor: copies under other sessions are among them. */
async function readGroup(
  store: Store,
  site: string,
  group: ReadonlyMap<string, unknown>,
): Promise<Map<string, Fact<'events'>[]>> {
  const events = new Map<string, Fact<'events'>[]>([...group.keys()].map((visitor) => [visitor, []]))
  for (const visitors of keyLists('visitors', events.keys())) {
    const rows = await readFactRows(
      store,
      'events',
      `WHERE t.site = {site:String} AND t.visitor IN ${visitors.sql} LIMIT ${PLAIN_EVENTS_MAX + 1} BY t.visitor`,
      { site, ...visitors.params },
    )
    for (const row of rows) events.get(row.visitor)?.push(row)
  }
  return events
}

/** Those whose counters' ids none of the others bears. Their sessions are their own. */
function alone(found: readonly PlainVisitor[]): PlainVisitor[] {
  const bearers = new Map<string, number>()
  for (const { names } of found) {
    for (const { kind, value } of names) {
      if (kind === 'session') continue
      const key = `${kind}\n${value}`
      bearers.set(key, (bearers.get(key) ?? 0) + 1)
    }
  }
  const common = new Set([...bearers].filter(([, count]) => count > 1).map(([key]) => key))
  if (common.size === 0) return [...found]
  return found.filter(({ names }) => names.every(({ kind, value }) => !common.has(`${kind}\n${value}`)))
}

/** Writes what was gathered in large parts, while more is gathered. */
function openWriter({ store, history, state, nextVersion }: TakePlain) {
  const empty = (): PlainRows => ({ identities: [], edges: [], sessions: [] })
  let writing: Promise<void> = Promise.resolve()
  const write = async ({ identities, edges, sessions }: PlainRows) => {
    await addNumbers(store, state.graph.site, sessions)
    const put = <Row>(rows: Row[]) => ({ put: rows, drop: [] })
    const changes = { identities: put(identities), edges: put(edges), sessions: put(sessions) }
    await history.write(changes, nextVersion())
  }
  const writer = {
    rows: empty(),
    /** Begins to write when there is more than so much, once all before is on its way. */
    async written(sessions_max: number): Promise<void> {
      if (sessions_max > 0 && writer.rows.sessions.length < sessions_max) return
      await writing
      const { rows } = writer
      writer.rows = empty()
      writing = rows.sessions.length > 0 ? write(rows) : writing
      writing.catch(() => undefined)
      if (sessions_max === 0) await writing
    },
  }
  return writer
}

/** The numbers that were shown in these sessions. */
async function addNumbers(store: Store, site: string, sessions: PlainRows['sessions']): Promise<void> {
  const from_ms = sessions.reduce((least, row) => Math.min(least, row.started_at), Number.POSITIVE_INFINITY)
  const to_ms = sessions.reduce((most, row) => Math.max(most, row.ended_at), 0)
  const shown = new Map<string, ShownNumber[]>()
  const within = { from_ms: from_ms - LEASE_DISTANCE_MAX_MS, to_ms: to_ms + LEASE_DISTANCE_MAX_MS }
  const ids = sessions.map(({ id }) => id)
  for (const lease of await readShownNumbers(store, site, ids, within)) {
    const leases = shown.get(lease.session)
    if (leases) leases.push(lease)
    else shown.set(lease.session, [lease])
  }
  for (const row of sessions) Object.assign(row, numbersOfPieces([row], shown.get(row.id) ?? [])[0])
}
