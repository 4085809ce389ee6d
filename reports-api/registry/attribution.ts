import { boundWith, type Model, path, untilHere } from './models.ts'

export interface CreditedTouches {
  model: Model
  /** Stands before the names of the bound parameters (models.ts), where a statement gives credit twice. */
  prefix: string
  /** Columns of touchpoints that are wanted beside those that credit needs. */
  columns: readonly string[]
  /** More columns made in the innermost SELECT, as `sql AS name`. */
  made: readonly { name: string; sql: string }[]
  /** Which conversions. A condition may not tell the touches of one path apart: their weights would be wrong. */
  where: string
}

const needed = [
  'conversion_kind',
  'conversion_fact',
  'conversion',
  'position',
  'at',
  'conversion_at',
  'channel',
  'value',
] as const

/**
 * SQL of the touches of every path with `weight`, `touches`, `parts`, and `value_units` and `credit_units` (ten-thousandths
 * of the currency). Weights are worked out anew among the touches inside the look-back. Money is cut by rounding the
 * running share of the path, so that the credits of a conversion add up to its value exactly. Where a model leaves every
 * touch without a part, all get the same.
 */
export function creditedTouches({ model, prefix, columns, made, where }: CreditedTouches): string {
  const bound = boundWith(prefix)
  const wanted = [...columns, ...(model.requests ? ['person', 'session'] : []), ...made.map(({ name }) => name)]
  const names = [...new Set([...needed, ...wanted])]
  const stored = names.filter((name) => !made.some((column) => column.name === name))
  const rows = `SELECT ${[...stored, ...made.map(({ name, sql }) => `${sql} AS ${name}`)].join(', ')},
            position > 0 AND ${countsSql(prefix)} AS kept
          FROM touchpoints FINAL
          WHERE ${where}`
  const windows = Object.entries(model.windows ?? {}).map(([name, sql]) => `,\n            ${sql} AS ${name}`)
  return `SELECT ${names.join(', ')}, touches, kept, parts,
    parts / whole AS weight,
    value_units,
    ${share('upto')} - ${share('upto - parts')} AS credit_units
  FROM (
    SELECT ${names.join(', ')}, touches, kept, value_units,
      toInt64(if(all_parts = 0, kept, own_parts)) AS parts,
      toInt64(if(all_parts = 0, rank, parts_so_far)) AS upto,
      toInt64(if(all_parts = 0, touches, all_parts)) AS whole
    FROM (
      SELECT ${names.join(', ')}, touches, rank, kept, own_parts,
        toInt128(toDecimal128(ifNull(value, 0), 4) * 10000) AS value_units,
        sum(own_parts) OVER (${path}) AS all_parts,
        sum(own_parts) OVER (${path} ${untilHere}) AS parts_so_far
      FROM (
        SELECT ${names.join(', ')}, touches, rank, kept,
          toInt64(multiIf(position = 0, touches = 0, kept, ${model.parts(bound)}, 0)) AS own_parts
        FROM (
          SELECT ${names.join(', ')}, kept,
            sum(kept) OVER (${path}) AS touches,
            sum(kept) OVER (${path} ${untilHere}) AS rank${windows.join('')}
          FROM (
            ${model.requests ? withRequest(names, rows) : rows}
          )
        )
      )
    )
  )`
}

/** Whether a touch is young enough, and of a kind, to take credit. */
export function countsSql(prefix: string): string {
  const bound = boundWith(prefix)
  return `at >= conversion_at - toIntervalDay(${bound('lookback_days')})
              AND (${bound('direct')} = 1 OR channel NOT IN ('direct', 'internal'))`
}

/**
 * Beside each row the person's request that began what the conversion ended: the newest one until then that the site's
 * window calls a first one. When there was none it is of 1970, before every touch.
 */
function withRequest(names: readonly string[], rows: string): string {
  return `SELECT ${names.join(', ')}, kept,
            arrayLast(one -> one.1 <= conversion_at, requests) AS request
          FROM (
          ${rows}
          ) AS touch
          LEFT JOIN (
            SELECT person AS asked_by, arraySort(groupArray((at, session))) AS requests
            FROM conversions FINAL
            WHERE site = {site:String} AND kind = 'lead' AND first = 1 AND person != ''
            GROUP BY person
          ) AS asked ON touch.person = asked.asked_by`
}

/** Half is rounded away from zero; the share of the whole path is the value itself, whatever its sign. */
function share(parts: string): string {
  return `sign(value_units) * intDiv(abs(value_units) * 2 * (${parts}) + whole, 2 * whole)`
}
