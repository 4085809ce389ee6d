import { Failure } from '#shell/failure.ts'
import type { Dimension } from './dimensions.ts'
import type { Metric, Text, Unit } from './metrics.ts'
import type { ReportQuery } from './report-query.ts'

export interface WantedDimension {
  name: string
  known: Dimension
  /** Its name in SQL. */
  alias: string
}

export interface WantedMetric {
  name: string
  known: Metric
}

export interface Column {
  name: string
  kind: 'dimension' | 'metric'
  type: 'string' | 'date' | 'number' | 'money'
  unit?: Unit
  label: Text
}

/** The columns of a report in the order of the answer. */
export function reportColumns(
  dimensions: readonly WantedDimension[],
  metrics: readonly WantedMetric[],
  compares: boolean,
): Column[] {
  const prefixes = compares ? ['', 'compare_'] : ['']
  return [
    ...dimensions.map(({ name, known }) => ({
      name,
      kind: 'dimension' as const,
      type: known.type,
      label: known.label,
    })),
    ...metrics.flatMap(({ name, known }) =>
      prefixes.map((prefix) => ({
        name: prefix + name,
        kind: 'metric' as const,
        type: known.type,
        unit: known.unit,
        label: known.label,
      })),
    ),
  ]
}

/**
 * Asked order, then dimensions, so that pages never overlap. Without one: by time when a time dimension is there, else the
 * first metric downwards.
 */
export function orderSql(
  { order_by, compare }: ReportQuery,
  dimensions: readonly WantedDimension[],
  metrics: readonly WantedMetric[],
): string {
  const asked = order_by === undefined ? [] : [order_by].flat()
  const sqlNames = new Map<string, string>([
    ...dimensions.map(({ name, alias }) => [name, alias] as const),
    ...metrics.map(({ name }) => [name, name] as const),
    ...(compare ? metrics.map(({ name }) => [`compare_${name}`, `compare_${name}`] as const) : []),
  ])
  const wanted = asked.map((item, index) => {
    const { by, direction } = typeof item === 'string' ? readOrder(item) : item
    const sql = sqlNames.get(by)
    if (sql === undefined) {
      throw new Failure('bad_request', `order_by: "${by}" is not a column of this report`, {
        field: `order_by.${index}`,
      })
    }
    return `${sql} ${direction === 'desc' ? 'DESC' : 'ASC'} NULLS LAST`
  })
  const first = dimensions.find(({ known }) => known.type !== 'string')?.alias
  const usual = first ? `${first} ASC` : `${metrics[0]?.name} DESC NULLS LAST`
  return [...(wanted.length > 0 ? wanted : [usual]), ...dimensions.map(({ alias }) => `${alias} ASC`)].join(', ')
}

function readOrder(item: string): { by: string; direction: 'asc' | 'desc' } {
  return item.startsWith('-') ? { by: item.slice(1), direction: 'desc' } : { by: item, direction: 'asc' }
}
