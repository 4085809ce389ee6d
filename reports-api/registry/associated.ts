import { moneyText } from '#domain/money.ts'
import { Failure } from '#shell/failure.ts'
import type { Params, Store } from '#storage/client.ts'
import { creditedTouches } from './attribution.ts'
import { type Credit, termParams } from './attribution-terms.ts'
import type { Dimension } from './dimensions.ts'
import { filterParams, type KnownFilter, touchConditions } from './filters.ts'
import { type AxisValue, adder, grouped, type Layout, layMatrix, type Pair, ratio, type Values } from './lay-matrix.ts'
import { measure } from './measures.ts'
import type { SiteTerms } from './plan-report.ts'
import { type EffectsByKind, effectParams } from './removal-effects-query.ts'
import type { WantedMetric } from './report-columns.ts'
import { conversionsOf, interestDuring, momentSql, wonElsewhere } from './scan.ts'

/** Pairs of values that one answer is made from: a million campaigns with a million others would fill the memory. */
export const PAIRS_MAX = 100_000

export interface AssociatedPlan {
  site: string
  from: string
  to: string
  closed: boolean
  limit: number
  metrics: readonly WantedMetric[]
  by: { name: string; known: Dimension }
  filters: readonly KnownFilter[]
  credit: Credit
  effects: EffectsByKind | undefined
  terms: SiteTerms
}

/** A value that stood on paths: all it took part in is what it is credited with and what it assisted in. */
export interface AssociatedRow extends AxisValue<string> {
  credited: Values
  assisted: Values
  /** Of `assisted`, by where it stood: first of all, last of all, or between. */
  assisted_first: Values
  assisted_middle: Values
  assisted_last: Values
  /** Assisted / credited; null where it is credited with nothing. */
  assisted_per_credited: Record<string, number | null>
}

export interface Associated extends Layout<AssociatedRow> {
  totals: { total: Values; uncredited: Values; assisted: Values }
  currencies_left_out: string[]
}

interface SqlRow extends Record<string, unknown> {
  is_nobody: number
  assist: string
  is_rest: number
  credited: string
  role: 'first' | 'middle' | 'last'
  currencies: string[]
}

/** Who took part in conversions, and who is credited with them: one scan of the touches of the period. */
export async function runAssociated(store: Pick<Store, 'query'>, plan: AssociatedPlan): Promise<Associated> {
  const rows = await store.query<SqlRow>(associatedSql(plan), associatedParams(plan))
  if (rows.length > PAIRS_MAX) {
    throw new Failure(
      'bad_request',
      `by: ${plan.by.name} has too many values in this period; filter some of them out.`,
      {
        field: 'by',
      },
    )
  }
  const names = plan.metrics.map(({ name }) => name)
  const money = new Set(plan.metrics.filter(({ known }) => known.type === 'money').map(({ name }) => name))
  const valuesOf = (row: SqlRow): Values =>
    Object.fromEntries(
      names.map((name) => [
        name,
        money.has(name) ? (moneyText(String(row[`m_${name}`])) as string) : Number(row[`m_${name}`]),
      ]),
    )
  const pairs = rows.map((row) => ({
    isNobody: row.is_nobody === 1,
    row: row.assist,
    column: row.is_rest === 1 ? null : row.credited,
    role: row.role,
    values: valuesOf(row),
  }))
  const sum = adder({ metrics: names, money })
  const sumOf = (of: readonly Pair[]) => sum(of.map(({ values }) => values))
  const onPath = pairs.filter(({ isNobody }) => !isNobody)
  const ofNobody = pairs.filter(({ isNobody }) => isNobody)
  const uncredited = sumOf(ofNobody)
  const own = onPath.filter(({ row, column }) => row === column)
  const creditedBy = new Map<string | null, Values>(
    [...grouped(own, ({ row }) => row)].map(([row, of]) => [row, sumOf(of)]),
  )
  if (ofNobody.length > 0) creditedBy.set(null, uncredited)
  const laid = layMatrix(onPath, { metrics: names, money, limit: plan.limit, columnTotals: creditedBy })
  const byRow = grouped(onPath, ({ row }) => row)
  return {
    ...laid,
    rows: laid.rows.map((axis) => {
      const others = (byRow.get(axis.value) ?? []).filter(({ row, column }) => row !== column)
      const inRole = (role: SqlRow['role']) => sumOf(others.filter((pair) => pair.role === role))
      const credited = creditedBy.get(axis.value) ?? sum([])
      const assisted = sumOf(others)
      return {
        ...axis,
        credited,
        assisted,
        assisted_first: inRole('first'),
        assisted_middle: inRole('middle'),
        assisted_last: inRole('last'),
        assisted_per_credited: Object.fromEntries(names.map((name) => [name, ratio(assisted[name], credited[name])])),
      }
    }),
    totals: {
      total: sumOf([...own, ...ofNobody]),
      uncredited,
      assisted: sumOf(onPath.filter(({ row, column }) => row !== column)),
    },
    currencies_left_out: [...new Set(rows.flatMap(({ currencies }) => currencies))].sort(),
  }
}

