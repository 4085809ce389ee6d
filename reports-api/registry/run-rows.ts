import { moneyText } from '#domain/money.ts'
import { Failure } from '#shell/failure.ts'
import type { Store } from '#storage/client.ts'
import { creditedTouches } from './attribution.ts'
import { type AttributionTerms, settleCredit, termParams } from './attribution-terms.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { filterParams, filterSql, type KnownFilter, knownFilters, reaches, touchConditions } from './filters.ts'
import type { Source } from './measures.ts'
import { findMetric, rowsBehind } from './metrics.ts'
import type { Model } from './models.ts'
import { checkPeriod, type SiteTerms } from './plan-report.ts'
import { effectParams, journeysOf, readRemovalEffects } from './removal-effects-query.ts'
import type { RowsQuery } from './report-query.ts'
import { rowsOf } from './rows-columns.ts'
import { between, conversionsOf, interestDuring, momentSql, newestCosts, wantedSql } from './scan.ts'
import { keyOf, readUncredited } from './uncredited.ts'

export interface RowsAnswer {
  columns: string[]
  rows: Record<string, unknown>[]
  /** Send it back for the rows that follow; null at the end. */
  cursor: string | null
}

/** The rows behind a number: a metric, its filters and its model, a page at a time. */
export async function runRows(store: Pick<Store, 'query'>, query: RowsQuery, site: SiteTerms): Promise<RowsAnswer> {
  const metric = findMetric(query.metric)
  if (!metric) throw new Failure('unknown_metric', `There is no metric "${query.metric}".`, { field: 'metric' })
  checkPeriod(query.from, query.to, 'to')
  const { source, where } = rowsBehind(metric)
  const { keys, usual } = rowsOf[source]
  const columns = chosenColumns(query, source, usual)
  const filters = knownFilters(query.filters)
  const unknown = filters.find((filter) => !reaches(filter, source))
  if (unknown) {
    throw new Failure('bad_request', `${query.metric} cannot be filtered by ${unknown.dimension}.`, {
      field: 'filters',
    })
  }
  const credit = settleCredit(query.attribution, 'attribution.')
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, keys)
  const effects =
    source === 'touchpoints' ? await readRemovalEffects(store, credit, journeysOf(query, site.timezone)) : undefined
  const found = await store.query<FoundRow>(
    `SELECT ${[...columns.filter((column) => column !== 'uncredited'), 'row_key'].join(', ')}
FROM (
${tableSql(source, query, credit.model, filters, columns)}
)
WHERE ${[where, ...(cursor ? [afterKey(keys)] : [])].join(' AND ')}
ORDER BY ${keys.map(({ sql }) => sql).join(', ')}
LIMIT {limit:UInt32}`,
    {
      site: query.site,
      timezone: site.timezone,
      currency: site.currency,
      from: query.from,
      to: query.to,
      no_shift: 0,
      ...termParams(credit.terms),
      ...effectParams(effects),
      limit: query.limit + 1,
      ...filterParams(filters),
      ...Object.fromEntries((cursor ?? []).map((value, index) => [`key_${index}`, value])),
    },
  )
  const page = found.slice(0, query.limit)
  const last = page.at(-1)
  const rows = columns.includes('uncredited') ? await withReasons(store, query.site, page, credit.terms) : page
  return {
    columns,
    rows: rows.map(({ row_key: _, ...row }) => withMoney(row)),
    cursor: found.length > query.limit && last ? writeCursor(last.row_key) : null,
  }
}

type FoundRow = Record<string, unknown> & { row_key: string[] }

/** Says of every rest why no touch takes it; null of touches. */
async function withReasons(
  store: Pick<Store, 'query'>,
  site: string,
  page: readonly FoundRow[],
  terms: AttributionTerms,
): Promise<FoundRow[]> {
  // The parts of the key of touchpoints (rows-columns.ts).
  const conversionOf = ([, kind = '', fact = '', id = '', position]: readonly string[]) =>
    position === '0' ? { kind, fact, id } : undefined
  const asked = page.flatMap(({ row_key }) => conversionOf(row_key) ?? [])
  const reasons = await readUncredited(store, site, asked, terms)
  return page.map((row) => {
    const conversion = conversionOf(row.row_key)
    return { ...row, uncredited: (conversion && reasons.get(keyOf(conversion))) ?? null }
  })
}

const moneyColumns = ['value', 'credit', 'cost'] as const

function withMoney(row: Record<string, unknown>): Record<string, unknown> {
  for (const name of moneyColumns) if (name in row) row[name] = moneyText(row[name] as string | null)
  return row
}

function chosenColumns({ columns }: RowsQuery, source: Source, usual: readonly string[]): string[] {
  const known: readonly string[] = rowsOf[source].columns
  for (const [index, column] of (columns ?? []).entries()) {
    if (!known.includes(column)) {
      throw new Failure('bad_request', `There is no column "${column}" in these rows.`, { field: `columns.${index}` })
    }
  }
  return [...new Set(columns ?? usual)]
}

type Key = { sql: string; type: 'Int64' | 'String' }

function afterKey(keys: readonly Key[]): string {
  return `(${keys.map(({ sql }) => sql).join(', ')}) > (${keys.map(({ type }, index) => `{key_${index}:${type}}`).join(', ')})`
}

/** Of credited touches: not in their table. */
const madeColumns: ReadonlySet<string> = new Set(['weight', 'credit', 'uncredited'])

const period = { from: 'from', to: 'to' }

/** Everything the condition of a measure, the order and the chosen columns may name. */
function tableSql(
  source: Source,
  query: RowsQuery,
  model: Model,
  filters: readonly KnownFilter[],
  columns: readonly string[],
): string {
  const sql = filters.map((filter, index) => filterSql(filter, index, source) as string)
  const key = `[${rowsOf[source].keys.map((part) => `toString(${part.sql})`).join(', ')}] AS row_key`
  const inCurrency = "currency IN ('', {currency:String}) AS in_currency"
  if (source === 'sessions') {
    const shown = [...new Set([...columns, 'id', 'started_at', 'bounce'])]
    return `SELECT ${shown.join(', ')}, ${key}, toTimeZone(started_at, {timezone:String}) AS moment
      FROM sessions FINAL
      WHERE ${['site = {site:String}', 'bot = 0', between('started_at', period), ...sql].join(' AND ')}`
  }
  if (source === 'costs') {
    return `SELECT ${rowsOf.costs.columns.join(', ')}, ${key}, date AS moment, ${inCurrency}
      FROM (${newestCosts(period)})
      ${sql.length > 0 ? `WHERE ${sql.join(' AND ')}` : ''}`
  }
  const closed = query.date === 'closed'
  const own = rowsOf.touchpoints.columns.filter((column) => !madeColumns.has(column))
  const conditions = touchConditions(filters)
  return `SELECT ${[...own, 'weight'].join(', ')}, ${key}, ${inCurrency},
      toDecimal128(toDecimal128(credit_units, 4) / 10000, 4) AS credit
    FROM (${creditedTouches({
      model,
      prefix: '',
      columns: [...own, ...conditions.columns],
      made: [{ name: 'moment', sql: momentSql(closed) }],
      where: [conversionsOf(period, closed), ...conditions.ofConversion].join(' AND '),
      onPath: conditions.onPath,
      ofPerson: conditions.ofPerson,
      interestDuring: interestDuring({ ...period, prefix: '' }, closed),
    })})
    WHERE ${wantedSql(conditions)}`
}
