import type { Store } from '#storage/client.ts'
import type { History } from '../history/history.ts'
import { type HistoryRow, keyOf, selectColumns } from '../history/history-tables.ts'
import { queryByKeys } from '../history/query-by-keys.ts'
import type { SiteState } from '../identity/site-state.ts'
import { crowdPattern, crowdSign, NORM_DAYS, withCrowdSigns } from './crowd-signs.ts'
import { keyOfDay, readKey } from './fraud-keys.ts'
import { KeyCounts } from './key-counts.ts'

type Conversion = HistoryRow<'conversions'>
type Touchpoint = HistoryRow<'touchpoints'>

interface Rows {
  conversions: Conversion[]
  touchpoints: Touchpoint[]
}

interface Crowd {
  store: Store
  history: History
  state: Pick<SiteState, 'graph' | 'requests'>
}

/**
 * Adds the signs that requests of different persons show together: many from one number or address, a burst of one
 * placement. `current` are the rows as they stand, `wanted` as they are to be. Where a count crosses a step, the rows of
 * others under that key join both, so that all of them are written with what they show now.
 */
export async function scoreCrowd({ store, history, state }: Crowd, current: Rows, wanted: Rows): Promise<void> {
  const { site } = state.graph
  const others = new Map<string, Conversion>()
  if (!state.requests) {
    const opened = await openCounts(store, history, site)
    state.requests = opened.counts
    for (const row of opened.stale) others.set(keyOf('conversions', row), row)
  }
  const counts = state.requests
  const changes = changesOf(current.conversions, wanted.conversions)
  const crossed = applyChanges(counts, changes)
  for (const row of await bearersOf(store, history, site, crossed)) others.set(keyOf('conversions', row), row)
  for (const row of [...current.conversions, ...wanted.conversions]) others.delete(keyOf('conversions', row))
  const countOf = (key: string) => counts.get(key)
  wanted.conversions = wanted.conversions.map((row) => (row.kind === 'lead' ? withCrowdSigns(row, countOf) : row))
  const changed = [...others.values()].flatMap((row) => {
    const anew = withCrowdSigns(row, countOf)
    return anew.fraud_signs === row.fraud_signs ? [] : [{ row, anew }]
  })
  for (const { row, anew } of changed) {
    current.conversions.push(row)
    wanted.conversions.push(anew)
  }
  await repeatScores(history, site, { current, wanted, changed: changed.map(({ row }) => row) })
}

/** Touchpoints repeat the score of their conversion. */
async function repeatScores(
  history: History,
  site: string,
  { current, wanted, changed }: { current: Rows; wanted: Rows; changed: readonly Conversion[] },
): Promise<void> {
  const ids = (fact: string) => changed.filter((row) => row.fact === fact).map(({ id }) => id)
  if (changed.length > 0) {
    const touchpoints = await history.touchpoints(site, { call: ids('call'), lead: ids('lead'), deal: [] })
    for (const row of touchpoints) {
      current.touchpoints.push(row)
      wanted.touchpoints.push(row)
    }
  }
  const scores = new Map(wanted.conversions.map((row) => [`${row.kind}\n${row.fact}\n${row.id}`, row.fraud_score]))
  wanted.touchpoints = wanted.touchpoints.map((row) => {
    const fraud_score = scores.get(`${row.conversion_kind}\n${row.conversion_fact}\n${row.conversion}`)
    return fraud_score === undefined || fraud_score === row.fraud_score ? row : { ...row, fraud_score }
  })
}

/** By how much the requests under each key become more or fewer. */
function changesOf(current: readonly Conversion[], wanted: readonly Conversion[]): Map<string, number> {
  const changes = new Map<string, number>()
  const add = (rows: readonly Conversion[], one: number) => {
    for (const { fraud_keys } of rows) for (const key of fraud_keys) changes.set(key, (changes.get(key) ?? 0) + one)
  }
  add(current, -1)
  add(wanted, 1)
  for (const [key, change] of changes) if (change === 0) changes.delete(key)
  return changes
}

/** Counts the changes; gives back the keys whose bearers show another sign because of them. */
function applyChanges(counts: KeyCounts, changes: ReadonlyMap<string, number>): string[] {
  const countOf = (key: string) => counts.get(key)
  const signOf = (key: string) => JSON.stringify(crowdSign(key, countOf))
  const concerned = new Map([...changes.keys()].flatMap(keysConcerned).map((key) => [key, signOf(key)]))
  for (const [key, change] of changes) counts.add(key, change)
  return [...concerned].filter(([key, before]) => signOf(key) !== before).map(([key]) => key)
}

/** A day of a placement is also part of the norm of the days after it. */
function keysConcerned(key: string): string[] {
  const read = readKey(key)
  if (read.kind !== 'placement') return [key]
  return Array.from({ length: NORM_DAYS + 1 }, (_, later) => keyOfDay(read, read.day + later))
}

async function bearersOf(store: Store, history: History, site: string, keys: readonly string[]): Promise<Conversion[]> {
  if (keys.length === 0) return []
  await history.written()
  return queryByKeys<Conversion>(
    store,
    `SELECT ${selectColumns('conversions')} FROM ${history.table('conversions')} AS t FINAL
     WHERE t.site = {site:String} AND t.kind = 'lead' AND hasAny(t.fraud_keys, {keys:Array(String)})`,
    { site },
    keys,
  )
}

/**
 * The counts as the table has them, and the rows that do not show what those say: after a removal, or a step that was
 * broken off between two writes.
 */
async function openCounts(
  store: Store,
  history: History,
  site: string,
): Promise<{ counts: KeyCounts; stale: Conversion[] }> {
  await history.written()
  const counts = new KeyCounts()
  const crowded = new Set<string>()
  for await (const rows of store.stream<{ key: string; requests: number }>(
    `SELECT key, toFloat64(count()) AS requests FROM ${history.table('conversions')} AS t FINAL
     ARRAY JOIN t.fraud_keys AS key WHERE t.site = {site:String} AND t.kind = 'lead' GROUP BY key`,
    { site },
  )) {
    for (const { key, requests } of rows) {
      counts.add(key, requests)
      if (requests >= CROWD_MIN) crowded.add(key)
    }
  }
  const countOf = (key: string) => counts.get(key)
  const signed = [...crowded].filter((key) => crowdSign(key, countOf))
  const shown = await store.query<Conversion>(
    `SELECT ${selectColumns('conversions')} FROM ${history.table('conversions')} AS t FINAL
     WHERE t.site = {site:String} AND t.kind = 'lead' AND match(t.fraud_signs, {pattern:String})`,
    { site, pattern: crowdPattern },
  )
  const rows = [...shown, ...(await bearersOf(store, history, site, signed))]
  return { counts, stale: rows.filter((row) => withCrowdSigns(row, countOf).fraud_signs !== row.fraud_signs) }
}

/** Fewer show no sign of any kind. */
const CROWD_MIN = 5
