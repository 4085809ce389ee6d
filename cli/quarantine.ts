import { nameOf, parseName, type QuarantinedLine, readQuarantine } from '#ingest/quarantine/quarantine-rows.ts'
import type { ReplayReport } from '#ingest/quarantine/replay-rows.ts'
import { openStore } from '#storage/client.ts'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import { withClickHouse } from './clickhouse.ts'
import { type Config, WrongSettings } from './config.ts'
import { askService } from './service-api.ts'

const LIMIT_MAX = 100_000

/** `throughline quarantine list`: what was refused, when and why. What is in a row is shown only when asked for. */
export async function listQuarantine(
  config: Config,
  options: { table?: string; limit: string; rows?: boolean; json?: boolean },
): Promise<void> {
  const table = readTable(options.table)
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new WrongSettings([`--limit: must be a whole number from 1 to ${LIMIT_MAX}`])
  }
  const found = await withClickHouse(config, async (connection) => {
    const store = openStore(connection)
    try {
      return await readQuarantine(store, { table, limit })
    } finally {
      await store.close()
    }
  })
  if (options.json) {
    for (const row of found) process.stdout.write(`${JSON.stringify(shown(row, options.rows === true))}\n`)
  } else process.stdout.write(describe(found, options.rows === true))
}

/** `throughline quarantine replay`: the service puts the rows into its log again, those that ClickHouse takes by now. */
export async function runReplay(
  config: Config,
  options: { table?: string; row?: string[]; all?: boolean; json?: boolean },
): Promise<void> {
  const table = readTable(options.table)
  const rows = options.row ?? []
  if (rows.length > 0 === (options.all === true || table !== undefined)) {
    throw new WrongSettings(['Say which rows: --row NAME (as `quarantine list` shows it), --table TABLE, or --all.'])
  }
  const wrong = rows.filter((row) => !parseName(row))
  if (wrong.length > 0) throw new WrongSettings(wrong.map((row) => `--row: ${row} is no row of the quarantine`))
  const { body } = await askService(config, 'POST', '/control/quarantine/replay', {
    ...(table && { table }),
    ...(rows.length > 0 && { rows }),
  })
  const report = body as ReplayReport
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(describeReplay(report))
  if (report.refused > 0 || (rows.length > 0 && report.replayed < rows.length)) process.exitCode = 1
}

function readTable(table: string | undefined): FactTable | undefined {
  if (table === undefined || (factTableNames as string[]).includes(table)) return table as FactTable | undefined
  throw new WrongSettings([`--table: there is no table ${table}; it is one of ${factTableNames.join(', ')}`])
}

function shown(row: QuarantinedLine, withLine: boolean): object {
  const { table, quarantined_at, reason, site, id, line } = row
  return { row: nameOf(row), table, quarantined_at, reason, site, id, ...(withLine && { line }) }
}

function describe(rows: readonly QuarantinedLine[], withLines: boolean): string {
  if (rows.length === 0) return 'No row is in quarantine.\n'
  const lines = rows.map((row) => {
    const { quarantined_at, reason, site, id, line } = row
    return `${nameOf(row)}  ${quarantined_at}  site ${site}, id ${id}: ${reason}\n${withLines ? `  ${line}\n` : ''}`
  })
  return lines.join('')
}

function describeReplay({ replayed, refused, refused_rows }: ReplayReport): string {
  const lines = refused_rows.map(({ row, reason }) => `  ${row}: ${reason}\n`)
  const kept = refused === 0 ? '' : ` ClickHouse would refuse ${refused} again; they stay in quarantine:`
  return `${replayed} rows are in the log again.${kept}\n${lines.join('')}`
}
