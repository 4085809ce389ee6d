import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { derivePersons } from './conversions/derive-persons.ts'
import { updateFacts } from './conversions/update-facts.ts'
import { Positions, STEP_ROWS, type Step } from './facts/positions.ts'
import { type Portion, readNewFacts } from './facts/read-new-facts.ts'
import { nothingTouched, type Touched, touchAlso } from './facts/touched.ts'
import { changesBetween, type History, highestVersion, openHistory } from './history/history.ts'
import type { HistoryRow, HistoryTable } from './history/history-tables.ts'
import { readUnfinished } from './history/unfinished.ts'
import { otherEnd, type Vertex } from './identity/edge.ts'
import { edgeChanges, identityChanges } from './identity/identity-rows.ts'
import { loadSites } from './identity/load-sites.ts'
import { recompute } from './identity/recompute.ts'
import { lookAgain, openSite, type SiteState } from './identity/site-state.ts'
import { deriveSessions } from './sessions/derive-sessions.ts'
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
  /** Called with what a step has read, before it counts as read. */
  onRead?: (portions: readonly Portion[]) => Promise<void>
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
  /** Has all rows up to this version count as finished; those above are looked at again by the next start. */
  finish(version: number): Promise<void>
}

export async function openProjection(options: ProjectionOptions): Promise<Projection> {
  const { store, settings, now, suffix = '', site, fresh = false } = options
  const history = openHistory(store, suffix)
  const positions = new Positions(store, options.step_rows ?? STEP_ROWS)
  const sites = fresh ? new Map<string, SiteState>() : await loadSites(store, settings, { suffix, site })
  if (!fresh) await positions.load()
  if (!fresh && suffix === '') {
    for (const row of await readUnfinished(store, site)) lookAgain(siteOf(sites, row.site), [row])
  }
  const writePositions = (reached: Step['reached'], version: number) =>
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
      await options.beforePositions?.(deals)
      if (step) await options.onRead?.(step.portions)
      if (!step) await projection.finish(projection.version)
      else if (suffix === '') await writePositions(step.reached, projection.version)
      if (step) positions.commit(step)
      return { rows: step?.rows ?? 0, oldest_landed_ms: step?.oldest_landed_ms ?? now() }
    },
    async finish(version) {
      projection.version = Math.max(projection.version, version)
      if (suffix === '') await writePositions(positions.all(), projection.version)
    },
  }
  return projection
}

function siteOf(sites: Map<string, SiteState>, site: string): SiteState {
  const state = sites.get(site) ?? openSite(site)
  sites.set(site, state)
  return state
}

/** Settings that changed what is blocked are news of a site, and so are rows that no longer say what the rules say. */
function hasNews({ graph, blocked, unfinished }: SiteState, settings: Settings): boolean {
  return (
    unfinished !== undefined || graph.forced.size > 0 || !sameKeys(blocked, siteRules(settings, graph.site).blocked)
  )
}

/** Takes the news of one site into its history. Returns the deals the news spoke of. */
async function applySite(
  { store, settings }: ProjectionOptions,
  { history, sites, version }: Projection,
  site: string,
  touched: Touched,
): Promise<HistoryRow<'conversions'>[]> {
  const rules = siteRules(settings, site)
  const state = siteOf(sites, site)
  const { graph, names, clocks } = state
  if (!sameKeys(state.blocked, rules.blocked)) {
    state.blocked = rules.blocked
    graph.setBlocked(rules.blocked)
  }
  const spokenOf = new Set(touched.deals)
  if (state.unfinished) touchAlso(touched, state.unfinished)
  state.unfinished = undefined
  const fresh = await deriveSessions({ store, graph, rules, names }, touched)
  const { decided, clocks: dated } = await updateFacts({ store, history, graph, names, clocks }, touched)
  const { groups, changed } = recompute(graph, touchedVertices(state, touched))
  const derived = await derivePersons({ store, history, graph, names, clocks, decided, rules }, groups, fresh)
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
    write('call_clocks', dated.evidence.current, dated.evidence.wanted),
    write('provider_clocks', dated.clocks.current, dated.clocks.wanted),
    write('conversions', conversions, derived.conversions),
    write('touchpoints', touchpoints, derived.touchpoints),
    history.write('identities', identityChanges(site, changed, state.purged), version),
  ])
  // Edges last: a start reads memory from them, and must find there nothing whose consequences were not written.
  await history.write('edges', edgeChanges(graph, state.purged), version)
  state.purged = undefined
  names.settle()
  return derived.conversions.filter((row) => row.kind === 'deal' && spokenOf.has(row.id))
}

/** The identifiers whose persons must be looked at: those the news name, and what hangs on sessions that were cut anew. */
function touchedVertices({ graph }: SiteState, touched: Touched): Set<Vertex> {
  const vertices = new Set<Vertex>()
  const add = (vertex: Vertex | undefined) => {
    if (vertex) vertices.add(vertex)
  }
  for (const { session, visitors } of touched.sessions.values()) {
    for (const visitor of visitors) add(graph.find('visitor', visitor))
    // Leads of visitors without sessions, and calls and leads of sessions, say in which piece of them they came about.
    const bearers = session === '' ? [...visitors].map((visitor) => graph.find('visitor', visitor)) : []
    for (const vertex of [graph.find('session', session), ...bearers]) {
      add(vertex)
      for (const edge of vertex?.edges ?? []) {
        const other = otherEnd(edge, vertex as Vertex)
        if (other.kind === 'call' || other.kind === 'lead' || other.kind === 'visitor') add(other)
      }
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
