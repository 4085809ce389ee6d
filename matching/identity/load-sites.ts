import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { type HistoryRow, selectColumns } from '../history/history-tables.ts'
import { siteRules } from '../site-rules.ts'
import { recompute } from './recompute.ts'
import { openSite, type SiteState } from './site-state.ts'

/** Memory as the last run left it: read from the edges, without looking at a fact. */
export async function loadSites(
  store: Store,
  settings: Settings,
  { suffix, site: only }: { suffix: string; site: string | undefined },
): Promise<Map<string, SiteState>> {
  const ofSite = only === undefined ? '' : 'AND t.site = {site:String}'
  const params = only === undefined ? {} : { site: only }
  const sites = new Map<string, SiteState>()
  for await (const rows of store.stream<HistoryRow<'edges'>>(
    `SELECT ${selectColumns('edges')} FROM edges${suffix} AS t FINAL WHERE 1 ${ofSite}`,
    params,
  )) {
    for (const row of rows) {
      let state = sites.get(row.site)
      if (!state) {
        state = openSite(row.site)
        sites.set(row.site, state)
      }
      state.graph.load(row)
    }
  }
  const pieces = new Map<string, { id: string }[]>()
  for await (const rows of store.stream<{ site: string; id: string }>(
    `SELECT t.site AS site, t.id AS id FROM sessions${suffix} AS t FINAL WHERE match(t.id, '[.:][0-9]+$') ${ofSite}`,
    params,
  )) {
    for (const row of rows) {
      const known = pieces.get(row.site)
      if (known) known.push(row)
      else pieces.set(row.site, [row])
    }
  }
  const clocks = await store.query<HistoryRow<'provider_clocks'>>(
    `SELECT ${selectColumns('provider_clocks')} FROM provider_clocks${suffix} AS t FINAL WHERE 1 ${ofSite}`,
    params,
  )
  for (const row of clocks) sites.get(row.site)?.clocks.load([row])
  for (const [site, state] of sites) {
    state.blocked = siteRules(settings, site).blocked
    state.graph.setBlocked(state.blocked)
    state.names.load(state.graph, pieces.get(site) ?? [])
    settle(state)
  }
  return sites
}

/** Works out who is who; where the tables say otherwise (rules or settings have changed since), rows are written anew. */
function settle({ graph }: SiteState): void {
  const { groups } = recompute(graph, graph.vertices.values())
  const { restated } = graph
  const ends = new Set([...restated].flatMap((edge) => [edge.a, edge.b]))
  if (ends.size === 0) return
  for (const { members } of groups) {
    if (members.some((vertex) => ends.has(vertex))) for (const vertex of members) graph.forced.add(vertex)
  }
}
