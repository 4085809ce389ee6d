import { boundWith, type Model, path, untilHere } from './models.ts'
import { withPersons } from './person-joins.ts'

export interface CreditedTouches {
  model: Model
  /** Stands before the names of the bound parameters (models.ts), where a statement gives credit twice. */
  prefix: string
  /** Columns of touchpoints that are wanted beside those that credit needs; `first_project` is made from the visits. */
  columns: readonly string[]
  /** More columns made in the innermost SELECT, as `sql AS name`. */
  made: readonly { name: string; sql: string }[]
  /** Which conversions. A condition may not tell the touches of one path apart: their weights would be wrong. */
  where: string
  /** Conditions on a touch. Column `on_path_0`, `on_path_1` … says whether any counted touch of the path meets each. */
  onPath?: readonly string[]
  /** Conditions on `first_project`. */
  ofPerson?: readonly string[]
  /** When visits and requests count as first interest: a condition on `at`. */
  interestDuring?: string
  /** Windows of the model that are wanted as columns, to say why a touch is credited. */
  windowsShown?: readonly string[]
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
export function creditedTouches(wanted: CreditedTouches): string {
  const { model, prefix, onPath = [], windowsShown = [] } = wanted
  const bound = boundWith(prefix)
  const names = wantedNames(wanted)
  const flags = onPath.map((_, index) => `on_path_${index}`)
  const carried = [...names, ...flags, ...windowsShown].join(', ')
  const windows = [
    ...Object.entries(model.windows ?? {}),
    ...onPath.map((sql, index) => [flags[index] as string, `max(kept AND position > 0 AND (${sql})) OVER (${path})`]),
  ].map(([name, sql]) => `,\n            ${sql} AS ${name}`)
  return `SELECT ${carried}, touches, kept, rank, parts,
    parts / whole AS weight,
    value_units,
    ${share('upto')} - ${share('upto - parts')} AS credit_units
  FROM (
    SELECT ${carried}, touches, kept, rank, value_units,
      toInt64(if(all_parts = 0, kept, own_parts)) AS parts,
      toInt64(if(all_parts = 0, rank, parts_so_far)) AS upto,
      toInt64(if(all_parts = 0, touches, all_parts)) AS whole
    FROM (
      SELECT ${carried}, touches, rank, kept, own_parts,
        toInt128(toDecimal128(ifNull(value, 0), 4) * 10000) AS value_units,
        sum(own_parts) OVER (${path}) AS all_parts,
        sum(own_parts) OVER (${path} ${untilHere}) AS parts_so_far
      FROM (
        SELECT ${carried}, touches, rank, kept,
          toInt64(multiIf(position = 0, ${model.rest ?? 'touches = 0'}, kept, ${model.parts(bound)}, 0)) AS own_parts
        FROM (
          SELECT ${names.join(', ')}, kept,
            sum(kept) OVER (${path}) AS touches,
            sum(kept) OVER (${path} ${untilHere}) AS rank${windows.join('')}
          FROM (
            ${rowsOf(names, wanted)}
          )
        )
      )
    )
  )`
}

function wantedNames({ model, columns, made }: CreditedTouches): string[] {
  const more = model.requests ? ['person', 'session', 'call'] : []
  const person = columns.includes('first_project') ? ['person'] : []
  return [...new Set([...needed, ...columns, ...more, ...person, ...made.map(({ name }) => name)])]
}

/** The touches as they are stored, and what of their persons the model and the columns need. */
function rowsOf(names: readonly string[], { model, prefix, made, where, ...asked }: CreditedTouches): string {
  const isStored = (name: string) => name !== 'first_project' && !made.some((column) => column.name === name)
  const rows = `SELECT ${[...names.filter(isStored), ...made.map(({ name, sql }) => `${sql} AS ${name}`)].join(', ')},
            position > 0 AND ${countsSql(prefix)} AS kept
          FROM touchpoints FINAL
          WHERE ${where}`
  return withPersons(rows, {
    names: names.filter((name) => name !== 'first_project'),
    prefix,
    requests: model.requests,
    interest: names.includes('first_project')
      ? { during: asked.interestDuring, where: asked.ofPerson ?? [] }
      : undefined,
  })
}

/** Whether a touch is young enough, and of a kind, to take credit. */
export function countsSql(prefix: string): string {
  const bound = boundWith(prefix)
  return `at >= conversion_at - toIntervalDay(${bound('lookback_days')})
              AND (${bound('direct')} = 1 OR channel NOT IN ('direct', 'internal'))`
}

/** Half is rounded away from zero; the share of the whole path is the value itself, whatever its sign. */
function share(parts: string): string {
  return `sign(value_units) * intDiv(abs(value_units) * 2 * (${parts}) + whole, 2 * whole)`
}
