import type { Store } from '#storage/client.ts'
import { type HistoryRow, type HistoryTable, historyTables, keyOf, sameRow, selectColumns } from './history-tables.ts'
import { queryByKeys } from './query-by-keys.ts'

const INSERT_ROWS_MAX = 50_000

/** The derived tables of one run of matching: the ones in use, or the ones a rebuild fills beside them. */
export interface History {
  table(name: HistoryTable): string
  sessions(site: string, ids: readonly string[]): Promise<HistoryRow<'sessions'>[]>
  callMatches(site: string, ids: FactIds): Promise<HistoryRow<'call_matches'>[]>
  /** What these calls say of their providers' clocks. */
  callClocks(site: string, ids: readonly string[]): Promise<HistoryRow<'call_clocks'>[]>
  /** What the first calls of these periods say, as many of each. */
  clockEvidence(site: string, of: readonly OfClock[], calls_max: number): Promise<HistoryRow<'call_clocks'>[]>
  /** All periods of which calls say something. */
  clockPeriods(site: string): Promise<OfClock[]>
  /** Conversions and their touchpoints, by their facts. */
  conversions(site: string, ids: FactIds): Promise<HistoryRow<'conversions'>[]>
  touchpoints(site: string, ids: FactIds): Promise<HistoryRow<'touchpoints'>[]>
  write<Table extends HistoryTable>(table: Table, changes: Changes<Table>, version: number): Promise<void>
}

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
  const byIds = <Table extends HistoryTable>(name: Table, filter: string, site: string, ids: readonly string[]) =>
    queryByKeys<HistoryRow<Table>>(
      store,
      `SELECT ${selectColumns(name)} FROM ${table(name)} AS t FINAL WHERE t.site = {site:String} AND ${filter}`,
      { site },
      ids,
    )
  return {
    table,
    sessions: (site, ids) => byIds('sessions', 't.id IN {keys:Array(String)}', site, ids),
    callMatches: (site, ids) => byIds('call_matches', 't.id IN {keys:Array(String)}', site, ids.call),
    callClocks: (site, ids) => byIds('call_clocks', 't.id IN {keys:Array(String)}', site, ids),
    clockEvidence: async (site, of, calls_max) =>
      of.length === 0
        ? []
        : store.query(
            `SELECT ${selectColumns('call_clocks')} FROM ${table('call_clocks')} AS t FINAL
             WHERE t.site = {site:String} AND t.period IN {periods:Array(String)}
               AND t.provider IN {providers:Array(String)}
             ORDER BY t.at, t.id LIMIT {calls_max:UInt32} BY t.provider, t.period`,
            {
              ...{ site, calls_max },
              periods: [...new Set(of.map(({ period }) => period))],
              providers: [...new Set(of.map(({ provider }) => provider))],
            },
          ),
    clockPeriods: (site) =>
      store.query(
        `SELECT DISTINCT t.provider AS provider, t.period AS period FROM ${table('call_clocks')} AS t FINAL
         WHERE t.site = {site:String}`,
        { site },
      ),
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
    async write(name, { put, drop }, version) {
      const rows = [
        ...drop.map((row) => ({ ...row, version, is_deleted: 1 })),
        ...put.map((row) => ({ ...row, version, is_deleted: 0 })),
      ]
      for (let from = 0; from < rows.length; from += INSERT_ROWS_MAX) {
        await store.insert(table(name), rows.slice(from, from + INSERT_ROWS_MAX))
      }
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
