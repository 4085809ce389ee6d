import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { derivePersons } from './conversions/derive-persons.ts'
import { updateFacts } from './conversions/update-facts.ts'
import { Positions, STEP_ROWS, type Step } from './facts/positions.ts'
import { readNewFacts } from './facts/read-new-facts.ts'
import { nothingTouched, type Touched } from './facts/touched.ts'
import { changesBetween, type History, highestVersion, openHistory } from './history/history.ts'
import type { HistoryRow, HistoryTable } from './history/history-tables.ts'
import { otherEnd, type Vertex } from './identity/edge.ts'
import { edgeChanges, identityChanges } from './identity/identity-rows.ts'
import { loadSites } from './identity/load-sites.ts'
import { recompute } from './identity/recompute.ts'
import { openSite, type SiteState } from './identity/site-state.ts'
import { deriveSessions } from './sessions/derive-sessions.ts'
import { rememberPieces } from './sessions/place-sessions.ts'
import { siteRules } from './site-rules.ts'

export interface ProjectionOptions {
  store: Store
  settings: Settings
  now: Clock
  /** Appended to the names of derived tables: a rebuild fills others than those in use. */
  suffix?: string
  /** Only facts of this site. */
  site?: string | undefined
  /** Starts from nothing instead of from what the tables hold. */
  fresh?: boolean
  /** Fact rows read in one step, about. */
  step_rows?: number
  /** Called with the deals a step spoke of, before the step counts as read: what it stores is never forgotten. */
  beforePositions?: (deals: HistoryRow<'conversions'>[]) => Promise<void>
}

/** What one step has done. */
export interface StepDone {
  rows: number
  oldest_landed_ms: number
}

/** Derives the history from facts, a bounded step at a time. After a failed step it must be opened anew. */
export interface Projection {
  readonly history: History
  readonly positions: Positions
  readonly sites: Map<string, SiteState>
  version: number
  /** Undefined when there is nothing new. Positions are written last. */
  step(): Promise<StepDone | undefined>
}

export async function openProjection(options: ProjectionOptions): Promise<Projection> {
  const { store, settings, now, suffix = '', site, fresh = false } = options
  const history = openHistory(store, suffix)
  const positions = new Positions(store, options.step_rows ?? STEP_ROWS)
  const sites = fresh ? new Map<string, SiteState>() : await loadSites(store, settings, { suffix, site })
  if (!fresh) await positions.load()
  const writePositions = ({ reached }: Step, version: number) =>
    store.insert(
      'matching_positions',
      reached.map((position) => ({ ...position, version, read_at: now() })),
    )
  const projection: Projection = {
    ...{ history, positions, sites },
    version: (await highestVersion(store, '')) + 1,
    async step() {
      const step = await positions.next(now())
      const touched = new Map<string, Touched>()
      for (const portion of step?.portions ?? []) await readNewFacts(store, portion, { site, into: touched })
      for (const [name, state] of sites) {
        if (!touched.has(name) && hasNews(state, settings)) touched.set(name, nothingTouched())
      }
      if (!step && touched.size === 0) return undefined
      projection.version += 1
      const deals: HistoryRow<'conversions'>[] = []
      for (const [name, facts] of touched) deals.push(...(await applySite(options, projection, name, facts)))
      if (step) {
        await options.beforePositions?.(deals)
        if (suffix === '') await writePositions(step, projection.version)
        positions.commit(step)
      }
      return { rows: step?.rows ?? 0, oldest_landed_ms: step?.oldest_landed_ms ?? now() }
    },
  }
  return projection
}

/** Settings that changed what is blocked are news of a site, and so are rows that no longer say what the rules say. */
function hasNews({ graph, blocked }: SiteState, settings: Settings): boolean {
  return graph.forced.size > 0 || !sameKeys(blocked, siteRules(settings, graph.site).blocked)
}

/** Takes the news of one site into its history. Returns the deals the news spoke of. */
async function applySite(
  { store, settings }: ProjectionOptions,
  { history, sites, version }: Projection,
  site: string,
  touched: Touched,
): Promise<HistoryRow<'conversions'>[]> {
  const rules = siteRules(settings, site)
  let state = sites.get(site)
  if (!state) {
    state = openSite(site)
    sites.set(site, state)
  }
  const { graph, counts } = state
  if (!sameKeys(state.blocked, rules.blocked)) {
    state.blocked = rules.blocked
    graph.setBlocked(rules.blocked)
  }
  const fresh = await deriveSessions({ store, graph, rules }, touched.sessions)
  await updateFacts(store, graph, touched)
  const { groups, changed } = recompute(graph, touchedVertices(state, touched))
  const derived = await derivePersons({ store, history, graph, counts, rules }, groups, fresh)
  const [callMatches, conversions, touchpoints] = await Promise.all([
    history.callMatches(site, derived.ids),
    history.conversions(site, derived.ids),
    history.touchpoints(site, derived.ids),
  ])
  const write = <Table extends HistoryTable>(
    table: Table,
    current: readonly HistoryRow<Table>[],
    wanted: readonly HistoryRow<Table>[],
  ) => history.write(table, changesBetween(table, current, wanted), version)
  await Promise.all([
    write('sessions', derived.sessions.current, derived.sessions.wanted),
    write('call_matches', callMatches, derived.callMatches),
    write('conversions', conversions, derived.conversions),
    write('touchpoints', touchpoints, derived.touchpoints),
    history.write('identities', identityChanges(site, changed), version),
  ])
  // Edges last: a start reads memory from them, and must find there nothing whose consequences were not written.
  await history.write('edges', edgeChanges(graph), version)
  rememberPieces(counts, fresh)
  return derived.conversions.filter((row) => row.kind === 'deal' && touched.deals.has(row.id))
}

/** The identifiers whose persons must be looked at: those the news name, and what hangs on sessions that were cut anew. */
function touchedVertices({ graph }: SiteState, touched: Touched): Set<Vertex> {
  const vertices = new Set<Vertex>()
  const add = (vertex: Vertex | undefined) => {
    if (vertex) vertices.add(vertex)
  }
  for (const { session, visitors } of touched.sessions.values()) {
    for (const visitor of visitors) add(graph.find('visitor', visitor))
    const vertex = graph.find('session', session)
    add(vertex)
    for (const edge of vertex?.edges ?? []) {
      const other = otherEnd(edge, vertex as Vertex)
      if (other.kind === 'call' || other.kind === 'lead' || other.kind === 'visitor') add(other)
    }
  }
  for (const id of touched.calls) add(graph.find('call', id))
  for (const id of touched.leads) add(graph.find('lead', id))
  for (const id of touched.deals) add(graph.find('deal', id))
  return vertices
}

function sameKeys(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a === b || (a.size === b.size && [...a].every((key) => b.has(key)))
}
