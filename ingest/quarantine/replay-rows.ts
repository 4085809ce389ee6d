import { Readable } from 'node:stream'
import { type ByteText, toByteText } from '#domain/byte-text.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { Store } from '#storage/client.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { rowRefusal } from '../log/find-refused-rows.ts'
import { dryRunStatement } from '../log/insert-segment.ts'
import type { Log } from '../log/log.ts'
import { row_number } from '../log/row-number.ts'
import { markReplayed, nameOf, type QuarantinedLine, type QuarantineFilter, readQuarantine } from './quarantine-rows.ts'

export interface ReplayOptions {
  store: Store
  log: Pick<Log, 'append'>
  now: Clock
  newId(): string
}

export interface ReplayReport {
  /** Rows that are in the log again. */
  replayed: number
  /** Rows that ClickHouse would refuse again: they stay where they are. */
  refused: number
  /** Some of those, with what ClickHouse says of them now. */
  refused_rows: { row: string; reason: string }[]
  /** Of the last write; null when nothing was replayed. */
  position: string | null
}

/** Rows read, tried and written at once. */
const PAGE_ROWS = 100
const REFUSED_SHOWN_MAX = 100

/**
 * Puts refused rows into the log again, each as a new row of a new segment. A row that ClickHouse would still refuse is
 * left where it is. A replay that dies may be repeated: the row is known to the repeat window under its place in the
 * quarantine, from the moment it is synced, and is noted as replayed only then.
 */
export async function replayQuarantine(
  options: ReplayOptions,
  filter: Pick<QuarantineFilter, 'table' | 'keys'>,
): Promise<ReplayReport> {
  const report: ReplayReport = { replayed: 0, refused: 0, refused_rows: [], position: null }
  let after: QuarantinedLine | undefined
  for (;;) {
    const page = await readQuarantine(options.store, { ...filter, after, limit: PAGE_ROWS })
    for (const [table, lines] of byTable(page)) await replayLines(options, table, lines, report)
    after = page.at(-1)
    if (page.length < PAGE_ROWS) return report
  }
}

async function replayLines(
  { store, log, now, newId }: ReplayOptions,
  table: FactTable,
  lines: readonly QuarantinedLine[],
  report: ReplayReport,
): Promise<void> {
  const refused = await stillRefused(store, table, lines, newId())
  report.refused += refused.size
  for (const [line, reason] of refused) {
    if (report.refused_rows.length < REFUSED_SHOWN_MAX) report.refused_rows.push({ row: nameOf(line), reason })
  }
  const good = lines.filter((line) => !refused.has(line))
  if (good.length === 0) return
  const position = await log.append([{ table, rows: good.map(withoutNumber), ids: good.map(replayId) }])
  await markReplayed(store, good, { position, now_ms: now() })
  report.replayed += good.length
  report.position = position
}

/** The line as an append takes it: the log gives it a new number. */
function withoutNumber({ line }: QuarantinedLine): ByteText {
  const start = row_number.exec(line)?.[0]
  if (start === undefined) throw new Failure('internal', 'A line of the quarantine is no row of the log.')
  return toByteText(line.slice(start.length))
}

/**
 * The row's own id is in the window since it was first accepted, and would keep it out. This one is no fact's: no site
 * has an empty name.
 */
function replayId(line: QuarantinedLine): string {
  return `\nreplay\n${nameOf(line)}`
}

/** Which of the lines ClickHouse would not take, and why, by dry runs. */
async function stillRefused(
  store: Store,
  table: FactTable,
  lines: readonly QuarantinedLine[],
  run: string,
): Promise<Map<QuarantinedLine, string>> {
  const refused = new Map<QuarantinedLine, string>()
  const dry_run = { table, statement: await dryRunStatement(store, table) }
  let runs = 0
  async function check(some: readonly QuarantinedLine[]): Promise<void> {
    const [only] = some
    if (!only) return
    const text = Buffer.from(some.map(({ line }) => `${line}\n`).join(''))
    const reason = await rowRefusal(
      store,
      dry_run,
      Readable.from([text], { objectMode: false }),
      `replay-${run}-${runs++}`,
    )
    if (reason === undefined) return
    if (some.length === 1) {
      refused.set(only, reason)
      return
    }
    const middle = some.length >> 1
    await check(some.slice(0, middle))
    await check(some.slice(middle))
  }
  await check(lines)
  return refused
}

function byTable(page: readonly QuarantinedLine[]): Map<FactTable, QuarantinedLine[]> {
  const tables = new Map<FactTable, QuarantinedLine[]>()
  for (const line of page) tables.set(line.table, [...(tables.get(line.table) ?? []), line])
  return tables
}
