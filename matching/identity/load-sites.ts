import type { IdentifierKind } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import type { SiteFilter } from '../facts/site-filter.ts'
import { type HistoryRow, selectColumns } from '../history/history-tables.ts'
import { siteRules } from '../site-rules.ts'
import { otherEnd, type SharedRule, type Vertex } from './edge.ts'
import type { Graph } from './graph.ts'
import { recompute } from './recompute.ts'
import { openSite, type SiteState } from './site-state.ts'
import { markStaff } from './staff.ts'

/** Identifiers whose persons are worked out together: what is looked at stands in objects. */
const TOGETHER_MAX = 5_000

export interface LoadedSites {
  sites: Map<string, SiteState>
  /** What the tables tell otherwise than the rules and settings of today. */
  wrong: { site: string; kind: string; value: string }[]
}

/** Memory as the last run left it: read from the edges, without looking at a fact. */
export async function loadSites(
  store: Store,
  settings: Settings,
  { suffix, filter }: { suffix: string; filter: SiteFilter },
): Promise<LoadedSites> {
  const ofSite = filter.and('t.site')
  const { params } = filter
  const sites = new Map<string, SiteState>()
  for await (const rows of store.stream<HistoryRow<'edges'>>(
    `SELECT ${selectColumns('edges')} FROM edges${suffix} AS t FINAL WHERE 1 ${ofSite}`,
    params,
  )) {
    for (const row of rows) {
      let state = sites.get(row.site)
      if (!state) {
        state = openSite(row.site)
        state.blocked = siteRules(settings, row.site).blocked
        state.graph.setBlocked(state.blocked)
        sites.set(row.site, state)
      }
      state.graph.load(row)
    }
  }
  const shared = await store.query<{
    site: string
    kind: IdentifierKind
    value: string
    rule: SharedRule | ''
    max: number
  }>(
    `SELECT t.site AS site, t.kind AS kind, t.value AS value, t.shared_rule AS rule,
       toFloat64(t.shared_max) AS max FROM identities${suffix} AS t FINAL
     WHERE t.shared = 1 ${ofSite}`,
    params,
  )
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
  const wrong: LoadedSites['wrong'] = []
  for (const { site, kind, value, rule, max } of shared) {
    // From before the rule stood beside them.
    if (rule === '') wrong.push({ site, kind, value })
    else sites.get(site)?.graph.loadShared(kind, value, { rule, max })
  }
  const clocks = await store.query<HistoryRow<'provider_clocks'>>(
    `SELECT ${selectColumns('provider_clocks')} FROM provider_clocks${suffix} AS t FINAL WHERE 1 ${ofSite}`,
    params,
  )
  for (const row of clocks) sites.get(row.site)?.clocks.load([row])
  for (const [site, state] of sites) {
    state.names.load(state.graph, pieces.get(site) ?? [])
    for (const one of settle(state)) wrong.push({ site, ...one })
  }
  return { sites, wrong }
}

/** Works out who is who. Gives back those of whom the tables tell otherwise: rules or settings have changed since. */
function* settle({ graph, blocked }: SiteState): Generator<{ kind: string; value: string }> {
  // Which browsers are staff's is asked of what stands beside them, looked at or not.
  markStaff(besideBlocked(graph, blocked))
  graph.settle()
  for (const some of graph.unsettled(TOGETHER_MAX)) {
    const { groups } = recompute(graph, some)
    const ends = new Set([...graph.restated].flatMap((edge) => [edge.a, edge.b]))
    for (const { members } of ends.size > 0 ? groups : []) {
      if (members.some((vertex) => ends.has(vertex))) for (const { kind, value } of members) yield { kind, value }
    }
    graph.oweRestated()
    graph.settle()
  }
}

/** The browsers that were told of the company's own phones and emails. */
function besideBlocked(graph: Graph, blocked: ReadonlySet<string>): Set<Vertex> {
  const visitors = new Set<Vertex>()
  for (const key of blocked) {
    const [kind, value] = key.split('\n') as [IdentifierKind, string]
    const vertex = graph.find(kind, value)
    for (const edge of vertex?.edges ?? []) {
      const other = otherEnd(edge, vertex as Vertex)
      if (other.kind === 'visitor') visitors.add(other)
    }
  }
  return visitors
}
