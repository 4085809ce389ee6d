import type { NativeBlock } from '#storage/native/read-native.ts'
import type { NativeColumn } from '#storage/native/write-native.ts'
import { asList, asMap, asSent, compileColumn, compileReadRow, compileValues } from '../compile-row.ts'

/** What a column of a derived table holds in memory: instants are epoch milliseconds, decimals are strings. */
type ColumnKind = 'text' | 'texts' | 'map' | 'number' | 'instant' | 'instant?' | 'decimal?'

const session = {
  channel: 'text',
  source: 'text',
  medium: 'text',
  campaign: 'text',
  content: 'text',
  term: 'text',
  landing_path: 'text',
  referrer_host: 'text',
  device: 'text',
  browser: 'text',
  os: 'text',
  country: 'text',
  region: 'text',
  city: 'text',
} as const

/** A conversion as its touchpoints repeat it. */
const conversion = {
  closed_at: 'instant?',
  lead_kind: 'text',
  status: 'text',
  stage: 'text',
  reason: 'text',
  manager: 'text',
  project: 'text',
  value: 'decimal?',
  currency: 'text',
  person: 'text',
  first: 'number',
  target: 'number',
  number: 'text',
  pool: 'text',
  fraud_score: 'number',
} as const

/** The derived tables: their columns but `version` and `is_deleted`, in the order of storage/migrations. */
export const historyTables = {
  identities: {
    key: ['site', 'kind', 'value'],
    columns: {
      site: 'text',
      kind: 'text',
      value: 'text',
      person: 'text',
      founds: 'text',
      shared: 'number',
      candidates: 'texts',
      since: 'instant',
      because_fact: 'text',
      because_id: 'text',
      because_at: 'instant',
      because_kind: 'text',
      because_value: 'text',
      shared_rule: 'text',
      shared_max: 'number',
    },
  },
  edges: {
    key: ['site', 'a_kind', 'a_value', 'b_kind', 'b_value', 'fact', 'fact_id'],
    columns: {
      site: 'text',
      a_kind: 'text',
      a_value: 'text',
      b_kind: 'text',
      b_value: 'text',
      fact: 'text',
      fact_id: 'text',
      at: 'instant',
      received_at: 'instant',
      node: 'text',
      segment: 'number',
      row: 'number',
      claimed: 'number',
      name: 'number',
      joins: 'number',
      reason: 'text',
    },
  },
  sessions: {
    key: ['site', 'id'],
    columns: {
      site: 'text',
      id: 'text',
      visitor: 'text',
      person: 'text',
      started_at: 'instant',
      ended_at: 'instant',
      session_number: 'number',
      ...session,
      click_ids: 'map',
      landing_url: 'text',
      referrer: 'text',
      project: 'text',
      pages: 'number',
      events: 'number',
      forms: 'number',
      engaged_ms: 'number',
      scroll_percent: 'number',
      bounce: 'number',
      bot: 'number',
      ga: 'text',
      ym: 'text',
      ga_session: 'text',
      numbers: 'texts',
      pool: 'text',
    },
  },
  call_matches: {
    key: ['site', 'id'],
    columns: {
      site: 'text',
      id: 'text',
      at: 'instant',
      from: 'text',
      to: 'text',
      direction: 'text',
      status: 'text',
      duration: 'number',
      talk: 'number',
      wait: 'number',
      recording_url: 'text',
      operator: 'text',
      provider: 'text',
      tags: 'texts',
      pool: 'text',
      session: 'text',
      visitor: 'text',
      person: 'text',
      confidence: 'number',
      reason: 'text',
      candidates: 'text',
      source: 'text',
      medium: 'text',
      campaign: 'text',
      channel: 'text',
      clock_skew_ms: 'number',
      signs: 'texts',
    },
  },
  call_clocks: {
    key: ['site', 'id'],
    columns: {
      site: 'text',
      id: 'text',
      at: 'instant',
      provider: 'text',
      period: 'text',
      evidence: 'text',
    },
  },
  provider_clocks: {
    key: ['site', 'provider', 'period'],
    columns: {
      site: 'text',
      provider: 'text',
      period: 'text',
      shift_ms: 'number',
      skew_ms: 'number',
      jitter_ms: 'number',
      calls: 'number',
      agreeing: 'number',
      told: 'number',
    },
  },
  conversions: {
    key: ['site', 'kind', 'fact', 'id'],
    columns: {
      site: 'text',
      kind: 'text',
      fact: 'text',
      id: 'text',
      at: 'instant',
      ...conversion,
      visitor: 'text',
      session: 'text',
      talk: 'number',
      touches: 'number',
      also: 'texts',
      same: 'text',
      message: 'text',
      verdict: 'text',
      target_auto: 'number',
      uncredited: 'text',
      fraud_signs: 'text',
      fraud_keys: 'texts',
    },
  },
  touchpoints: {
    key: ['site', 'conversion_kind', 'conversion_fact', 'conversion', 'position'],
    columns: {
      site: 'text',
      conversion_kind: 'text',
      conversion_fact: 'text',
      conversion: 'text',
      position: 'number',
      length: 'number',
      at: 'instant',
      session: 'text',
      call: 'text',
      ...session,
      conversion_at: 'instant',
      ...conversion,
    },
  },
} as const satisfies Record<string, { key: readonly string[]; columns: Record<string, ColumnKind> }>

export type HistoryTable = keyof typeof historyTables

export const historyTableNames = Object.keys(historyTables) as HistoryTable[]

