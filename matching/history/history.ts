import type { Store } from '#storage/client.ts'
import type { GatheredRows } from './gathered-rows.ts'
import {
  type HistoryRow,
  type HistoryTable,
  historyRows,
  historyTables,
  insertColumns,
  keyOf,
  sameRow,
  selectBlocks,
  selectColumns,
} from './history-tables.ts'
import { blocksByKeys } from './query-by-keys.ts'

const INSERT_ROWS_MAX = 50_000

/** The derived tables of one run of matching: the ones in use, or the ones a rebuild fills beside them. */
export interface History {
  table(name: HistoryTable): string
  sessions(site: string, ids: readonly string[]): Promise<HistoryRow<'sessions'>[]>
  callMatches(site: string, ids: FactIds): Promise<HistoryRow<'call_matches'>[]>
  /** What these calls say of their providers' clocks. */
  callClocks(site: string, ids: readonly string[]): Promise<HistoryRow<'call_clocks'>[]>
  /** What the first calls of each hour of these periods say, as many of each. */
  clockEvidence(site: string, of: readonly OfClock[], hour_calls_max: number): Promise<HistoryRow<'call_clocks'>[]>
  /** All periods of which calls say something. */
  clockPeriods(site: string): Promise<OfClock[]>
  /** Those with calls whose evidence has this key. */
  doubtfulPeriods(site: string, key: string): Promise<string[]>
  /** Conversions and their touchpoints, by their facts. */
  conversions(site: string, ids: FactIds): Promise<HistoryRow<'conversions'>[]>
  touchpoints(site: string, ids: FactIds): Promise<HistoryRow<'touchpoints'>[]>
  /**
   * Begins to write once everything given before is written, and waits for that: the rows of one step wait at most. A read
   * waits for all of them. What fails is told by whatever is asked next.
   */
  write(changes: SomeChanges, version: number): Promise<void>
  /** The same with rows that were gathered, each under a key that no table has a row of. */
  writeGathered(rows: GatheredRows): Promise<void>
  /** Resolves when everything given is in the tables. */
  written(): Promise<void>
}

/** Of one step, by table. Edges are written when the others are in. */
export type SomeChanges = { [Table in HistoryTable]?: Changes<Table> }

/** Ids of facts by what they are: a call, a lead and a deal may bear one id and have nothing to do with each other. */
export type FactIds = Readonly<Record<ConversionFact, readonly string[]>>

type OfClock = Pick<HistoryRow<'call_clocks'>, 'provider' | 'period'>

type ConversionFact = 'call' | 'lead' | 'deal'

export interface Changes<Table extends HistoryTable> {
  put: HistoryRow<Table>[]
  drop: HistoryRow<Table>[]
}

export function openHistory(store: Store, suffix: string): History {
  const table = (name: HistoryTable) => `${name}${suffix}`
  const writing = openWriting(store, table)
  const byIds = async <Table extends HistoryTable>(
    name: Table,
    filter: string,
    site: string,
    ids: readonly string[],
  ): Promise<HistoryRow<Table>[]> => {
    if (ids.length === 0) return []
    await writing.written()
    const blocks = await blocksByKeys(
      store,
      // Columns of the sort key alone are asked for, so all versions of a row are in or out: before they are compared, and
      // before the other columns are read.
      `SELECT ${selectBlocks(name)} FROM ${table(name)} AS t FINAL PREWHERE t.site = {site:String} AND ${filter}`,
      { site },
      ids,
    )
    return historyRows(name, blocks)
  }
  return {
    table,
    sessions: (site, ids) => byIds('sessions', 't.id IN {keys:Array(String)}', site, ids),
    callMatches: (site, ids) => byIds('call_matches', 't.id IN {keys:Array(String)}', site, ids.call),
    callClocks: (site, ids) => byIds('call_clocks', 't.id IN {keys:Array(String)}', site, ids),
    ...clockReads(store, table('call_clocks'), writing.written),
    conversions: (site, ids) =>
      byFacts(ids, (fact, kind, own) =>
        // The leading columns of the key are named, so that the ids are found by the index.
        byIds('conversions', `t.kind = '${kind}' AND t.fact = '${fact}' AND t.id IN {keys:Array(String)}`, site, own),
      ),
    touchpoints: (site, ids) =>
      byFacts(ids, (fact, kind, own) =>
        byIds(
          'touchpoints',
          `t.conversion_kind = '${kind}' AND t.conversion_fact = '${fact}' AND t.conversion IN {keys:Array(String)}`,
          site,
          own,
        ),
      ),
    ...writing,
  }
}

