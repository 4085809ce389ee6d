import type { Store } from '#storage/client.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { selectFact } from '../facts/fact-rows.ts'
import type { SenderSession } from '../facts/touched.ts'
import { splitKeys } from '../history/query-by-keys.ts'
import { findRepeats, type Repeats } from './repeated-events.ts'
import { sessionKey, visitorKey } from './session-index.ts'

/** Sender's sessions read together: bounds the events held at once. */
const SESSIONS_MAX = 800

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

/** All events of these sender's sessions, in groups that belong together. */
export async function* readEvents(
  store: Store,
  site: string,
  wanted: ReadonlyMap<string, SenderSession>,
): AsyncGenerator<SomeEvents> {
  const all = [...wanted]
  for (let from = 0; from < all.length; from += SESSIONS_MAX) {
    const some = new Map(all.slice(from, from + SESSIONS_MAX))
    const sessions = [...some.values()]
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
    const events = new Map<string, Fact<'events'>[]>([...some.keys()].map((key) => [key, []]))
    for (const rows of [named, unnamed]) {
      for (const row of rows) {
        // Visitors and sessions are asked for as two lists, so events of other pairs of them come along.
        events.get(row.session === '' ? visitorKey(row.visitor) : sessionKey(row.session))?.push(row)
      }
    }
    yield { events, repeats }
  }
}

async function readNamed(store: Store, site: string, wanted: SenderSession[]): Promise<Fact<'events'>[]> {
  const rows: Fact<'events'>[] = []
  for (const sessions of splitKeys(wanted.map(({ session }) => session))) {
    const visitors = new Set<string>()
    const inPiece = new Set(sessions)
    for (const one of wanted) if (inPiece.has(one.session)) for (const visitor of one.visitors) visitors.add(visitor)
    for (const piece of splitKeys(visitors)) {
      const some = await store.query<Fact<'events'>>(
        `SELECT ${selectFact('events')} FROM events AS t
         WHERE t.site = {site:String} AND t.visitor IN {visitors:Array(String)} AND t.session IN {sessions:Array(String)}
         ORDER BY t.at, t.received_at, t.node, t.segment, t.row
         LIMIT ${SESSION_EVENTS_MAX} BY t.visitor, t.session, t.type IN ('form', 'identify')`,
        { site, visitors: piece, sessions },
      )
      for (const row of some) rows.push(row)
    }
  }
  return rows
}

async function readUnnamed(store: Store, site: string, wanted: SenderSession[]): Promise<Fact<'events'>[]> {
  const rows: Fact<'events'>[] = []
  for (const visitors of splitKeys(wanted.flatMap((one) => [...one.visitors]))) {
    const some = await store.query<Fact<'events'>>(
      `SELECT ${selectFact('events')} FROM events AS t
       WHERE t.site = {site:String} AND t.visitor IN {visitors:Array(String)} AND t.session = ''`,
      { site, visitors },
    )
    for (const row of some) rows.push(row)
  }
  return rows
}
