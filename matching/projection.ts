import type { Share } from '#domain/site-share.ts'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { derivePersons } from './conversions/derive-persons.ts'
import { judgedOtherwise } from './conversions/judged-otherwise.ts'
import { linkRequests } from './conversions/link-requests.ts'
import { touchpointChanges, withIds } from './conversions/touchpoint-changes.ts'
import { updateFacts } from './conversions/update-facts.ts'
import { Positions, STEP_ROWS, type Step } from './facts/positions.ts'
import { countNewFacts, type Portion, readNewFacts } from './facts/read-new-facts.ts'
import { type SiteFilter, siteFilter } from './facts/site-filter.ts'
import { nothingTouched, slicesOf, TOGETHER_MAX, type Touched, touchAlso } from './facts/touched.ts'
import { scoreCrowd } from './fraud/score-crowd.ts'
import { changesBetween, type FactIds, type History, highestVersion, openHistory } from './history/history.ts'
import type { HistoryRow } from './history/history-tables.ts'
import { noteUnfinished, readUnfinished, type Unfinished } from './history/unfinished.ts'
import { otherEnd, type Vertex } from './identity/edge.ts'
import type { Graph } from './identity/graph.ts'
import { findFounders, readHands, tellHands } from './identity/hands.ts'
import { edgeChanges, identityChanges } from './identity/identity-rows.ts'
import { loadSites } from './identity/load-sites.ts'
import { recompute } from './identity/recompute.ts'
import { lookAgain, openSite, type SiteState } from './identity/site-state.ts'
import { PLAIN_MIN, takePlain } from './plain/take-plain.ts'
import { readAhead } from './read-ahead.ts'
import { deriveSessions, readTouchedAhead } from './sessions/derive-sessions.ts'
import type { EventsAhead } from './sessions/read-events.ts'
import { siteRules } from './site-rules.ts'
import type { Snapshots } from './snapshot/snapshots.ts'

export interface ProjectionOptions {
  store: Store
  settings: Settings
  now: Clock
  /** Appended to the names of derived tables: a rebuild fills others than those in use. */
  suffix?: string
  /** Only facts of this site. */
  site?: string | undefined
  /** Only facts of the sites that this process has. */
  share?: Share | undefined
  /** Called when a step has seen what has landed, and before it looks at a setting: what was set by then must hold. */
  settingsNow?: () => Promise<void>
  /** Memory that was kept, so that it need not be read from the tables. */
  snapshots?: Snapshots | undefined
  /** Starts from nothing instead of from what the tables hold. */
  fresh?: boolean
  /** Fact rows read in one step, about. */
  step_rows?: number
  /** Senders' sessions, or facts of a kind, taken into the history together; at a start, identifiers. */
  together_max?: number
  /** Plain visitors are taken by themselves where a step touches as many sessions. */
  plain_min?: number
  /** Called with the deals a step spoke of, before the step counts as read: what it stores is never forgotten. */
  beforePositions?: (deals: HistoryRow<'conversions'>[]) => Promise<void>
  /** Asked between pieces of a step: once it says so, the step is broken off, and no other begun. */
  isStopping?: () => boolean
  /** Called with what a step has read, before it counts as read. */
  onRead?: (portions: readonly Portion[]) => Promise<void>
}

/** What one step has done. */
export interface StepDone {
  rows: number
  oldest_landed_ms: number
  /** No row counts as read, whatever is written, and what was asked for besides is not done. */
  isBrokenOff: boolean
}

