import { creditedTouches } from './attribution.ts'
import { filterSql, type KnownFilter, type TouchConditions, touchConditions } from './filters.ts'
import { type MeasureName, measure, type Source, zero } from './measures.ts'
import { boundWith, type Model } from './models.ts'
import type { WantedDimension } from './report-columns.ts'

/** One part of the answer: the report itself, or what it is compared with. */
export interface Side {
  compared: 0 | 1 | 2
  model: Model
  /** Stands before the names of the parameters that credit has bound. */
  prefix: string
  from: string
  to: string
  shift: string
}

export interface Scan {
  source: Source
  side: Side
  /** Empty when this table can only be summed up as a whole. */
  dimensions: readonly WantedDimension[]
  allDimensions: readonly WantedDimension[]
  filters: readonly KnownFilter[]
  used: readonly MeasureName[]
  /** Deals count on the day they were closed. */
  closed: boolean
}

/** One read of one table for one side of the report: a row a group, and one row for the total. */
export function scanSql(scan: Scan): string {
  const { source, side, dimensions, allDimensions, used } = scan
  const table = source === 'touchpoints' ? touchRows(scan) : source === 'costs' ? costRows(scan) : sessionRows(scan)
  const measures = used.map((name) => {
    const { sum, where, source: of, type } = measure(name)
    if (of !== source) return `${zero(measure(name))} AS m_${name}`
    const sql = sum(source === 'touchpoints' ? `wanted AND ${where}` : where)
    return `${type === 'money' ? sql : `toFloat64(${sql})`} AS m_${name}`
  })
  const grouped = dimensions.map(({ alias }) => alias)
  // A table that cannot be split gives its total alone; a report without dimensions is its total.
  const total = grouped.length === 0 ? 'toUInt8(1)' : `toUInt8(grouping(${grouped[0]}))`
  const aliases = allDimensions.map(({ known, alias }) =>
    grouped.length > 0 ? alias : `${known.type === 'number' ? 'toUInt8(0)' : "''"} AS ${alias}`,
  )
  return `SELECT is_total, side, ${[...allDimensions.map(({ alias }) => alias), ...used.map((name) => `m_${name} AS ${name}`)].join(', ')}, uncredited, currencies
FROM (
  SELECT ${total} AS is_total, toUInt8(${side.compared}) AS side, ${[...aliases, ...measures].join(', ')},
    ${extraSums(source)}
  FROM (
${table}
  )
  ${grouped.length > 0 ? `GROUP BY GROUPING SETS ((${grouped.join(', ')}), ())` : ''}
  ${source === 'touchpoints' && grouped.length > 0 ? `HAVING is_total = 1 OR countIf(wanted AND (${counted(used)})) > 0` : ''}
)`
}

/** Which touches any asked metric counts: a group of nothing but others would be a line of zeros. */
function counted(used: readonly MeasureName[]): string {
  const conditions = used.map(measure).filter(({ source }) => source === 'touchpoints')
  return [...new Set(conditions.map(({ where }) => `(${where})`))].join(' OR ')
}

/** What `meta` tells: credit that no touch could take, of all credit; currencies that money could not be added up in. */
function extraSums(source: Source): string {
  if (source === 'sessions') {
    return "CAST([], 'Array(Float64)') AS uncredited, CAST([], 'Array(String)') AS currencies"
  }
  const foreign = 'NOT in_currency'
  if (source === 'costs') {
    return `CAST([], 'Array(Float64)') AS uncredited, groupUniqArrayIf(toString(currency), ${foreign}) AS currencies`
  }
  const revenue = "conversion_kind = 'deal' AND status = 'won' AND in_currency"
  // Every conversion has one row at position 0, so those rows also count all there is, whatever touches are filtered out.
  const pairs = ["conversion_kind = 'lead'", "conversion_kind = 'deal'"]
    .map((kind) => `sumIf(weight, position = 0 AND ${kind}), toFloat64(countIf(position = 0 AND ${kind}))`)
    .concat(
      `toFloat64(sumIf(credit_units, position = 0 AND ${revenue})), toFloat64(sumIf(value_units, position = 0 AND ${revenue}))`,
    )
  return `[${pairs.join(', ')}] AS uncredited,
    groupUniqArrayIf(toString(currency), wanted AND ${wonElsewhere}) AS currencies`
}

/** Deals whose money is in another currency than the site's. */
export const wonElsewhere = "conversion_kind = 'deal' AND status = 'won' AND value IS NOT NULL AND NOT in_currency"

function sessionRows({ side, dimensions, filters }: Scan): string {
  const where = filters.map((filter, index) => filterSql(filter, index, 'sessions'))
  return `    SELECT ${[...keys(dimensions, 'sessions'), 'visitor', 'pages', 'bounce'].join(', ')},
      ${local('started_at', side)} AS moment
    FROM sessions FINAL
    WHERE ${['site = {site:String}', 'bot = 0', between('started_at', side), ...where].join('\n      AND ')}`
}

