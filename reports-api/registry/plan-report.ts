import { Failure } from '#shell/failure.ts'
import type { Params } from '#storage/client.ts'
import { type Credit, prefixed, settleCredit, termParams } from './attribution-terms.ts'
import { dimensionOf, filterParams, type KnownFilter, knownFilters, reaches } from './filters.ts'
import { type MeasureName, measure, type Source, zero } from './measures.ts'
import { findMetric, type Metric } from './metrics.ts'
import { type Column, orderSql, reportColumns, type WantedDimension, type WantedMetric } from './report-columns.ts'
import type { ReportQuery } from './report-query.ts'
import { type Side, scanSql } from './scan.ts'

export interface SiteTerms {
  timezone: string
  currency: string
}

export interface ReportPlan {
  sql: string
  params: Params
  columns: Column[]
  dimensions: WantedDimension[]
  metrics: WantedMetric[]
  notes: string[]
  /** Whether leads or deals are asked, and so credit is given. */
  credits: boolean
  asked: Credits
}

interface Credits {
  main: Credit
  compared: Credit | undefined
}

/** Stands before the names of the parameters that credit has bound on the compared side. */
export const COMPARED = 'compare_'

const sources: readonly Source[] = ['sessions', 'touchpoints', 'costs']

/**
 * One statement for the whole report: each table is read once a side, grouped, and the groups are added up. Values reach it
 * as bound parameters, names from the registry alone.
 */
export function planReport(query: ReportQuery, site: SiteTerms): ReportPlan {
  const metrics = wantedMetrics(query.metrics)
  const dimensions = [...new Set(query.dimensions)].map((name, index) => ({
    name,
    known: dimensionOf(name, `dimensions.${index}`),
    alias: `d${index}`,
  }))
  const filters = knownFilters(query.filters)
  const asked = creditsOf(query)
  const used = [...new Set(metrics.flatMap(({ known }) => known.uses))]
  const reach = new Map(sources.map((source) => [source, reachOf(source, dimensions, filters)]))
  const compares = query.compare !== undefined
  const scans = sources
    .filter((source) => used.some((name) => measure(name).source === source) && reach.get(source) !== 'none')
    .flatMap((source) =>
      sidesOf(query, asked, source).map((side) =>
        scanSql({
          source,
          side,
          dimensions: reach.get(source) === 'rows' ? dimensions : [],
          allDimensions: dimensions,
          filters,
          used,
          closed: query.date === 'closed',
        }),
      ),
    )
  const columns = reportColumns(dimensions, metrics, compares)
  return {
    sql: addUp({ scans, dimensions, metrics, used, reach, compares, query }),
    params: reportParams(query, asked, site, filters),
    columns,
    dimensions,
    metrics,
    notes: notesOf(metrics, dimensions, filters, reach),
    credits: used.some((name) => measure(name).source === 'touchpoints'),
    asked,
  }
}

function creditsOf({ attribution, compare }: ReportQuery): Credits {
  const main = settleCredit(attribution, 'attribution.')
  const compared = compare?.attribution ? settleCredit(compare.attribution, 'compare.attribution.') : main
  return { main, compared: compare && compared }
}

function wantedMetrics(names: readonly string[]): WantedMetric[] {
  return [...new Set(names)].map((name, index) => {
    const known = findMetric(name)
    if (!known) throw new Failure('unknown_metric', `There is no metric "${name}".`, { field: `metrics.${index}` })
    return { name, known }
  })
}

/** Whether a table's sums can be split by these dimensions (rows), only given in total, or not given under these filters. */
type Reach = 'rows' | 'total' | 'none'

function reachOf(source: Source, dimensions: readonly WantedDimension[], filters: readonly KnownFilter[]): Reach {
  if (filters.some((filter) => !reaches(filter, source))) return 'none'
  return dimensions.every(({ known }) => known.on[source] !== undefined) ? 'rows' : 'total'
}

function sidesOf({ compare }: ReportQuery, { main, compared }: Credits, source: Source): Side[] {
  const side: Side = { compared: 0, model: main.model, prefix: '', from: 'from', to: 'to', shift: 'no_shift' }
  if (!compare || !compared) return [side]
  const other: Side = {
    compared: 1,
    model: compared.model,
    prefix: COMPARED,
    from: 'compare_from',
    to: 'compare_to',
    shift: 'compare_shift',
  }
  // Visits and costs know nothing of models: in the same period they are read once, for both sides.
  return compare.from === undefined && source !== 'touchpoints' ? [{ ...side, compared: 2 }] : [side, other]
}

function reportParams(
  query: ReportQuery,
  { main, compared }: Credits,
  site: SiteTerms,
  filters: readonly KnownFilter[],
): Params {
  const { compare } = query
  checkPeriod(query.from, query.to, 'to')
  if (compare?.from && compare.to) checkPeriod(compare.from, compare.to, 'compare.to')
  const from = compare?.from ?? query.from
  return {
    site: query.site,
    timezone: site.timezone,
    currency: site.currency,
    from: query.from,
    to: query.to,
    no_shift: 0,
    ...termParams(main.terms),
    compare_from: from,
    compare_to: compare?.to ?? query.to,
    compare_shift: Math.round((Date.parse(query.from) - Date.parse(from)) / 86_400_000),
    ...(compared && prefixed(termParams(compared.terms), COMPARED)),
    limit: query.limit,
    offset: query.offset,
    ...filterParams(filters),
  }
}

