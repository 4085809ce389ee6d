import type { Store } from '#storage/client.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { selectFact } from '../facts/fact-rows.ts'
import type { SenderSession } from '../facts/touched.ts'
import { splitKeys } from '../history/query-by-keys.ts'
import { sessionKey, visitorKey } from './session-index.ts'

/** Sender's sessions read together: bounds the events held at once. */
const SESSIONS_MAX = 800

/** All events of these sender's sessions, in groups that belong together, by the session's key. */
export async function* readEvents(
  store: Store,
  site: string,
  wanted: ReadonlyMap<string, SenderSession>,
): AsyncGenerator<Map<string, Fact<'events'>[]>> {
  const all = [...wanted]
  for (let from = 0; from < all.length; from += SESSIONS_MAX) {
    const some = new Map(all.slice(from, from + SESSIONS_MAX))
    const rows = (
      await Promise.all([
        readNamed(
          store,
          site,
          [...some.values()].filter(({ session }) => session !== ''),
        ),
        readUnnamed(
          store,
          site,
          [...some.values()].filter(({ session }) => session === ''),
        ),
      ])
    ).flat()
    const events = new Map<string, Fact<'events'>[]>([...some.keys()].map((key) => [key, []]))
    for (const row of rows) {
      // Visitors and sessions are asked for as two lists, so events of other pairs of them come along.
      events.get(row.session === '' ? visitorKey(row.visitor) : sessionKey(row.session))?.push(row)
    }
    yield events
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
         WHERE t.site = {site:String} AND t.visitor IN {visitors:Array(String)} AND t.session IN {sessions:Array(String)}`,
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
