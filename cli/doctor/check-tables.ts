import { countQuarantine } from '#ingest/quarantine/quarantine-rows.ts'
import { rulesState } from '#matching/rebuild/rules.ts'
import type { Store } from '#storage/client.ts'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import { readToSql } from '#storage/matching-progress.ts'
import { readMigrations } from '#storage/migrations/migrate.ts'
import { assets } from '../assets.ts'
import { type Check, fault, ok, span, unseen, warning } from './check.ts'

/** Whether the tables are those of this version. Nothing else can be asked of them when they are not there. */
export async function checkMigrations(store: Store): Promise<{ checks: Check[]; areThere: boolean }> {
  const known = await readMigrations(assets.migrations)
  const [there] = await store.query<{ tables: number }>(
    "SELECT toFloat64(count()) AS tables FROM system.tables WHERE database = {database:String} AND name = 'migrations'",
    { database: store.database },
  )
  if (!there?.tables)
    return { checks: [unseen('tables', 'there are none yet: the first start makes them')], areThere: false }
  const ran = await store.query<{ number: number; name: string }>(
    'SELECT number, name FROM migrations FINAL ORDER BY number',
  )
  const pending = known.filter(({ number }) => !ran.some((one) => one.number === number))
  const newer = ran.filter(({ number }) => !known.some((one) => one.number === number))
  const checks: Check[] = []
  if (newer.length > 0) {
    const says = `made by a newer Throughline: ${newer.map(({ name }) => name).join(', ')}`
    checks.push(fault('tables', says, 'Start that version again, or restore the backup made before it.'))
  }
  if (pending.length > 0) {
    const says = `not up to date: ${pending.map(({ name }) => name).join(', ')}`
    checks.push(warning('tables', says, 'The next start brings them up to date; `throughline migrate` does it alone.'))
  }
  if (checks.length === 0) checks.push(ok('tables', `up to date with ${known.at(-1)?.name}`))
  return { checks, areThere: pending.length === 0 }
}

export async function checkQuarantine(store: Store): Promise<Check[]> {
  const waiting = [...(await countQuarantine(store))]
  if (waiting.length === 0) return [ok('quarantine', 'empty')]
  const says = waiting.map(([table, rows]) => `${rows} of ${table}`).join(', ')
  return [
    warning('quarantine', `rows that ClickHouse refused: ${says}`, '`throughline quarantine list`, then `replay`.'),
  ]
}

/** Whether the history is what the rules of this version make of the facts. */
export async function checkRules(store: Store): Promise<Check[]> {
  const state = await rulesState(store)
  if (state === 'new' || state === 'current') return [ok('rules', 'the history is made by those of this version')]
  const says = 'the history was made by those of an earlier version'
  const fix = state === 'outdated' ? 'The running service makes it anew, or its next start.' : '`throughline rebuild`.'
  return [warning('rules', says, fix)]
}

const MATCHING_OLD_MS = 60_000

/** How far matching is, by what it has written down itself. */
export async function checkMatching(store: Store, isRunning: boolean): Promise<Check[]> {
  const { sql, params } = readToSql()
  const [unread] = await store.query<{ segments: number; waits_ms: number }>(
    `SELECT toFloat64(count()) AS segments,
       toFloat64(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(min(s.landed_at))) AS waits_ms
     FROM segments AS s FINAL
     GLOBAL LEFT JOIN (SELECT node, table, toInt64(segment) AS read_to, 1 AS known FROM ${sql}) AS p
       ON p.node = s.node AND p.table = s.table
     WHERE s.table != 'costs' AND (p.known = 0 OR s.segment > p.read_to)`,
    params,
  )
  const holders = await store.query<Holder>(
    `SELECT name, host, pid FROM matching_lock FINAL
     WHERE is_released = 0 AND renewed_at > now64(3) - INTERVAL 15 SECOND ORDER BY renewed_at DESC LIMIT 1 BY name`,
  )
  const { segments = 0, waits_ms = 0 } = unread ?? {}
  const { who, missing } = whoRuns(holders)
  const says =
    segments === 0 ? `${who}, has read everything` : `${who}, ${segments} segments to read, for ${span(waits_ms)}`
  if (segments > 0 && holders.length > 0 && waits_ms > MATCHING_OLD_MS) {
    return [warning('matching', says, 'See the log of the service for «matching step failed», and its CPU.')]
  }
  if (missing > 0 && isRunning)
    return [warning('matching', says, 'Reports of its sites stand still until a service with matching runs.')]
  return [ok('matching', says)]
}

