import type { Text } from './metrics.ts'

export interface Model {
  label: Text
  description: Text
  /**
   * A touch's part of the credit as a whole number, and how many parts there are. Whole numbers, so that money can be
   * cut without a float: `touches` are the touches that may take credit, `rank` is this one's place among them.
   */
  parts: string
  whole: string
}

/** Every attribution model, once. What no touch can take goes to the row at position 0, of channel `uncredited`. */
export const models = {
  first: {
    label: { en: 'First', ru: 'Первое касание' },
    description: { en: 'All credit to the first touch', ru: 'Вся ценность первому касанию' },
    parts: 'rank = 1',
    whole: '1',
  },
  last: {
    label: { en: 'Last', ru: 'Последнее касание' },
    description: { en: 'All credit to the last touch', ru: 'Вся ценность последнему касанию' },
    parts: 'rank = touches',
    whole: '1',
  },
  last_non_direct: {
    label: { en: 'Last non-direct', ru: 'Последнее непрямое' },
    description: {
      en: 'All credit to the last touch that is not direct; to the last one when all are',
      ru: 'Вся ценность последнему непрямому касанию; если все прямые, последнему',
    },
    parts: 'position = if(last_named > 0, last_named, last_kept)',
    whole: '1',
  },
  linear: {
    label: { en: 'Linear', ru: 'Линейная' },
    description: { en: 'Equal credit to every touch', ru: 'Поровну каждому касанию' },
    parts: '1',
    whole: 'greatest(touches, 1)',
  },
} as const satisfies Record<string, Model>

export type ModelName = keyof typeof models

/** A model by name; undefined when there is none. */
export function findModel(name: string): Model | undefined {
  return Object.hasOwn(models, name) ? models[name as ModelName] : undefined
}

export interface CreditedTouches {
  model: Model
  /** Names of the bound parameters that hold the look-back in days, and whether direct touches may take credit. */
  lookback: string
  direct: string
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

const path = 'PARTITION BY conversion_kind, conversion_fact, conversion'

/**
 * SQL of the touches of every path with `weight`, `touches`, `parts`, and `value_units` and `credit_units` (ten-thousandths
 * of the currency). Weights are worked out anew among the touches inside the look-back. Money is cut by rounding the
 * running share of the path, so that the credits of a conversion add up to its value exactly.
 */
export function creditedTouches({ model, lookback, direct, columns, made, where }: CreditedTouches): string {
  const names = [...new Set([...needed, ...columns, ...made.map(({ name }) => name)])]
  const inner = names.filter((name) => !made.some((column) => column.name === name))
  return `SELECT ${names.join(', ')}, touches, kept, parts,
    parts / whole AS weight,
    value_units,
    ${share('upto')} - ${share('upto - parts')} AS credit_units
  FROM (
    SELECT ${names.join(', ')}, touches, kept, parts, whole, value_units,
      sum(parts) OVER (${path} ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
    FROM (
      SELECT ${names.join(', ')}, touches, kept,
        toInt64(${model.whole}) AS whole,
        toInt64(multiIf(position = 0, if(touches = 0, whole, 0), kept, ${model.parts}, 0)) AS parts,
        toInt128(toDecimal128(ifNull(value, 0), 4) * 10000) AS value_units
      FROM (
        SELECT ${names.join(', ')}, kept,
          sum(kept) OVER (${path}) AS touches,
          sum(kept) OVER (${path} ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS rank,
          maxIf(position, kept) OVER (${path}) AS last_kept,
          maxIf(position, kept AND channel NOT IN ('direct', 'internal')) OVER (${path}) AS last_named
        FROM (
          SELECT ${[...inner, ...made.map(({ name, sql }) => `${sql} AS ${name}`)].join(', ')},
            position > 0 AND at >= conversion_at - toIntervalDay({${lookback}:UInt32})
              AND ({${direct}:UInt8} = 1 OR channel NOT IN ('direct', 'internal')) AS kept
          FROM touchpoints FINAL
          WHERE ${where}
        )
      )
    )
  )`
}

/** Half is rounded away from zero; the share of the whole path is the value itself, whatever its sign. */
function share(parts: string): string {
  return `sign(value_units) * intDiv(abs(value_units) * 2 * (${parts}) + whole, 2 * whole)`
}
