import type { Store } from '#storage/client.ts'
import { inPortions, type Portion } from '../facts/read-new-facts.ts'
import { queryByKeys, splitKeys } from '../history/query-by-keys.ts'
import { GONE_MAX_MS } from './call-model.ts'
import { CLOCK_REACH_MS } from './clock-evidence.ts'
import { SHIFT_REACH_MS } from './clock-shift.ts'
import { LEASE_LIFE_MAX_MS, type Lease } from './match-call.ts'

/** Calls asked about in one query. */
const CALLS_MAX = 500

/** A lease can decide calls that ring this long before it, by a clock that is off, and this long after its end. */
export const LEASE_AROUND_MS = { before: CLOCK_REACH_MS, after: GONE_MAX_MS + CLOCK_REACH_MS } as const

/** How far from a call leases are looked for. */
interface Reach {
  before: number
  after: number
}

/** By clocks that are off by whole quarter hours. */
export const LEASE_FAR_MS = { before: SHIFT_REACH_MS, after: SHIFT_REACH_MS } as const

interface CallMoment {
  id: string
  to: string
  at: number
}

/** For each call the leases of its number that may decide it, by the newest word on each lease. */
export async function readLeasesOfCalls(
  store: Store,
  site: string,
  calls: readonly CallMoment[],
  reach: Reach = LEASE_AROUND_MS,
): Promise<Map<string, Lease[]>> {
  const found = new Map<string, Lease[]>()
  const byTime = calls.toSorted((a, b) => a.at - b.at)
  for (let from = 0; from < byTime.length; from += CALLS_MAX) {
    const some = byTime.slice(from, from + CALLS_MAX)
    for (const { call, ...lease } of await readSome(store, site, some, reach)) {
      const leases = found.get(call)
      if (leases) leases.push(lease)
      else found.set(call, [lease])
    }
  }
  return found
}

function readSome(
  store: Store,
  site: string,
  calls: readonly CallMoment[],
  { before, after }: Reach,
): Promise<(Lease & { call: string })[]> {
  return store.query(
    `SELECT c.call AS call, l.session AS session, l.visitor AS visitor, l.pool AS pool,
       l.from_ms AS from_ms, l.seen_ms AS seen_ms, l.to_ms AS to_ms
     FROM (
       SELECT t.number AS number, t.session AS session,
         toFloat64(toUnixTimestamp64Milli(t.from)) AS from_ms,
         argMax((t.visitor, t.pool, t.seen, t.to), (t.received_at, t.node, t.segment, t.row)) AS last,
         last.1 AS visitor, last.2 AS pool,
         toFloat64(toUnixTimestamp64Milli(last.3)) AS seen_ms, toFloat64(toUnixTimestamp64Milli(last.4)) AS to_ms
       FROM leases AS t
       WHERE t.site = {site:String} AND t.number IN {numbers:Array(String)} AND t.session != ''
         AND t.from >= fromUnixTimestamp64Milli({from_ms:Int64}) AND t.from <= fromUnixTimestamp64Milli({to_ms:Int64})
       GROUP BY t.number, t.session, t.from
     ) AS l
     INNER JOIN (
       SELECT tupleElement(asked, 1) AS call, tupleElement(asked, 2) AS number, tupleElement(asked, 3) AS at_ms
       FROM (SELECT arrayJoin(arrayZip({calls:Array(String)}, {called:Array(String)}, {moments:Array(Float64)})) AS asked)
     ) AS c ON l.number = c.number
     WHERE l.from_ms <= c.at_ms + {before_ms:Int64} AND c.at_ms <= greatest(l.to_ms, l.seen_ms) + {after_ms:Int64}
       AND c.at_ms <= l.from_ms + {life_ms:Int64}`,
    {
      site,
      numbers: [...new Set(calls.map((call) => call.to))],
      calls: calls.map((call) => call.id),
      called: calls.map((call) => call.to),
      moments: calls.map((call) => call.at),
      from_ms: (calls[0] as CallMoment).at - LEASE_LIFE_MAX_MS - before,
      to_ms: (calls.at(-1) as CallMoment).at + before,
      before_ms: before,
      after_ms: after,
      // A little longer than a lease lives: by a clock that is ahead the call is younger than it says.
      life_ms: LEASE_LIFE_MAX_MS + before,
    },
  )
}

/** A number that a visitor was shown. */
export interface LeaseOfVisitor {
  number: string
  visitor: string
  session: string
  from_ms: number
}

