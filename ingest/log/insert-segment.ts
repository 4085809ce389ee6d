import type { Store } from '#storage/client.ts'
import { type FactTable, factTables } from '#storage/fact-tables.ts'
import { LogProblem } from './log-reports.ts'
import { isReplicated } from './replicated-table.ts'
import type { Segment } from './segment.ts'
import { segmentBody } from './segment-body.ts'

/**
 * Sends a segment to ClickHouse. May be repeated at any time and by anyone: the insert runs under a query id that
 * only one can have at a time, and lets nothing in that is in already.
 */
export async function insertSegment(store: Store, segment: Segment): Promise<void> {
  const token = (await isReplicated(store, segment.table)) ? queryId(segment) : undefined
  const body = segmentBody(segment)
  try {
    await store.send(insertStatement(segment.table, token), body, {
      params: names(segment),
      query_id: queryId(segment),
    })
  } finally {
    body.destroy()
  }
}

/** Resolves when no insert of this segment runs any more; until then one of them may still commit. */
export async function endInsert(store: Store, segment: Segment): Promise<void> {
  const query_id = queryId(segment)
  await store.command('KILL QUERY WHERE query_id = {query_id:String} SYNC', { query_id })
  const running = await store.query('SELECT 1 FROM system.processes WHERE query_id = {query_id:String}', { query_id })
  if (running.length > 0) throw new LogProblem('an earlier insert of the segment still runs')
}

/**
 * Whether the segment was named to those who read. Its rows need not be there any more: what has landed may be erased,
 * and must not come in again because the word of it was lost on the way here.
 */
export async function isNamed(store: Store, segment: Segment): Promise<boolean> {
  const found = await store.query(
    'SELECT 1 FROM segments WHERE node = {node:String} AND table = {table:String} AND segment = {segment:UInt32} LIMIT 1',
    names(segment),
  )
  return found.length > 0
}

/** Makes sure that every row is in, or in quarantine, and names the segment to those who read. */
export async function confirmSegment(store: Store, segment: Segment, now_ms: number): Promise<void> {
  const [found] = await store.query<{ landed: string; first_received_ms: string; refused: string }>(
    `SELECT count() AS landed, toUnixTimestamp64Milli(min(received_at)) AS first_received_ms,
      (SELECT uniqExact(row) FROM quarantine
        WHERE node = {node:String} AND table = {table:String} AND segment = {segment:UInt32}) AS refused
    FROM ${segment.table} WHERE node = {node:String} AND segment = {segment:UInt32}`,
    names(segment),
  )
  const landed = Number(found?.landed)
  const surplus = landed + Number(found?.refused) - segment.rows
  // A clean answer is not believed: the file goes away after this, and with it the only other copy.
  if (surplus < 0 || surplus > segment.spoilt_rows)
    throw new LogProblem(`${landed} of ${segment.rows} rows of the segment are in`)
  await store.insert('segments', [
    {
      node: segment.node,
      table: segment.table,
      segment: segment.segment,
      rows: landed,
      // A replayed row keeps the time it first came, and those who read look no further back than this.
      first_received_at:
        landed > 0 ? Math.min(segment.opened_at_ms, Number(found?.first_received_ms)) : segment.opened_at_ms,
      landed_at: now_ms,
    },
  ])
}

/**
 * What tells whether ClickHouse would take lines, without keeping them. Rejects as the insert would: by the columns that the
 * table really has, since somebody may have changed one by hand.
 */
export async function dryRunStatement(store: Store, table: FactTable): Promise<string> {
  const names = ['row', ...Object.keys(factTables[table])]
  const columns = await store.query<{ name: string; type: string }>(
    `SELECT name, type FROM system.columns
     WHERE database = currentDatabase() AND table = {table:String} AND name IN {names:Array(String)} ORDER BY position`,
    { table, names },
  )
  return `INSERT INTO FUNCTION null('${listOf(columns.map(({ name, type }) => [name, type]))}')
    SETTINGS ${rowSettings}
    SELECT ${columns.map(({ name }) => `\`${name}\``).join(', ')} FROM input('${structureOf(table)}') FORMAT JSONCompactEachRow`
}

export function queryId({ node, table, segment }: Segment): string {
  return `${node}-${table}-${segment}`
}

function names({ node, table, segment }: Segment): Record<string, unknown> {
  return { node, table, segment }
}

/**
 * The insert guards itself, partition by partition: a segment is one part in each month it touches, a part is all or
 * nothing, and a part that is in is left out of a repeat. Only ingest's clock makes it more than one month. Of a segment
 * that was named nothing is let in at all: a copy of the insert may arrive when its rows have been erased already.
 *
 * The body is read to its end also when nothing of it is needed. A guard that is false for the whole segment
 * (`count() = 0`) lets ClickHouse answer without reading, and the connection breaks under the sender.
 *
 * A replicated table may be asked on a replica that lags behind: there the segment's name as token keeps a repeat out,
 * since token and part are committed together. On a plain table it loses rows (DESIGN), so it is not to be active there.
 */
export function insertStatement(table: FactTable, token?: string): string {
  const columns = ['row', ...Object.keys(factTables[table])].map((column) => `\`${column}\``).join(', ')
  return `INSERT INTO ${table} (node, segment, ${columns})
    SETTINGS ${onePartSettings}, ${rowSettings}, ${token === undefined ? 'insert_deduplicate = 0' : tokenSettings(token)}
    SELECT {node:String}, {segment:UInt32}, ${columns}
    FROM input('${structureOf(table)}')
    WHERE NOT hasAny(
      (SELECT groupUniqArray(month) FROM (
        SELECT toYYYYMM(received_at) AS month FROM ${table} WHERE node = {node:String} AND segment = {segment:UInt32}
        UNION ALL
        SELECT ${any_month} AS month FROM segments
        WHERE node = {node:String} AND table = {table:String} AND segment = {segment:UInt32})),
      [toYYYYMM(received_at), ${any_month}])
    FORMAT JSONCompactEachRow`
}

/** Stands among the months that are in for all of them. */
const any_month = 'toUInt32(0)'

/** All rows reach the table as one block, whatever their number, so that a month of them is one part. */
const onePartSettings = [
  'async_insert = 0',
  'max_insert_threads = 1',
  'max_insert_block_size = 1048449',
  'min_insert_block_size_rows = 1048449',
  'min_insert_block_size_bytes = 0',
].join(', ')

/**
 * A row that an earlier version left in the log is short of the columns its table got since, which are always the last.
 *
 * One thread reads the lines: to share them out among several costs a tenth more of the cores that ingest answers on, and one
 * keeps ahead of whatever a node of ingest writes.
 */
const rowSettings = [
  'input_format_json_compact_allow_variable_number_of_columns = 1',
  'input_format_parallel_parsing = 0',
].join(', ')

function tokenSettings(token: string): string {
  return `insert_deduplicate = 1, insert_deduplication_token = '${token}'`
}

/**
 * Columns with a dictionary are read as plain text and get it when all rows are there: to look up each value in its turn takes
 * a third of the whole insert.
 */
function structureOf(table: FactTable): string {
  const columns = Object.entries({ row: 'UInt32', ...factTables[table] })
  return listOf(columns.map(([name, type]) => [name, withoutDictionaries(type)]))
}

/** Columns as a table function takes them, inside of quotes. */
function listOf(columns: [name: string, type: string][]): string {
  return columns.map(([name, type]) => `\`${name}\` ${type.replaceAll("'", "\\'")}`).join(', ')
}

function withoutDictionaries(type: string): string {
  return type.replaceAll('LowCardinality(String)', 'String')
}
