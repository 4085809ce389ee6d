import { Failure } from '#shell/failure.ts'
import { type Dimension, findDimension } from './dimensions.ts'
import type { Source } from './measures.ts'
import type { Filter } from './report-query.ts'

export interface KnownFilter extends Filter {
  known: Dimension
}

/** The filters with their dimensions; a Failure that names the first unknown one. */
export function knownFilters(filters: readonly Filter[]): KnownFilter[] {
  return filters.map((filter, index) => {
    const known = dimensionOf(filter.dimension, `filters.${index}.dimension`)
    if (filter.op === 'on_path' && known.of_conversion) {
      throw new Failure('bad_request', `${filter.dimension} tells of the whole path, so nothing of it is on_path.`, {
        field: `filters.${index}.op`,
      })
    }
    return { ...filter, known }
  })
}

/** The dimension of that name; a Failure that names it when it is unknown. */
export function dimensionOf(name: string, field: string): Dimension {
  const known = findDimension(name)
  if (!known) throw new Failure('unknown_dimension', `There is no dimension "${name}".`, { field })
  return known
}

/** Whether a table can be filtered so: visits and costs are on no path. */
export function reaches({ known, op }: KnownFilter, source: Source): boolean {
  return known.on[source] !== undefined && (op !== 'on_path' || source === 'touchpoints')
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

/** The conditions of filters on the touches of paths, by where in the statement they can be asked (attribution.ts). */
export interface TouchConditions {
  ofConversion: string[]
  /** On what the person came for, which no table keeps beside the touch. */
  ofPerson: string[]
  /** Any counted touch of the path has to meet each. */
  onPath: string[]
  ofTouch: string[]
  /** Columns of touchpoints that the last two name. */
  columns: string[]
}

/** Sorts the filters of a report by what of a path each tells. */
export function touchConditions(filters: readonly KnownFilter[]): TouchConditions {
  const found: TouchConditions = { ofConversion: [], ofPerson: [], onPath: [], ofTouch: [], columns: [] }
  for (const [index, filter] of filters.entries()) {
    const column = filter.known.on.touchpoints as string
    const sql = filterSql(filter, index, 'touchpoints') as string
    if (column === 'first_project') found.ofPerson.push(sql)
    else if (filter.known.of_conversion) found.ofConversion.push(sql)
    else (filter.op === 'on_path' ? found.onPath : found.ofTouch).push(sql)
    if (!filter.known.of_conversion || column === 'first_project') found.columns.push(column)
  }
  return found
}
