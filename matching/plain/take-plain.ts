import type { Store } from '#storage/client.ts'
import { readShownAround, type ShownNumber } from '../calls/read-leases.ts'
import { type Fact, type FactBlock, readFactBlocks } from '../facts/fact-rows.ts'
import { inPortions, type Portion, untilPortions } from '../facts/read-new-facts.ts'
import { type SenderSession, type Touched, touchSession } from '../facts/touched.ts'
import { GatheredRows } from '../history/gathered-rows.ts'
import type { History } from '../history/history.ts'
import { keyLists } from '../history/query-by-keys.ts'
import { real } from '../identity/fact-claims.ts'
import type { PackedGraph } from '../identity/packed/packed-graph.ts'
import type { SiteState } from '../identity/site-state.ts'
import { readAhead } from '../read-ahead.ts'
import { compareText } from '../receipt.ts'
import type { SessionPiece } from '../sessions/cut-sessions.ts'
import { sessionKey } from '../sessions/session-index.ts'
import { LEASE_DISTANCE_MAX_MS } from '../sessions/shown-numbers.ts'
import type { SiteRules } from '../site-rules.ts'
import { addPlain } from './plain-rows.ts'
import { PLAIN_EVENTS_MAX, plainVisitor } from './plain-visitor.ts'

/** Fewer sessions touched in a step are taken with everything else: an insert of its own is dearer than they are. */
export const PLAIN_MIN = 4_000

/** Visitors whose events are read together. */
const VISITORS_MAX = 6_000

/** Groups read while another is looked at: ClickHouse has one to work on when the next is asked for. */
const GROUPS_AHEAD = 2

/** Sessions written together. */
const WRITTEN_TOGETHER = 50_000

export interface TakePlain {
  store: Store
  history: History
  rules: SiteRules
  state: Pick<SiteState, 'graph' | 'names'>
  /** Where the news stand. */
  portions: readonly Portion[]
  /** A version for each part that is written. */
  nextVersion(): number
  /** Asked between groups of visitors: what is ready is written then, and the others are left. */
  isStopping(): boolean
}

/**
 * Takes plain visitors into the history: most of a backlog. Their events are read once and by themselves, and nothing is
 * asked of the tables. Takes their sessions out of what is touched; all others are left in it.
 */
export async function takePlain(context: TakePlain, touched: Touched): Promise<void> {
  const { history, rules, state, portions, nextVersion, isStopping } = context
  const { graph, names } = state
  const packed = graph.packedAtRest
  if (!packed || eventsIn(portions).length === 0) return
  const reading = await beginAround(context)
  const groups = groupsOf(newSessions(packed, touched))
  let rows = new GatheredRows(nextVersion())
  const read = async (group: Map<string, string[]>) => ({ group, events: await readGroup(context, group) })
  let left = groups.length
  for await (const { group, events } of readAhead(groups, read, GROUPS_AHEAD)) {
    left -= 1
    const around = await reading()
    for (const [visitor, news] of group) {
      // One after the other: what is made of a visitor is written down, and gone, before the next one is looked at.
      const own = eventsOf(events, visitor)
      const plain = plainVisitor({ packed, names, projects: rules.projects }, visitor, { events: own, news })
      if (plain?.sessions.every((piece) => isWithin(piece, around) && !isBotWithNumber(piece, around))) {
        addPlain(plain, { graph, packed, rows, shown: around.shown })
      } else for (const session of news) touchSession(touched, session, visitor)
    }
    group.clear()
    const isLast = left === 0 || isStopping()
    if (rows.count('sessions') < WRITTEN_TOGETHER && !isLast) continue
    await history.writeGathered(rows)
    if (isLast) return
    rows = new GatheredRows(nextVersion())
  }
}

/** The numbers that the sessions of a step were shown. */
interface Around {
  first_ms: number
  last_ms: number
  shown: ReadonlyMap<string, readonly ShownNumber[]>
}