/** Writes what it is given, one after the other. */
function openWriting(
  store: Store,
  table: (name: HistoryTable) => string,
): Pick<History, 'write' | 'writeGathered' | 'written'> {
  let writing: Promise<void> = Promise.resolve()
  const put = async (name: HistoryTable, { put: added, drop }: Changes<HistoryTable>, version: number) => {
    for (const [rows, is_deleted] of [
      [drop, 1],
      [added, 0],
    ] as const) {
      const columns = insertColumns(name, version, is_deleted)
      for (let from = 0; from < rows.length; from += INSERT_ROWS_MAX) {
        await store.insert(table(name), rows.slice(from, from + INSERT_ROWS_MAX), { columns })
      }
    }
  }
  const putGathered = async (name: HistoryTable, rows: GatheredRows) => {
    const { columns, blocks } = rows.of(name)
    await store.insertBlocks(table(name), columns, blocks)
  }
  const putAll = async (names: readonly HistoryTable[], putOne: (name: HistoryTable) => Promise<void>) => {
    // All are waited for, also when one fails: whoever looks at the tables then must not find more in them later.
    const results = await Promise.allSettled(names.filter((name) => name !== 'edges').map(putOne))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    // Edges last: a start reads memory from them, and must find there nothing whose consequences were not written.
    if (names.includes('edges')) await putOne('edges')
  }
  const begin = async (work: () => Promise<void>) => {
    await writing
    writing = work()
    // Whoever asks next is told; until then nobody listens.
    writing.catch(() => undefined)
  }
  return {
    write: (changes, version) =>
      begin(() =>
        putAll(Object.keys(changes) as HistoryTable[], (name) =>
          put(name, changes[name] as Changes<HistoryTable>, version),
        ),
      ),
    writeGathered: (rows) => begin(() => putAll(rows.tables, (name) => putGathered(name, rows))),
    written: () => writing,
  }
}

/** What calls say of clocks, once everything given before is `written`. */
function clockReads(
  store: Store,
  table: string,
  written: () => Promise<void>,
): Pick<History, 'clockEvidence' | 'clockPeriods' | 'doubtfulPeriods'> {
  return {
    async clockEvidence(site, of, hour_calls_max) {
      if (of.length === 0) return []
      await written()
      return store.query(
        `SELECT ${selectColumns('call_clocks')} FROM ${table} AS t FINAL
         WHERE t.site = {site:String} AND t.period IN {periods:Array(String)}
           AND t.provider IN {providers:Array(String)}
         ORDER BY t.at, t.id LIMIT {hour_calls_max:UInt32} BY t.provider, t.period, toStartOfHour(t.at)`,
        {
          ...{ site, hour_calls_max },
          periods: [...new Set(of.map(({ period }) => period))],
          providers: [...new Set(of.map(({ provider }) => provider))],
        },
      )
    },
    async clockPeriods(site) {
      await written()
      return store.query(
        `SELECT DISTINCT t.provider AS provider, t.period AS period FROM ${table} AS t FINAL
         WHERE t.site = {site:String}`,
        { site },
      )
    },
    async doubtfulPeriods(site, key) {
      await written()
      const rows = await store.query<{ period: string }>(
        `SELECT DISTINCT t.period AS period FROM ${table} AS t FINAL
         WHERE t.site = {site:String} AND position(t.evidence, {key:String}) > 0`,
        { site, key },
      )
      return rows.map(({ period }) => period)
    },
  }
}

async function byFacts<Row>(
  ids: FactIds,
  read: (fact: ConversionFact, kind: 'lead' | 'deal', ids: readonly string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows = await Promise.all([
    read('call', 'lead', ids.call),
    read('lead', 'lead', ids.lead),
    read('deal', 'deal', ids.deal),
  ])
  return rows.flat()
}

/** What must be written so that the table says `wanted` where it says `current`. */
export function changesBetween<Table extends HistoryTable>(
  table: Table,
  current: readonly HistoryRow<Table>[],
  wanted: readonly HistoryRow<Table>[],
): Changes<Table> {
  if (current.length === 0) return { put: [...wanted], drop: [] }
  const before = new Map(current.map((row) => [keyOf(table, row), row]))
  const put: HistoryRow<Table>[] = []
  for (const row of wanted) {
    const key = keyOf(table, row)
    const old = before.get(key)
    if (!old || !sameRow(table, old, row)) put.push(row)
    before.delete(key)
  }
  return { put, drop: [...before.values()] }
}

/** The highest version any derived table holds: the next run counts on from there. */
export async function highestVersion(store: Store, suffix: string): Promise<number> {
  const tables = [...Object.keys(historyTables).map((name) => `${name}${suffix}`), 'matching_positions', 'postbacks']
  const versions = await Promise.all(
    // Every row's version counts here, the replaced ones too, so this one read needs no FINAL.
    tables.map((name) => store.query<{ version: number }>(`SELECT toFloat64(max(version)) AS version FROM ${name}`)),
  )
  return Math.max(0, ...versions.map(([row]) => row?.version ?? 0))
}