interface Holder {
  name: string
  host: string
  pid: number
}

/** Names who runs, the one heard of last first, and says how many of those that share the sites do not. */
function whoRuns([newest, ...others]: readonly Holder[]): { who: string; missing: number } {
  if (!newest) return { who: 'does not run', missing: 1 }
  const of = processesOf(newest)
  // A killed one is not forgotten at once, and may have been one of another number.
  const running = [newest, ...others.filter((holder) => processesOf(holder) === of)]
  const processes = running.map(({ host, pid }) => `host ${host}, process ${pid}`).join('; ')
  const who = of === 1 ? `runs (${processes})` : `${running.length} of ${of} processes run (${processes})`
  return { who, missing: of - running.length }
}

function processesOf({ name }: Holder): number {
  return Number(/ of (\d+)$/.exec(name)?.[1] ?? 1)
}

/** Segments of each table that are compared, the newest. */
const SEGMENTS_MAX = 200

interface Named {
  node: string
  segment: number
  rows: number
  first_ms: number
}

/** Whether what the log said is in is in, once: the newest segments against their tables. */
export async function checkSegments(store: Store): Promise<Check[]> {
  const checks: Check[] = []
  let compared = 0
  for (const table of factTableNames) {
    const named = await store.query<Named>(
      `SELECT s.node AS node, s.segment AS segment, s.rows AS rows,
         toFloat64(toUnixTimestamp64Milli(s.first_received_at)) AS first_ms
       FROM segments AS s FINAL WHERE s.table = {table:String} ORDER BY s.landed_at DESC LIMIT ${SEGMENTS_MAX}`,
      { table },
    )
    if (named.length === 0) continue
    compared += named.length
    checks.push(...compare(table, named, await countRows(store, table, named)))
  }
  if (compared === 0) checks.push(ok('segments', 'none has landed yet'))
  else if (checks.length === 0) checks.push(ok('segments', `the newest ${compared} are in their tables, row for row`))
  return checks
}

async function countRows(store: Store, table: FactTable, named: readonly Named[]): Promise<Map<string, number>> {
  const found = await store.query<{ node: string; segment: number; rows: number }>(
    `SELECT node, segment, toFloat64(count()) AS rows FROM ${table}
     WHERE segment IN {segments:Array(UInt32)} AND received_at >= fromUnixTimestamp64Milli({first_ms:Int64})
     GROUP BY node, segment`,
    {
      segments: named.map(({ segment }) => segment),
      first_ms: Math.floor(Math.min(...named.map(({ first_ms }) => first_ms))),
    },
  )
  return new Map(found.map(({ node, segment, rows }) => [`${node}-${segment}`, rows]))
}

function compare(table: FactTable, named: readonly Named[], counts: ReadonlyMap<string, number>): Check[] {
  const off = named.map(({ node, segment, rows }) => ({
    name: `${node}.${table}-${segment}`,
    rows: (counts.get(`${node}-${segment}`) ?? 0) - rows,
  }))
  const [more, fewer] = [off.filter(({ rows }) => rows > 0), off.filter(({ rows }) => rows < 0)]
  const list = (some: typeof off) =>
    some
      .slice(0, 5)
      .map(({ name, rows }) => `${name} ${rows > 0 ? '+' : ''}${rows}`)
      .join(', ')
  const checks: Check[] = []
  if (more.length > 0) {
    const fix =
      'This must not happen: keep the log of the service and tell the maintainers. Derived tables count them once.'
    checks.push(fault('segments', `${more.length} of ${table} have more rows than were written: ${list(more)}`, fix))
  }
  if (fewer.length > 0) {
    const fix =
      'Retention and erasures take rows away. If there were none, rows are lost: check the disk of ClickHouse.'
    checks.push(
      warning('segments', `${fewer.length} of ${table} have fewer rows than were written: ${list(fewer)}`, fix),
    )
  }
  return checks
}
