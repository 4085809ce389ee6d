import { Failure } from '#shell/failure.ts'
import { type Dimension, findDimension } from './dimensions.ts'
import type { Source } from './measures.ts'
import type { Filter } from './report-query.ts'

export interface KnownFilter extends Filter {
  known: Dimension
}

/** The filters with their dimensions; a Failure that names the first unknown one. */
export function knownFilters(filters: readonly Filter[]): KnownFilter[] {
  return filters.map((filter, index) => ({
    ...filter,
    known: dimensionOf(filter.dimension, `filters.${index}.dimension`),
  }))
}

/** The dimension of that name; a Failure that names it when it is unknown. */
export function dimensionOf(name: string, field: string): Dimension {
  const known = findDimension(name)
  if (!known) throw new Failure('unknown_dimension', `There is no dimension "${name}".`, { field })
  return known
}

/** The condition of a filter on a table; undefined when the table does not know the dimension. */
export function filterSql(filter: KnownFilter, index: number, source: Source): string | undefined {
  const column = filter.known.on[source]
  if (column === undefined) return undefined
  const values = `{filter_${index}:Array(String)}`
  if (filter.op === 'contains') {
    return `arrayExists(part -> positionCaseInsensitiveUTF8(toString(${column}), part) > 0, ${values})`
  }
  return `toString(${column}) ${filter.op === 'is_not' ? 'NOT IN' : 'IN'} (${values})`
}

/** The bound values of all filters. */
export function filterParams(filters: readonly KnownFilter[]): Record<string, string[]> {
  return Object.fromEntries(filters.map(({ values }, index) => [`filter_${index}`, values.map(String)]))
}
