import type { Store } from '#storage/client.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { readFactRows } from '../facts/fact-rows.ts'
import type { SenderSession } from '../facts/touched.ts'
import { keyLists } from '../history/query-by-keys.ts'
import { compareText } from '../receipt.ts'
import { findRepeats, type Repeats } from './repeated-events.ts'
import { sessionKey, visitorKey } from './session-index.ts'

/** Sender's sessions read together: bounds the events held at once. */
const SESSIONS_MAX = 4_000

export interface SomeEvents {
  /** By the session's key. */
  events: Map<string, Fact<'events'>[]>
  /** What of them was sent under other sessions as well. */
  repeats: Repeats
}

/**
 * Events of one visitor in one session that are looked at, the oldest; forms and what names a person beside them. A
 * script gone wild sends on for ever, and each event of it would mean to read all of them.
 */
export const SESSION_EVENTS_MAX = 20_000

/** The same of a visitor whose sender names no sessions: their visits of years are cut together. */
const UNNAMED_EVENTS_MAX = 100_000

/** The first group of what will be asked for, read ahead. */
export interface EventsAhead {
  group: readonly [string, SenderSession][]
  read: Promise<SomeEvents>
}

/** Begins to read the first group of these sessions. */
export function readAhead(store: Store, site: string, wanted: ReadonlyMap<string, SenderSession>): EventsAhead {
  return ahead(store, site, byVisitor(wanted).slice(0, SESSIONS_MAX))
}

/**
 * All events of these sender's sessions, in groups that belong together. The next group is read while one is told; the
 * first may have been read ahead.
 */
export async function* readEvents(
  store: Store,
  site: string,
  wanted: ReadonlyMap<string, SenderSession>,
  known?: EventsAhead,
): AsyncGenerator<SomeEvents> {
  const all = byVisitor(wanted)
  const first = all.slice(0, SESSIONS_MAX)
  let next = known && isSame(known.group, first) ? known : ahead(store, site, first)
  for (let from = 0; from < all.length; from += SESSIONS_MAX) {
    const some = await next.read
    next = ahead(store, site, all.slice(from + SESSIONS_MAX, from + 2 * SESSIONS_MAX))
    yield some
  }
}

function ahead(store: Store, site: string, group: readonly [string, SenderSession][]): EventsAhead {
  const read = readSome(store, site, group)
  // Whoever waits for it is told; if nobody comes to that, it does not matter any more.
  read.catch(() => undefined)
  return { group, read }
}

/** As the table is sorted: each group is then read from a part of it. */
function byVisitor(wanted: ReadonlyMap<string, SenderSession>): [string, SenderSession][] {
  return [...wanted].sort(([a_key, a], [b_key, b]) => compareText(firstOf(a), firstOf(b)) || compareText(a_key, b_key))
}

/** Other visitors of a session may have become known since it was read ahead. */
function isSame(a: readonly [string, SenderSession][], b: readonly [string, SenderSession][]): boolean {
  return (
    a.length === b.length &&
    a.every(([key, { visitors }], index) => {
      const [other, { visitors: others }] = b[index] as [string, SenderSession]
      return key === other && visitors.size === others.size && [...visitors].every((visitor) => others.has(visitor))
    })
  )
}

function firstOf({ visitors }: SenderSession): string {
  for (const visitor of visitors) return visitor
  return ''
}

async function readSome(store: Store, site: string, some: readonly [string, SenderSession][]): Promise<SomeEvents> {
  const events = new Map<string, Fact<'events'>[]>(some.map(([key]) => [key, []]))
  if (some.length === 0) return { events, repeats: { isRepeat: () => false, sessions: [] } }
  const sessions = some.map(([, one]) => one)
  const visitors = new Set(sessions.flatMap((one) => [...one.visitors]))
  const [named, unnamed, repeats] = await Promise.all([
    readNamed(
      store,
      site,
      sessions.filter(({ session }) => session !== ''),
    ),
    readUnnamed(
      store,
      site,
      sessions.filter(({ session }) => session === ''),
    ),
    findRepeats(store, site, visitors),
  ])
  for (const rows of [named, unnamed]) {
    for (const row of rows) {
      // Visitors and sessions are asked for as two lists, so events of other pairs of them come along.
      events.get(row.session === '' ? visitorKey(row.visitor) : sessionKey(row.session))?.push(row)
    }
  }
  return { events, repeats }
}

async function readNamed(store: Store, site: string, wanted: SenderSession[]): Promise<Fact<'events'>[]> {
  const rows: Fact<'events'>[] = []
  const all = wanted.map(({ session }) => session)
  for (const sessions of keyLists('sessions', all)) {
    for (const visitors of keyLists('visitors', new Set(wanted.flatMap((one) => [...one.visitors])))) {
      const some = await readFactRows(
        store,
        'events',
        `WHERE t.site = {site:String} AND t.visitor IN ${visitors.sql} AND t.session IN ${sessions.sql}
         ORDER BY t.at, t.received_at, t.node, t.segment, t.row
         LIMIT ${SESSION_EVENTS_MAX} BY t.visitor, t.session, t.type IN ('form', 'identify')`,
        { site, ...visitors.params, ...sessions.params },
      )
      for (const row of some) rows.push(row)
    }
  }
  return rows
}

async function readUnnamed(store: Store, site: string, wanted: SenderSession[]): Promise<Fact<'events'>[]> {
  const rows: Fact<'events'>[] = []
  for (const visitors of keyLists(
    'visitors',
    wanted.flatMap((one) => [...one.visitors]),
  )) {
    const some = await readFactRows(
      store,
      'events',
      // Of a sender's constant «visitor» there may be millions.
      `WHERE t.site = {site:String} AND t.visitor IN ${visitors.sql} AND t.session = ''
       ORDER BY t.at, t.received_at, t.node, t.segment, t.row
       LIMIT ${UNNAMED_EVENTS_MAX} BY t.visitor, t.type IN ('form', 'identify')`,
      { site, ...visitors.params },
    )
    for (const row of some) rows.push(row)
  }
  return rows
}