type ColumnValue<Kind> = Kind extends 'text'
  ? string
  : Kind extends 'texts'
    ? string[]
    : Kind extends 'map'
      ? Record<string, string>
      : Kind extends 'instant?'
        ? number | null
        : Kind extends 'decimal?'
          ? string | null
          : number

/** A row of a derived table, without `version` and `is_deleted`. */
export type HistoryRow<Table extends HistoryTable> = {
  -readonly [Column in keyof (typeof historyTables)[Table]['columns']]: ColumnValue<
    (typeof historyTables)[Table]['columns'][Column]
  >
}

const columnNames = Object.fromEntries(
  Object.entries(historyTables).map(([table, { columns }]) => [table, Object.keys(columns)]),
) as Record<HistoryTable, string[]>

/** The columns of a row as it is inserted under a version. */
export function insertColumns(table: HistoryTable, version: number, is_deleted: 0 | 1): NativeColumn[] {
  const same = (name: string, value: number): NativeColumn => ({
    name,
    type: 'Float64',
    valuesOf: (rows) => rows.map(() => value),
  })
  return [...sentColumns[table], same('version', version), same('is_deleted', is_deleted)]
}

const sentAs: Record<ColumnKind, NativeColumn['type']> = {
  text: 'String',
  texts: 'Array(String)',
  map: 'Map(String, String)',
  number: 'Float64',
  instant: "DateTime64(3, 'UTC')",
  'instant?': "Nullable(DateTime64(3, 'UTC'))",
  'decimal?': 'Nullable(String)',
}

const sentColumns = Object.fromEntries(
  Object.entries(historyTables).map(([table, { columns }]) => [
    table,
    Object.entries<ColumnKind>(columns).map(([name, kind]) => ({
      name,
      type: sentAs[kind],
      valuesOf: compileColumn(name),
    })),
  ]),
) as Record<HistoryTable, NativeColumn[]>

/** The rows of an answer to `selectBlocks`. */
export function historyRows<Table extends HistoryTable>(
  table: Table,
  blocks: readonly NativeBlock[],
): HistoryRow<Table>[] {
  const found: HistoryRow<Table>[] = []
  for (const { rows, columns } of blocks) {
    // The columns are those of the table, in their order.
    for (let row = 0; row < rows; row++) found.push(toRow[table](columns, row) as HistoryRow<Table>)
  }
  return found
}

/** How values are made of what `sendAs` sends. */
const readSent: Partial<Record<ColumnKind, (sent: string) => string>> = { texts: asList, map: asMap }

const toRow = Object.fromEntries(
  Object.entries(historyTables).map(([table, { columns }]) => [
    table,
    compileReadRow(
      Object.entries<ColumnKind>(columns).map(([name, kind]) => ({
        name,
        isSent: true,
        read: readSent[kind] ?? asSent,
      })),
    ),
  ]),
) as Record<HistoryTable, ReturnType<typeof compileReadRow>>

const toValues = Object.fromEntries(
  Object.entries(columnNames).map(([table, names]) => [table, compileValues(names)]),
) as Record<HistoryTable, ReturnType<typeof compileValues>>

/** The columns of a table for a SELECT from `AS t`, read the way rows hold them. */
export function selectColumns(table: HistoryTable): string {
  return Object.entries<ColumnKind>(historyTables[table].columns)
    .map(([name, kind]) => `${readAs(`t.\`${name}\``, kind)} AS \`${name}\``)
    .join(', ')
}

/** The same for an answer by column, which has no lists and maps: they come as text. */
export function selectBlocks(table: HistoryTable): string {
  return Object.entries<ColumnKind>(historyTables[table].columns)
    .map(([name, kind]) => `${sendAs(`t.\`${name}\``, kind)} AS \`${name}\``)
    .join(', ')
}

function sendAs(column: string, kind: ColumnKind): string {
  return kind in readSent ? `if(empty(${column}), '', toJSONString(${column}))` : readAs(column, kind)
}

function readAs(column: string, kind: ColumnKind): string {
  if (kind === 'instant' || kind === 'instant?') return `toFloat64(toUnixTimestamp64Milli(${column}))`
  if (kind === 'number') return `toFloat64(${column})`
  if (kind === 'decimal?') return `toString(${column})`
  return column
}

/** The sort key of a row as one string. */
export function keyOf<Table extends HistoryTable>(table: Table, row: HistoryRow<Table>): string {
  return toKey[table](row).join('\n')
}

const toKey = Object.fromEntries(
  Object.entries(historyTables).map(([table, { key }]) => [table, compileValues(key)]),
) as Record<HistoryTable, ReturnType<typeof compileValues>>

/** Whether two rows say the same. */
export function sameRow<Table extends HistoryTable>(table: Table, a: HistoryRow<Table>, b: HistoryRow<Table>): boolean {
  const left = toValues[table](a)
  const right = toValues[table](b)
  return left.every((value, index) => {
    if (value === right[index]) return true
    const kind = columnKinds[table][index]
    if (kind === 'texts') return JSON.stringify(value) === JSON.stringify(right[index])
    if (kind === 'map') return sortedJson(value) === sortedJson(right[index])
    return false
  })
}

const columnKinds = Object.fromEntries(
  Object.entries(historyTables).map(([table, { columns }]) => [table, Object.values(columns)]),
) as Record<HistoryTable, ColumnKind[]>

function sortedJson(map: unknown): string {
  return JSON.stringify(Object.entries(map as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1)))
}