function associatedParams({ site, from, to, terms, credit, effects, filters }: AssociatedPlan): Params {
  return {
    ...{ site, from, to, timezone: terms.timezone, currency: terms.currency },
    ...termParams(credit.terms),
    ...effectParams(effects),
    ...filterParams(filters),
  }
}

const ofConversion = ['status', 'lead_kind', 'first', 'target', 'currency', 'closed_at', 'value'] as const

/**
 * Of every conversion each value on its path, paired with each share of the credit; `nobody` is paired with the share that no
 * touch took. The pairs of a value with its own credit are what it is credited with.
 */
function associatedSql(plan: AssociatedPlan): string {
  const { by, metrics } = plan
  const sums = metrics.map(({ name, known }) => {
    const { sum, where } = measure(known.uses[0])
    return `${sum(where)} AS m_${name}`
  })
  const shares = 'arrayMap(share -> (toUInt8(0), one, toUInt8(0), share.1, share.2, share.3), shares)'
  return `SELECT pair.1 AS is_nobody, pair.2 AS assist, pair.3 AS is_rest, pair.4 AS credited,
    multiIf(assist = first_value, 'first', assist = last_value, 'last', 'middle') AS role,
    ${sums.join(', ')},
    groupUniqArrayIf(toString(currency), ${wonElsewhere}) AS currencies
FROM (
  SELECT conversion_kind, ${ofConversion.join(', ')}, in_currency, first_value, last_value,
    pair, pair.5 AS weight, pair.6 AS credit_units
  FROM (
    SELECT conversion_kind, ${ofConversion.map((name) => `any(t.${name}) AS ${name}`).join(', ')},
      any(t.currency) IN ('', {currency:String}) AS in_currency,
      argMinIf(by_value, position, kept) AS first_value,
      argMaxIf(by_value, position, kept) AS last_value,
      groupUniqArrayIf(by_value, kept) AS on_path,
      groupArrayIf((by_value, weight, credit_units), kept AND parts > 0) AS shares,
      sumIf(weight, position = 0) AS rest_weight,
      sumIf(credit_units, position = 0) AS rest_units,
      arrayConcat(
        arrayFlatten(arrayMap(one -> ${shares}, on_path)),
        if(rest_weight > 0,
          arrayConcat(
            [(toUInt8(1), '', toUInt8(1), '', rest_weight, rest_units)],
            arrayMap(one -> (toUInt8(0), one, toUInt8(1), '', rest_weight, rest_units), on_path)),
          [])
      ) AS pairs
    FROM (
${touchesSql(plan, by.known.on.touchpoints as string)}
    ) AS t
    GROUP BY conversion_kind, conversion_fact, conversion
  )
  ARRAY JOIN pairs AS pair
)
GROUP BY is_nobody, assist, is_rest, credited, role
LIMIT ${PAIRS_MAX + 1}`
}

function touchesSql({ credit, filters, closed }: AssociatedPlan, column: string): string {
  const conditions = touchConditions(filters)
  const period = { from: 'from', to: 'to' }
  const inner = creditedTouches({
    model: credit.model,
    prefix: '',
    columns: [column, ...conditions.columns, ...ofConversion],
    made: [{ name: 'moment', sql: momentSql(closed) }],
    where: [conversionsOf(period, closed), ...conditions.ofConversion].join('\n      AND '),
    onPath: conditions.onPath,
    ofPerson: conditions.ofPerson,
    interestDuring: interestDuring({ ...period, prefix: '' }, closed),
  })
  const onPath = conditions.onPath.map((_, index) => `on_path_${index} = 1`)
  const keys = [
    'conversion_kind',
    'conversion_fact',
    'conversion',
    'position',
    'kept',
    'parts',
    'weight',
    'credit_units',
  ]
  return `      SELECT ${[...keys, ...ofConversion].join(', ')}, toString(${column}) AS by_value
      FROM (
${inner}
      )
      ${onPath.length > 0 ? `WHERE ${onPath.join(' AND ')}` : ''}`
}