/** Days are inclusive: a period may be one day, and may not end before it begins. */
export function checkPeriod(from: string, to: string, field: string): void {
  if (from > to) throw new Failure('bad_request', `${field}: is before from`, { field })
}

interface Added {
  scans: string[]
  dimensions: readonly WantedDimension[]
  metrics: readonly WantedMetric[]
  used: readonly MeasureName[]
  reach: ReadonlyMap<Source, Reach>
  compares: boolean
  query: ReportQuery
}

/** Adds up the groups of all tables and both sides, makes the metrics, numbers the rows and cuts the page. */
function addUp({ scans, dimensions, metrics, used, reach, compares, query }: Added): string {
  const keys = ['is_total', ...dimensions.map(({ alias }) => alias)]
  const sides = compares ? ([0, 1] as const) : ([0] as const)
  const sums = used.flatMap((name) =>
    sides.map((side) => `sumIf(${name}, side IN (${side}, 2)) AS ${sumName(name, side)}`),
  )
  const extra = sides.flatMap((side) => [
    `sumForEachIf(uncredited, side IN (${side}, 2)) AS uncredited_${side}`,
    `arraySort(arrayDistinct(arrayFlatten(groupArrayIf(currencies, side IN (${side}, 2))))) AS currencies_${side}`,
  ])
  const made = sides.flatMap((side) =>
    metrics.map(({ name, known }) => `${metricSql(known, reach, side)} AS ${side === 1 ? 'compare_' : ''}${name}`),
  )
  const extras = sides.flatMap((side) => [`uncredited_${side}`, `currencies_${side}`])
  const shown = [
    ...keys,
    ...sides.flatMap((side) => metrics.map(({ name }) => (side === 1 ? `compare_${name}` : name))),
  ]
  return `SELECT ${[...shown, ...extras].join(', ')}, place, places
FROM (
  SELECT ${[...shown, ...extras].join(', ')},
    row_number() OVER (PARTITION BY is_total ORDER BY ${orderSql(query, dimensions, metrics)}) AS place,
    countIf(is_total = 0) OVER () AS places
  FROM (
    SELECT ${[...keys, ...made, ...extras].join(', ')}
    FROM (
      SELECT ${[...keys, ...sums, ...extra].join(', ')}
      FROM (
${[seed(dimensions, used), ...scans].join('\nUNION ALL\n')}
      )
      GROUP BY ${keys.join(', ')}
    )
  )
)
WHERE is_total = 1 OR (place > {offset:UInt32} AND place <= {offset:UInt32} + {limit:UInt32})
ORDER BY is_total, place`
}

/** A total of nothing, so that there is always a total; it also fixes the type of every column. */
function seed(dimensions: readonly WantedDimension[], used: readonly MeasureName[]): string {
  return `SELECT ${[
    'toUInt8(1) AS is_total',
    'toUInt8(2) AS side',
    ...dimensions.map(({ known, alias }) => `${known.type === 'number' ? 'toUInt8(0)' : "''"} AS ${alias}`),
    ...used.map((name) => `${zero(measure(name))} AS ${name}`),
    "CAST([], 'Array(Float64)') AS uncredited",
    "CAST([], 'Array(String)') AS currencies",
  ].join(', ')}`
}

function sumName(name: MeasureName, side: 0 | 1): string {
  return `${name}_${side}`
}

function metricSql(known: Metric, reach: ReadonlyMap<Source, Reach>, side: 0 | 1): string {
  const reaches = known.uses.map((name) => reach.get(measure(name).source))
  if (reaches.includes('none')) return 'NULL'
  const value = known.sql((name) => sumName(name, side))
  return reaches.includes('total') ? `if(is_total = 1, ${value}, NULL)` : value
}

function notesOf(
  metrics: readonly WantedMetric[],
  dimensions: readonly WantedDimension[],
  filters: readonly KnownFilter[],
  reach: ReadonlyMap<Source, Reach>,
): string[] {
  return metrics.flatMap(({ name, known }) => {
    const tables = known.uses.map((used) => measure(used).source)
    const unfiltered = filters
      .filter((filter) => tables.some((table) => !reaches(filter, table)))
      .map(({ dimension, op }) => (op === 'on_path' ? `${dimension} on the path` : dimension))
    const unsplit = dimensions
      .filter((of) => tables.some((table) => of.known.on[table] === undefined))
      .map(({ name: of }) => of)
    if (known.uses.every((used) => reach.get(measure(used).source) === 'rows')) return []
    if (unfiltered.length > 0) return [`${name} cannot be filtered by ${unfiltered.join(', ')}`]
    return [`${name} cannot be split by ${unsplit.join(', ')}`]
  })
}
