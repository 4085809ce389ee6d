import { isJunk } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import { queryByKeys } from '../history/query-by-keys.ts'
import { type Fact, selectFact } from './fact-rows.ts'

/** All messages about these calls, leads or deals; a session or visitor «undefined» is one the sender did not know. */
export async function readMessages<Table extends 'calls' | 'leads' | 'deals'>(
  store: Store,
  table: Table,
  site: string,
  ids: Iterable<string>,
): Promise<Fact<Table>[]> {
  const messages = await queryByKeys<Fact<Table>>(
    store,
    `SELECT ${selectFact(table)} FROM ${table} AS t WHERE t.site = {site:String} AND t.id IN {keys:Array(String)}`,
    { site },
    ids,
  )
  // Each of the three tables has a visitor, and some a session.
  for (const message of messages as { visitor: string; session?: string }[]) {
    if (isJunk('visitor', message.visitor)) message.visitor = ''
    if (message.session !== undefined && isJunk('session', message.session)) message.session = ''
  }
  return messages
}

/** The same, by what they are about. */
export async function messagesById<Table extends 'calls' | 'leads' | 'deals'>(
  store: Store,
  table: Table,
  site: string,
  ids: Iterable<string>,
): Promise<Map<string, Fact<Table>[]>> {
  const byId = new Map<string, Fact<Table>[]>()
  for (const row of await readMessages(store, table, site, ids)) {
    const known = byId.get(row.id)
    if (known) known.push(row)
    else byId.set(row.id, [row])
  }
  return byId
}

/** What has been said about these calls or leads. */
export function readAnnotations(
  store: Store,
  site: string,
  kind: 'call' | 'lead',
  ids: Iterable<string>,
): Promise<Fact<'annotations'>[]> {
  return queryByKeys(
    store,
    `SELECT ${selectFact('annotations')} FROM annotations AS t
     WHERE t.site = {site:String} AND t.on_kind = {kind:String} AND t.on_id IN {keys:Array(String)}`,
    { site, kind },
    ids,
  )
}

/** Form events by the visitors who sent them: the table is sorted by visitor, so their events are found at once. */
export async function readForms(
  store: Store,
  site: string,
  visitors: Iterable<string>,
  ids: ReadonlySet<string>,
): Promise<Fact<'events'>[]> {
  if (ids.size === 0) return []
  const rows = await queryByKeys<Fact<'events'>>(
    store,
    // Addresses are read of forms alone: signs of fraud are looked for in them.
    `SELECT ${selectFact('events')}, t.ip AS ip FROM events AS t
     WHERE t.site = {site:String} AND t.visitor IN {keys:Array(String)} AND t.type = 'form' AND t.bot = 0`,
    { site },
    visitors,
  )
  return rows.filter((row) => ids.has(row.id))
}

/** The calls that a provider dated between two moments, the end excluded. */
export async function callsOfProvider(
  store: Store,
  site: string,
  provider: string,
  { from_ms, to_ms }: { from_ms: number; to_ms: number },
): Promise<string[]> {
  const rows = await store.query<{ id: string }>(
    `SELECT DISTINCT t.id AS id FROM calls AS t
     WHERE t.site = {site:String} AND t.provider = {provider:String}
       AND t.at >= fromUnixTimestamp64Milli({from_ms:Int64}) AND t.at < fromUnixTimestamp64Milli({to_ms:Int64})`,
    { site, provider, from_ms, to_ms },
  )
  return rows.map((row) => row.id)
}

/** The calls that rang at these numbers between two moments. */
export async function callsToNumbers(
  store: Store,
  site: string,
  numbers: Iterable<string>,
  { from_ms, to_ms }: { from_ms: number; to_ms: number },
): Promise<string[]> {
  const rows = await queryByKeys<{ id: string }>(
    store,
    `SELECT DISTINCT t.id AS id FROM calls AS t
     WHERE t.site = {site:String} AND t.to IN {keys:Array(String)}
       AND t.at >= fromUnixTimestamp64Milli({from_ms:Int64}) AND t.at <= fromUnixTimestamp64Milli({to_ms:Int64})`,
    { site, from_ms, to_ms },
    numbers,
  )
  return rows.map((row) => row.id)
}