/** When these visitors were shown these numbers, between two moments. */
export async function readLeasesOfVisitors(
  store: Store,
  site: string,
  of: { visitors: readonly string[]; numbers: readonly string[]; from_ms: number; to_ms: number },
): Promise<LeaseOfVisitor[]> {
  const { visitors, numbers, from_ms, to_ms } = of
  if (visitors.length === 0 || numbers.length === 0) return []
  const rows: LeaseOfVisitor[] = []
  for (const some of splitKeys(new Set(visitors))) {
    const found = await queryByKeys<LeaseOfVisitor>(
      store,
      // Whoever any message about a lease names: an answer that looked at the newest one would depend on who is asked for.
      `SELECT DISTINCT t.number AS number, t.visitor AS visitor, t.session AS session,
         toFloat64(toUnixTimestamp64Milli(t.from)) AS from_ms
       FROM leases AS t
       WHERE t.site = {site:String} AND t.number IN {keys:Array(String)} AND t.visitor IN {visitors:Array(String)}
         AND t.session != ''
         AND t.from >= fromUnixTimestamp64Milli({from_ms:Int64}) AND t.from <= fromUnixTimestamp64Milli({to_ms:Int64})`,
      { site, visitors: some, from_ms, to_ms },
      numbers,
    )
    for (const row of found) rows.push(row)
  }
  return rows
}

/** The latest end that any message gave to a lease of these numbers begun between two moments. */
export async function latestEnd(
  store: Store,
  site: string,
  numbers: Iterable<string>,
  { from_ms, to_ms }: { from_ms: number; to_ms: number },
): Promise<number> {
  const rows = await queryByKeys<{ ended_ms: number }>(
    store,
    `SELECT toFloat64(toUnixTimestamp64Milli(max(greatest(t.to, t.seen)))) AS ended_ms FROM leases AS t
     WHERE t.site = {site:String} AND t.number IN {keys:Array(String)}
       AND t.from >= fromUnixTimestamp64Milli({from_ms:Int64}) AND t.from <= fromUnixTimestamp64Milli({to_ms:Int64})`,
    { site, from_ms, to_ms },
    numbers,
  )
  return rows.reduce((latest, { ended_ms }) => Math.max(latest, ended_ms), 0)
}

/** The numbers one session was shown, first shown first. */
export interface ShownNumber {
  session: string
  number: string
  pool: string
  from_ms: number
  to_ms: number
}

/** The numbers these sessions were shown between two moments; the table is sorted by number and time. */
export async function readShownNumbers(
  store: Store,
  site: string,
  sessions: Iterable<string>,
  { from_ms, to_ms }: { from_ms: number; to_ms: number },
): Promise<ShownNumber[]> {
  const sql = shownNumbers('t.session IN {keys:Array(String)}', {
    from: 'fromUnixTimestamp64Milli({from_ms:Int64})',
    to: 'fromUnixTimestamp64Milli({to_ms:Int64})',
  })
  return queryByKeys(store, sql, { site, from_ms, to_ms }, sessions)
}

/** The same for all sessions of some new events, so far before the first and behind the last of them. */
export async function readShownAround(
  store: Store,
  site: string,
  portions: readonly Portion[],
  distance_ms: number,
): Promise<ShownNumber[]> {
  const { sql, params } = inPortions(portions)
  const ofEvents = (said: string) => `(SELECT ${said} FROM events AS t WHERE t.site = {site:String} AND ${sql})`
  return store.query(
    shownNumbers(`t.session IN ${ofEvents('t.session')}`, {
      from: `${ofEvents('min(t.at)')} - toIntervalMillisecond({distance_ms:Int64})`,
      to: `${ofEvents('max(t.at)')} + toIntervalMillisecond({distance_ms:Int64})`,
    }),
    { site, distance_ms, ...params },
  )
}

function shownNumbers(ofSessions: string, { from, to }: { from: string; to: string }): string {
  return `SELECT t.session AS session, t.number AS number, toFloat64(toUnixTimestamp64Milli(t.from)) AS from_ms,
     argMax((t.pool, t.to), (t.received_at, t.node, t.segment, t.row)) AS last, last.1 AS pool,
     toFloat64(toUnixTimestamp64Milli(last.2)) AS to_ms
   FROM leases AS t
   WHERE t.site = {site:String} AND ${ofSessions} AND t.number != ''
     AND t.from >= ${from} AND t.from <= ${to}
   GROUP BY t.session, t.number, t.from
   ORDER BY from_ms, number`
}
