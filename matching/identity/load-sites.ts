import type { IdentifierKind } from '#domain/identifier.ts'
import type { Params, Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import type { SiteFilter } from '../facts/site-filter.ts'
import { type HistoryRow, selectColumns } from '../history/history-tables.ts'
import { siteRules } from '../site-rules.ts'
import type { KeptSite, Snapshots } from '../snapshot/snapshots.ts'
import { catchUp, isNear } from './catch-up.ts'
import type { SharedRule } from './edge.ts'
import { settleLoaded } from './settle-loaded.ts'
import { openSite, type SiteState } from './site-state.ts'

/** So many identifiers are worked out together unless told otherwise. */
const TOGETHER_MAX = 5_000

export interface LoadedSites {
  sites: Map<string, SiteState>
  /** What the tables tell otherwise than the rules and settings of today. */
  wrong: Wrong[]
}

interface Wrong {
  site: string
  kind: string
  value: string
}

export interface LoadOptions {
  suffix: string
  filter: SiteFilter
  /** Memory that was kept, of the tables in use. */
  snapshots?: Snapshots | undefined
  /** Identifiers whose persons are worked out together: what is looked at stands in objects. */
  together_max?: number | undefined
}

/** What the tables of one run are read by. */
interface Tables {
  store: Store
  settings: Settings
  suffix: string
  /** Which sites, as a condition on `t`. */
  filter: string
  params: Params
  together_max: number
}

/** Memory as the last run left it: from what was kept of it, or from the edges, without looking at a fact. */
export async function loadSites(
  store: Store,
  settings: Settings,
  { suffix, filter: wanted, snapshots, together_max = TOGETHER_MAX }: LoadOptions,
): Promise<LoadedSites> {
  const loaded: LoadedSites = { sites: new Map(), wrong: [] }
  const ofSite = `1 ${wanted.and('t.site')}`
  const all = { store, settings, suffix, filter: ofSite, params: wanted.params, together_max }
  for (const one of (await snapshots?.take(wanted.has)) ?? []) await takeKept(all, one, loaded)
  const kept = [...loaded.sites.keys()]
  const filter = kept.length === 0 ? ofSite : `${ofSite} AND t.site NOT IN {kept:Array(String)}`
  await loadFromTables({ ...all, filter, params: { ...all.params, ...(kept.length > 0 && { kept }) } }, loaded)
  const clocks = await store.query<HistoryRow<'provider_clocks'>>(
    `SELECT ${selectColumns('provider_clocks')} FROM provider_clocks${suffix} AS t FINAL WHERE ${ofSite}`,
    all.params,
  )
  for (const row of clocks) siteOf(loaded, settings, row.site).clocks.load([row])
  return loaded

  async function takeKept(tables: Tables, one: KeptSite, into: LoadedSites): Promise<void> {
    const { site, graph, version } = one
    if (!(await isNear(store, graph, version))) {
      await snapshots?.throwAway(site, 'too much has changed since')
      return
    }
    const state = { ...openSite(site), graph, blocked: siteRules(settings, site).blocked }
    graph.setBlocked(state.blocked)
    const { wrong, isNaming } = await catchUp(store, graph, version)
    const ofOne = { ...tables, filter: 't.site = {site:String}', params: { site } }
    const isKnown = one.names !== undefined && !isNaming && !(await hasOtherPieces(ofOne, version))
    if (isKnown && one.names) state.names = one.names
    else state.names.load(graph, (await readPieces(ofOne)).get(site) ?? [])
    into.sites.set(site, state)
    for (const row of wrong) into.wrong.push({ site, ...row })
  }
}

async function loadFromTables(tables: Tables, { sites, wrong }: LoadedSites): Promise<void> {
  const { store, settings, suffix, filter, params, together_max } = tables
  const fresh = new Map<string, SiteState>()
  for await (const rows of store.stream<HistoryRow<'edges'>>(
    `SELECT ${selectColumns('edges')} FROM edges${suffix} AS t FINAL WHERE ${filter}`,
    params,
  )) {
    for (const row of rows) siteOf({ sites: fresh }, settings, row.site).graph.load(row)
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
     WHERE t.shared = 1 AND ${filter}`,
    params,
  )
  const pieces = await readPieces(tables)
  for (const { site, kind, value, rule, max } of shared) {
    // From before the rule stood beside them.
    if (rule === '') wrong.push({ site, kind, value })
    else fresh.get(site)?.graph.loadShared(kind, value, { rule, max })
  }
  for (const [site, state] of fresh) {
    state.names.load(state.graph, pieces.get(site) ?? [])
    for (const one of settleLoaded(state.graph, together_max)) wrong.push({ site, ...one })
    sites.set(site, state)
  }
}

function siteOf({ sites }: Pick<LoadedSites, 'sites'>, settings: Settings, site: string): SiteState {
  let state = sites.get(site)
  if (!state) {
    state = openSite(site)
    state.blocked = siteRules(settings, site).blocked
    state.graph.setBlocked(state.blocked)
    sites.set(site, state)
  }
  return state
}

/** How the later pieces of what a sender calls one session are named. */
const PIECES = "match(t.id, '[.:][0-9]+$')"

async function readPieces({ store, suffix, filter, params }: Tables): Promise<Map<string, { id: string }[]>> {
  const pieces = new Map<string, { id: string }[]>()
  for await (const rows of store.stream<{ site: string; id: string }>(
    `SELECT t.site AS site, t.id AS id FROM sessions${suffix} AS t FINAL WHERE ${PIECES} AND ${filter}`,
    params,
  )) {
    for (const row of rows) {
      const known = pieces.get(row.site)
      if (known) known.push(row)
      else pieces.set(row.site, [row])
    }
  }
  return pieces
}

/** Whether a piece was written or taken back since. */
async function hasOtherPieces({ store, params }: Tables, version: number): Promise<boolean> {
  const found = await store.query(
    `SELECT 1 FROM sessions AS t
     WHERE t.site = {site:String} AND t.version > {version:UInt64} AND ${PIECES} LIMIT 1`,
    { ...params, version },
  )
  return found.length > 0
}
