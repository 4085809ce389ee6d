import { Readable } from 'node:stream'
import type { Store } from '#storage/client.ts'
import { type FactTable, factTables } from '#storage/fact-tables.ts'
import { dryRunStatement, queryId } from './insert-segment.ts'
import { errorName } from './log-reports.ts'
import type { RefusedRow, Segment } from './segment.ts'
import { type Line, type Lines, linesOf } from './segment-body.ts'

/** Finds the rows that ClickHouse refuses whatever stands around them, by dry runs that write nothing. */
export async function findRefusedRows(store: Store, segment: Segment): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = []
  const { table } = segment
  const dry_run = { table, statement: await dryRunStatement(store, table) }
  let runs = 0
  async function check(lines: Lines, from: number, to: number): Promise<void> {
    const query_id = `${queryId(segment)}-check-${runs++}`
    const text = lines.text.subarray(lines.offsets[from], lines.offsets[to])
    const body = Readable.from([text], { objectMode: false })
    const reason = await rowRefusal(store, dry_run, body, query_id)
    if (reason === undefined) return
    if (to - from === 1) {
      refused.push({ ...(lines.lines[from] as Line), reason })
      return
    }
    const middle = (from + to) >> 1
    await check(lines, from, middle)
    await check(lines, middle, to)
  }
  for await (const lines of linesOf(segment, group_bytes)) await check(lines, 0, lines.lines.length)
  return refused
}

/** Writes down the refused rows. Repeating it changes nothing: the table keeps one of each. */
export async function quarantineRows(store: Store, segment: Segment, now_ms: number): Promise<void> {
  const rows: object[] = []
  const wanted = new Map(segment.refused.map((refused) => [refused.row, refused]))
  for await (const { lines, offsets, text } of linesOf(segment, group_bytes)) {
    for (const [index, { row }] of lines.entries()) {
      const found = wanted.get(row)
      if (!found) continue
      rows.push({
        node: segment.node,
        table: segment.table,
        segment: segment.segment,
        row: found.row,
        reason: found.reason,
        line: text.toString('utf8', offsets[index], (offsets[index + 1] as number) - 1),
        quarantined_at: now_ms,
      })
    }
  }
  await store.insert('quarantine', rows)
}

/** Rows that an earlier process already found refused; they stay out even if ClickHouse would take them by now. */
export async function recallRefusedRows(store: Store, segment: Segment): Promise<RefusedRow[]> {
  const known = await store.query<{ row: number; reason: string }>(
    `SELECT row, reason FROM quarantine FINAL
    WHERE node = {node:String} AND table = {table:String} AND segment = {segment:UInt32}`,
    { node: segment.node, table: segment.table, segment: segment.segment },
  )
  if (known.length === 0) return []
  const reasons = new Map(known.map(({ row, reason }) => [Number(row), reason]))
  const refused: RefusedRow[] = []
  for await (const { lines } of linesOf(segment, group_bytes)) {
    for (const line of lines) {
      const reason = reasons.get(line.row)
      if (reason !== undefined) refused.push({ ...line, reason })
    }
  }
  return refused
}

/** Tells whether an error can come from a row, so that looking for one is worth while. */
export function mayBeRow(error: unknown, tries: number): boolean {
  if (isRowError(error)) return true
  // ClickHouse may answer before it has read the body, and the sender then sees a broken connection, not the answer.
  // One that breaks twice is suspect.
  const { code } = error as { code?: unknown }
  return tries > 0 && (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE')
}

/** Small enough for the body to be on its way as a whole before ClickHouse can refuse it. */
const group_bytes = 256 * 1024

export interface DryRun {
  table: FactTable
  /** See `dryRunStatement`. */
  statement: string
}

/** Undefined when ClickHouse takes the lines; else the error's name and, where it says so, the column. */
export async function rowRefusal(
  store: Store,
  { table, statement }: DryRun,
  lines: Readable,
  query_id: string,
): Promise<string | undefined> {
  try {
    await store.send(statement, lines, { query_id })
    return undefined
  } catch (error) {
    if (!isRowError(error)) throw error
    // The text may quote the row: nothing is taken from it but the name of a column that we know.
    const column = /while reading the value of key (\w+)/.exec((error as Error).message)?.[1] ?? ''
    return column in { row: '', ...factTables[table] } ? `${errorName(error)}, column ${column}` : errorName(error)
  }
}

function isRowError(error: unknown): boolean {
  return error instanceof Error && rowErrors.has(String((error as { type?: unknown }).type))
}

/** ClickHouse's names for «this text is not a value of that column». */
const rowErrors = new Set([
  'ARGUMENT_OUT_OF_BOUND',
  'CANNOT_CONVERT_TYPE',
  'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  'CANNOT_PARSE_BOOL',
  'CANNOT_PARSE_DATE',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_ESCAPE_SEQUENCE',
  'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  'CANNOT_PARSE_NUMBER',
  'CANNOT_PARSE_QUOTED_STRING',
  'CANNOT_PARSE_TEXT',
  'CANNOT_READ_ALL_DATA',
  'CANNOT_READ_ARRAY_FROM_TEXT',
  'CANNOT_READ_MAP_FROM_TEXT',
  'DECIMAL_OVERFLOW',
  'INCORRECT_DATA',
  'TOO_LARGE_STRING_SIZE',
  'TYPE_MISMATCH',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
])
