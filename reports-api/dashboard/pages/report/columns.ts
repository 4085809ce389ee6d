/** The columns of the end-to-end report, in the order money flows: visits, requests, deals, what it cost and brought. */
export const columns = [
  'visits',
  'leads',
  'target_leads',
  'calls',
  'deals',
  'deals_won',
  'revenue',
  'cost',
  'cpl',
  'cac',
  'romi',
  'drr',
] as const

/** Beside another model there is room for what depends on it, and for what it is held against. */
export const comparedColumns = ['visits', 'leads', 'deals_won', 'revenue'] as const

/** What is asked for a comparison: its columns, and what the cards above them show. */
export const comparedMetrics = [...comparedColumns, 'cost', 'romi'] as const

/** The ids of the columns as the table has them, with or without another model beside the first. */
export function columnIds(isCompared: boolean): readonly string[] {
  if (!isCompared) return columns
  return comparedColumns.flatMap((id) => (isCredited(id) ? [id, `compare_${id}`, `diff_${id}`] : [id]))
}

/** Whether a column of the comparison depends on the model. */
export function isCredited(id: string): boolean {
  return id !== 'visits'
}

/** What a row opens into when it is unfolded: the next step down the same path. */
const inside: Record<string, string> = {
  channel: 'source',
  source: 'campaign',
  medium: 'source',
  campaign: 'content',
  content: 'term',
  country: 'region',
  region: 'city',
  device: 'browser',
}

/** The dimension inside a row, given the dimensions above it; undefined at the bottom. */
export function dimensionInside(path: readonly string[]): string | undefined {
  const last = path.at(-1)
  if (last === undefined) return undefined
  const next = inside[last] ?? (isTraffic(last) ? undefined : 'channel')
  return next !== undefined && !path.includes(next) ? next : undefined
}

function isTraffic(dimension: string): boolean {
  return ['term', 'city', 'browser'].includes(dimension)
}