function costRows({ side, dimensions, filters }: Scan): string {
  const where = filters.map((filter, index) => filterSql(filter, index, 'costs'))
  return `    SELECT ${[...keys(dimensions, 'costs'), 'cost', 'currency', 'clicks', 'impressions'].join(', ')},
      addDays(date, {${side.shift}:Int32}) AS moment,
      currency IN ('', {currency:String}) AS in_currency
    FROM (${newestCosts(side)})
    ${where.length > 0 ? `WHERE ${where.join('\n      AND ')}` : ''}`
}

function touchRows({ side, dimensions, filters, closed }: Scan): string {
  const conditions = touchConditions(filters)
  const columns = dimensions.map(({ known }) => known.on.touchpoints as string).filter((column) => /^\w+$/.test(column))
  const inner = creditedTouches({
    model: side.model,
    prefix: side.prefix,
    columns: [
      ...columns,
      ...conditions.columns,
      'status',
      'lead_kind',
      'first',
      'target',
      'fraud_score',
      'currency',
      'closed_at',
    ],
    made: [{ name: 'moment', sql: local(closed ? countedAt : 'conversion_at', side) }],
    where: [conversionsOf(side, closed), ...conditions.ofConversion].join('\n      AND '),
    onPath: conditions.onPath,
    ofPerson: conditions.ofPerson,
    interestDuring: interestDuring(side, closed),
  })
  return `    SELECT ${[...keys(dimensions, 'touchpoints'), 'conversion_kind', 'position', 'conversion_at', 'closed_at', 'status', 'lead_kind', 'first', 'target', 'fraud_score', 'value', 'currency', 'weight', 'touches', 'credit_units', 'value_units'].join(', ')},
      ${wantedSql(conditions)} AS wanted,
      currency IN ('', {currency:String}) AS in_currency
    FROM (
${inner}
    )
    WHERE wanted OR position = 0`
}

/** Which credited touches the filters leave. */
export function wantedSql({ ofTouch, onPath }: TouchConditions): string {
  return ['parts > 0', ...ofTouch, ...onPath.map((_, index) => `on_path_${index} = 1`)].join(' AND ')
}

/** The span within which lie all visits that may precede a conversion of the period within the look-back. */
export function interestDuring(side: Pick<Side, 'from' | 'to' | 'prefix'>, closed: boolean): string {
  const until = `at < toDateTime64({${side.to}:Date} + 1, 3, {timezone:String})`
  // A deal closed in the period may have begun, and looked back, any time before.
  if (closed) return until
  return `${until} AND at >= toDateTime64({${side.from}:Date}, 3, {timezone:String}) - toIntervalDay(${boundWith(side.prefix)('lookback_days')})`
}

/** The newest word on each key: the same day and campaign written again replaces, it does not add. */
export function newestCosts({ from, to }: Pick<Side, 'from' | 'to'>): string {
  const newest = ['channel', 'cost', 'currency', 'clicks', 'impressions'].map(
    (column) => `argMax(${column}, (received_at, node, segment, row)) AS newest_${column}`,
  )
  return `
      SELECT date, source, medium, campaign, content, term, newest_channel AS channel, newest_cost AS cost,
        newest_currency AS currency, newest_clicks AS clicks, newest_impressions AS impressions
      FROM (
        SELECT date, source, medium, campaign, content, term, ${newest.join(', ')}
        FROM costs
        WHERE site = {site:String} AND date BETWEEN {${from}:Date} AND {${to}:Date}
        GROUP BY date, source, medium, campaign, content, term
      )`
}

/** When a conversion counts, in the time zone of the site. */
export function momentSql(closed: boolean): string {
  return `toTimeZone(${closed ? countedAt : 'conversion_at'}, {timezone:String})`
}

const countedAt = "if(conversion_kind = 'deal', assumeNotNull(closed_at), conversion_at)"

/** Conversions of the period: leads by when they came, deals by creation or by closing. */
export function conversionsOf(side: Pick<Side, 'from' | 'to'>, closed: boolean): string {
  const site = 'site = {site:String}'
  if (!closed) return `${site} AND ${between('conversion_at', side)}`
  return `${site} AND ((conversion_kind = 'lead' AND ${between('conversion_at', side)})
        OR (conversion_kind = 'deal' AND closed_at IS NOT NULL AND ${between('closed_at', side)}))`
}

/** Whole days in the time zone of the site, the last one included. */
export function between(column: string, { from, to }: Pick<Side, 'from' | 'to'>): string {
  return `${column} >= toDateTime64({${from}:Date}, 3, {timezone:String}) AND ${column} < toDateTime64({${to}:Date} + 1, 3, {timezone:String})`
}

/** The moment in the time zone of the site; days of a compared period are laid over those of the report. */
function local(column: string, { shift }: Side): string {
  return `addDays(toTimeZone(${column}, {timezone:String}), {${shift}:Int32})`
}

function keys(dimensions: readonly WantedDimension[], source: Source): string[] {
  return dimensions.map(({ known, alias }) => {
    const sql = known.on[source] as string
    return known.type === 'number' ? `${sql} AS ${alias}` : `toString(${sql}) AS ${alias}`
  })
}
