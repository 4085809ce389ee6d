import { type Changes, changesBetween, type FactIds, type History } from '../history/history.ts'
import type { HistoryRow } from '../history/history-tables.ts'

/** The ids of facts, and those of rows of theirs. */
export function withIds(ids: FactIds, rows: readonly HistoryRow<'conversions'>[]): FactIds {
  const all = (fact: keyof FactIds) => [
    ...new Set([...ids[fact], ...rows.filter((row) => row.fact === fact).map(({ id }) => id)]),
  ]
  return { call: all('call'), lead: all('lead'), deal: all('deal') }
}

/** Conversions whose paths are compared together: of a person with thousands there may be a million steps. */
const PATHS_MAX = 2_000

/** What is to be written so that the paths of these facts are as wanted. */
export async function touchpointChanges(
  history: History,
  site: string,
  stored: FactIds,
  wanted: readonly HistoryRow<'touchpoints'>[],
): Promise<Changes<'touchpoints'>> {
  const changes: Changes<'touchpoints'> = { put: [], drop: [] }
  const left = new Map<string, HistoryRow<'touchpoints'>[]>()
  for (const row of wanted) {
    const key = `${row.conversion_fact}\n${row.conversion}`
    const path = left.get(key)
    if (path) path.push(row)
    else left.set(key, [row])
  }
  for (const fact of ['call', 'lead', 'deal'] as const) {
    for (let from = 0; from < stored[fact].length; from += PATHS_MAX) {
      const some = stored[fact].slice(from, from + PATHS_MAX)
      const current = await history.touchpoints(site, { call: [], lead: [], deal: [], [fact]: some })
      const paths = some.flatMap((id) => left.get(`${fact}\n${id}`) ?? [])
      for (const id of some) left.delete(`${fact}\n${id}`)
      const { put, drop } = changesBetween('touchpoints', current, paths)
      for (const row of put) changes.put.push(row)
      for (const row of drop) changes.drop.push(row)
    }
  }
  for (const path of left.values()) for (const row of path) changes.put.push(row)
  return changes
}