/** Rows of a step that was broken off which are looked at together. */
const UNFINISHED_ROWS = 20_000

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
  const { store, settings, now, suffix = '', fresh = false } = options
  const filter = siteFilter(options)
  const history = openHistory(store, suffix)
  const positions = new Positions(store, options.step_rows ?? STEP_ROWS, options.share)
  const { sites, wrong } = fresh
    ? { sites: new Map<string, SiteState>(), wrong: [] }
    : await loadSites(store, settings, { ...options, suffix, filter })
  if (!fresh) await positions.load()
  const unfinished = fresh || suffix !== '' ? new Map<string, Unfinished[]>() : await readUnfinished(store, filter)
  noteUnfinished(unfinished, wrong)
  const projection: Projection = {
    ...{ history, positions, sites },
    version: (await highestVersion(store, '')) + 1,
    step: () => atRest(history, takeStep),
    finish: (version) => finish(Math.max(projection.version, version)),
  }
  return projection

  async function takeStep(): Promise<StepDone | undefined> {
    const deals = new Map<string, HistoryRow<'conversions'>>()
    const table = history.table('conversions')
    noteUnfinished(unfinished, await judgedOtherwise({ store, settings, table }, sites.values()))
    const hadUnfinished = unfinished.size > 0
    if (hadUnfinished) await finishRows(options, projection, unfinished, deals)
    if (options.isStopping?.()) {
      // Memory may be kept of those that were finished: it must say nothing that the tables do not.
      await history.written()
      return { rows: 0, oldest_landed_ms: now(), isBrokenOff: true }
    }
    const step = await positions.next(now())
    const touched = new Map<string, Touched>()
    if (step) await options.settingsNow?.()
    let rows = 0
    try {
      if (step) rows = await readStep(options, step, { filter, into: touched })
      for (const [name, state] of sites) {
        if (!touched.has(name) && hasNews(state, settings)) touched.set(name, nothingTouched())
      }
      if (!step && touched.size === 0 && !hadUnfinished) return undefined
      for (const [name, facts] of touched) {
        await takePlainOnes(options, projection, name, { touched: facts, portions: step?.portions ?? [] })
        await takeOthers(options, projection, name, { touched: facts, deals })
      }
    } catch (error) {
      if (!(error instanceof BrokenOff)) throw error
      await history.written()
      // All that is written is as a step would leave it, and its facts are read once more: none of it need be looked at.
      await finish(projection.version, step?.portions)
      return { rows: 0, oldest_landed_ms: step?.oldest_landed_ms ?? now(), isBrokenOff: true }
    }
    await history.written()
    await options.beforePositions?.([...deals.values()])
    if (step) await options.onRead?.(step.portions)
    if (!step) await projection.finish(projection.version)
    else if (suffix === '') await positions.save(step.reached, { version: projection.version, read_at: now() })
    if (step) positions.commit(step)
    return { rows, oldest_landed_ms: step?.oldest_landed_ms ?? now(), isBrokenOff: false }
  }

  async function finish(version: number, portions: readonly Portion[] = []): Promise<void> {
    projection.version = Math.max(projection.version, version)
    if (suffix === '') await positions.save(positions.before(portions), { version, read_at: now() })
  }
}

/** A step is given up between its pieces, or within one before that has written anything. */
class BrokenOff extends Error {
  constructor() {
    super('Matching is being stopped.')
  }
}

function goOn({ isStopping }: ProjectionOptions): void {
  if (isStopping?.()) throw new BrokenOff()
}

/** Looks again at what a broken step had written. What is left when that is broken off is looked at by the next start. */
async function finishRows(
  options: ProjectionOptions,
  projection: Projection,
  unfinished: Map<string, Unfinished[]>,
  deals: Map<string, HistoryRow<'conversions'>>,
): Promise<void> {
  const { sites } = projection
  try {
    for (const [name, rows] of unfinished) {
      for (let from = 0; from < rows.length; from += UNFINISHED_ROWS) {
        lookAgain(siteOf(sites, name), rows.slice(from, from + UNFINISHED_ROWS))
        await applySite(options, projection, name, { touched: nothingTouched(), deals })
      }
      // Counted while rows of the broken step stood among the others.
      siteOf(sites, name).requests = undefined
    }
    unfinished.clear()
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error
    // Nothing of them is kept as finished: neither by the positions, nor in a snapshot.
    for (const [name, rows] of unfinished) lookAgain(siteOf(sites, name), rows)
  }
}

/** Reads what a step is to look at. Returns how many of its rows that are. */
async function readStep(
  options: ProjectionOptions,
  step: Step,
  { filter, into }: { filter: SiteFilter; into: Map<string, Touched> },
): Promise<number> {
  const { store } = options
  let own = 0
  const read = async (portion: Portion) => {
    const rows = filter.isAll ? undefined : await countNewFacts(store, portion, filter)
    const tell = rows === 0 ? undefined : await readNewFacts(store, portion, filter)
    return { rows: rows ?? 0, tell }
  }
  for await (const { rows, tell } of readAhead(step.portions, read, 1)) {
    goOn(options)
    own += rows
    tell?.(into)
  }
  return filter.isAll ? step.rows : own
}

/** What fails ends when all it gave to be written has ended: whoever reads the tables next finds them at rest. */
async function atRest<Result>(history: History, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    await history.written().catch(() => undefined)
    throw error
  }
}

function siteOf(sites: Map<string, SiteState>, site: string): SiteState {
  const state = sites.get(site) ?? openSite(site)
  sites.set(site, state)
  return state
}

/** Settings that changed what is blocked are news of a site, and so are rows that no longer say what the rules say. */
function hasNews({ graph, blocked, unfinished }: SiteState, settings: Settings): boolean {
  return (
    unfinished !== undefined ||
    graph.forced.size > 0 ||
    graph.owes ||
    !sameKeys(blocked, siteRules(settings, graph.site).blocked)
  )
}

/** Takes out of what is touched the visitors with whom there is nothing to decide. */
async function takePlainOnes(
  options: ProjectionOptions,
  projection: Projection,
  site: string,
  { touched, portions }: { touched: Touched; portions: readonly Portion[] },
): Promise<void> {
  const { store, settings, plain_min = PLAIN_MIN } = options
  const state = siteOf(projection.sites, site)
  // What a broken step had begun is compared with what it wrote.
  if (touched.sessions.size < plain_min || touched.isAgain || state.unfinished) return
  const { history } = projection
  const nextVersion = () => {
    projection.version += 1
    return projection.version
  }
  const isStopping = () => options.isStopping?.() === true
  const rules = siteRules(settings, site)
  await takePlain({ store, history, rules, state, portions, nextVersion, isStopping }, touched)
}