/** Returns when ClickHouse is at work on it: the sessions of a step take their time to be sorted out meanwhile. */
async function beginAround({ store, state, portions }: TakePlain): Promise<() => Promise<Around>> {
  const { site } = state.graph
  const events = eventsIn(portions)
  const reading = readShownAround(store, site, events, LEASE_DISTANCE_MAX_MS)
  // Whoever waits for it is told.
  reading.catch(() => undefined)
  const { sql, params } = inPortions(events)
  const [moments] = await store.query<{ first_ms: number; last_ms: number }>(
    `SELECT toFloat64(toUnixTimestamp64Milli(min(t.at))) AS first_ms, toFloat64(toUnixTimestamp64Milli(max(t.at))) AS last_ms
     FROM events AS t WHERE t.site = {site:String} AND ${sql}`,
    { site, ...params },
  )
  const shown = reading.then(bySession)
  shown.catch(() => undefined)
  return async () => ({ ...(moments as { first_ms: number; last_ms: number }), shown: await shown })
}

function bySession(leases: readonly ShownNumber[]): Map<string, ShownNumber[]> {
  const shown = new Map<string, ShownNumber[]>()
  for (const lease of leases) {
    const own = shown.get(lease.session)
    if (own) own.push(lease)
    else shown.set(lease.session, [lease])
  }
  return shown
}

function eventsIn(portions: readonly Portion[]): Portion[] {
  return portions.filter(({ table }) => table === 'events')
}

/** Whether all leases are known that may be of a session: of one that goes on in what landed later there may be others. */
function isWithin({ started_at, ended_at }: SessionPiece, { first_ms, last_ms }: Around): boolean {
  return started_at >= first_ms && ended_at <= last_ms
}

/** Whether calls that have been decided already may turn out to be those of others. */
function isBotWithNumber({ id, bot }: SessionPiece, { shown }: Around): boolean {
  return bot !== 0 && shown.has(id)
}

/** Takes out the new sessions of which facts name one visitor, of visitors without any other. */
function newSessions(packed: PackedGraph, touched: Touched): Map<string, string[]> {
  const byVisitor = new Map<string, string[]>()
  const left: SenderSession[] = []
  for (const one of touched.sessions.values()) {
    const [visitor] = one.visitors
    if (one.session === '' || one.visitors.size !== 1 || packed.find('session', one.session) !== 0) {
      left.push(one)
      continue
    }
    const known = byVisitor.get(visitor as string)
    if (known) known.push(one.session)
    else byVisitor.set(visitor as string, [one.session])
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
function groupsOf(news: Map<string, string[]>): Map<string, string[]>[] {
  const visitors = [...news.keys()].sort(compareText)
  const groups: (typeof news)[] = []
  for (let from = 0; from < visitors.length; from += VISITORS_MAX) {
    const some = visitors.slice(from, from + VISITORS_MAX)
    groups.push(new Map(some.map((visitor) => [visitor, news.get(visitor) as string[]])))
  }
  return groups
}

interface GroupEvents {
  blocks: readonly FactBlock<'events'>[]
  /** By visitor in which block each event stands, and where in it. */
  places: ReadonlyMap<string, number[]>
}

/**
 * All events of these visitors that have been read by the end of this step: copies under other sessions are among them. What
 * landed later is looked at with the step that it belongs to.
 */
async function readGroup(
  { store, state, portions }: TakePlain,
  group: ReadonlyMap<string, unknown>,
): Promise<GroupEvents> {
  const until = untilPortions(eventsIn(portions))
  const places = new Map<string, number[]>([...group.keys()].map((visitor) => [visitor, []]))
  const blocks: FactBlock<'events'>[] = []
  for (const visitors of keyLists('visitors', places.keys())) {
    const some = await readFactBlocks(
      store,
      'events',
      `WHERE t.site = {site:String} AND t.visitor IN ${visitors.sql} AND ${until.sql}
       LIMIT ${PLAIN_EVENTS_MAX + 1} BY t.visitor`,
      { site: state.graph.site, ...until.params, ...visitors.params },
    )
    for (const block of some) {
      const column = block.column('visitor')
      for (let row = 0; row < block.rows; row++) places.get(column.at(row) as string)?.push(blocks.length, row)
      blocks.push(block)
    }
  }
  return { blocks, places }
}

/** Made when they are looked at, so that few are there at a time. */
function eventsOf({ blocks, places }: GroupEvents, visitor: string): Fact<'events'>[] {
  const own = places.get(visitor) ?? []
  const events: Fact<'events'>[] = []
  for (let at = 0; at < own.length; at += 2) {
    events.push((blocks[own[at] as number] as FactBlock<'events'>).fact(own[at + 1] as number))
  }
  return events
}