/** Takes all the others into the history, in pieces. */
async function takeOthers(
  options: ProjectionOptions,
  projection: Projection,
  site: string,
  { touched, deals }: Pick<News, 'touched' | 'deals'>,
): Promise<void> {
  goOn(options)
  const slices = [...slicesOf(touched, options.together_max ?? TOGETHER_MAX)]
  let ahead: EventsAhead | undefined
  for (const [index, slice] of slices.entries()) {
    ahead = await applySite(options, projection, site, { touched: slice, ahead, next: slices[index + 1], deals })
  }
}

interface News {
  touched: Touched
  /** Events of these news that were read before. */
  ahead?: EventsAhead | undefined
  /** What comes after them. */
  next?: Touched | undefined
  /** The deals the news spoke of, as they are now. */
  deals: Map<string, HistoryRow<'conversions'>>
}

/** Takes some news of one site into its history. Returns events of the next that it began to read meanwhile. */
async function applySite(
  options: ProjectionOptions,
  projection: Projection,
  site: string,
  news: News,
): Promise<EventsAhead | undefined> {
  const state = siteOf(projection.sites, site)
  try {
    return await takeNews(options, projection, state, news)
  } catch (error) {
    // Memory knows more than the tables now: no snapshot may be taken of it.
    if (error instanceof BrokenOff) lookAgain(state, [])
    throw error
  }
}

async function takeNews(
  options: ProjectionOptions,
  projection: Projection,
  state: SiteState,
  { touched, ahead, next, deals }: News,
): Promise<EventsAhead | undefined> {
  goOn(options)
  const { store, settings } = options
  const { history } = projection
  projection.version += 1
  const { site } = state.graph
  const rules = siteRules(settings, site)
  const { graph, names, clocks } = state
  if (!sameKeys(state.blocked, rules.blocked)) {
    state.blocked = rules.blocked
    graph.setBlocked(rules.blocked)
  }
  // A deal that other news make somebody else's is told as it is in the end.
  const spokenOf = new Set(touched.deals)
  if (state.unfinished) touchAlso(touched, state.unfinished)
  state.unfinished = undefined
  if (touched.hands || state.hands === undefined) {
    state.hands = await readHands(store, site)
    await history.written()
    await findFounders(store, graph, state.hands, history.table('identities'))
  }
  const fresh = await deriveSessions({ store, graph, rules, names, ahead }, touched)
  const nextAhead = next && next.sessions.size > 0 ? readTouchedAhead(store, graph, next) : undefined
  goOn(options)
  const { decided, clocks: dated } = await updateFacts({ store, history, graph, names, clocks }, touched)
  await linkRequests(store, graph, touched)
  goOn(options)
  tellHands(graph, state.hands)
  const { groups, changed } = recompute(graph, touchedVertices(state, touched))
  goOn(options)
  const derived = await derivePersons({ store, history, graph, names, clocks, decided, rules }, groups, fresh)
  goOn(options)
  const stored = storedIds(graph, derived.ids)
  const [callMatches, conversions] = await Promise.all([
    history.callMatches(site, stored),
    history.conversions(site, stored),
  ])
  const current = { conversions, touchpoints: [] }
  const wanted = { conversions: derived.conversions, touchpoints: derived.touchpoints }
  await scoreCrowd({ store, history, state }, current, wanted)
  const changes = {
    sessions: changesBetween('sessions', derived.sessions.current, derived.sessions.wanted),
    call_matches: changesBetween('call_matches', callMatches, derived.callMatches),
    call_clocks: changesBetween('call_clocks', dated.evidence.current, dated.evidence.wanted),
    provider_clocks: changesBetween('provider_clocks', dated.clocks.current, dated.clocks.wanted),
    conversions: changesBetween('conversions', current.conversions, wanted.conversions),
    touchpoints: await touchpointChanges(history, site, withIds(stored, current.conversions), wanted.touchpoints),
    identities: identityChanges(site, changed, state.purged),
    edges: edgeChanges(graph, state.purged),
  }
  await history.write(changes, projection.version)
  state.purged = undefined
  names.settle()
  for (const row of derived.conversions) {
    const key = `${site}\n${row.id}`
    if (row.kind === 'deal' && (spokenOf.has(row.id) || deals.has(key))) deals.set(key, row)
  }
  return nextAhead
}

/** Of facts that nobody had heard of before the tables hold no rows. */
function storedIds(graph: Graph, ids: FactIds): FactIds {
  const stored = (kind: keyof FactIds) =>
    ids[kind].filter((id) => {
      const vertex = graph.find(kind, id)
      return vertex === undefined || !graph.born.has(vertex)
    })
  return { call: stored('call'), lead: stored('lead'), deal: stored('deal') }
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
