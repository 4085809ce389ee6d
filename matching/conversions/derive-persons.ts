import type { Store } from '#storage/client.ts'
import { decideCall } from '../calls/decide-call.ts'
import type { KnownCall } from '../calls/decide-caller.ts'
import { readCalls } from '../calls/known-calls.ts'
import type { ProviderClocks } from '../calls/provider-clocks.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { messagesById, readAnnotations } from '../facts/read-facts.ts'
import type { FactIds, History } from '../history/history.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { otherEnd, type Vertex } from '../identity/edge.ts'
import { clientPhone, phoneOf } from '../identity/fact-claims.ts'
import type { Graph } from '../identity/graph.ts'
import type { Group } from '../identity/recompute.ts'
import type { FreshSession } from '../sessions/derive-sessions.ts'
import { type PlacedSessions, placeSessions } from '../sessions/place-sessions.ts'
import { indexSessions, type SessionIndex } from '../sessions/session-index.ts'
import type { SessionNames } from '../sessions/session-names.ts'
import type { SiteRules } from '../site-rules.ts'
import { deriveConversions } from './derive-conversions.ts'
import { mergeLeads } from './merge-leads.ts'
import { dealState } from './newest.ts'
import { type LeadFacts, readLeads } from './read-requests.ts'

export interface PersonsContext {
  store: Store
  history: History
  graph: Graph
  names: SessionNames
  clocks: ProviderClocks
  /** Calls that this step has decided already. */
  decided: ReadonlyMap<string, KnownCall>
  rules: SiteRules
}

export interface DerivedPersons {
  sessions: PlacedSessions
  callMatches: HistoryRow<'call_matches'>[]
  conversions: HistoryRow<'conversions'>[]
  touchpoints: HistoryRow<'touchpoints'>[]
  /** The ids of all calls, leads and deals that were looked at: rows of theirs that are not above are no longer true. */
  ids: FactIds
}

/** Derives everything the history says of these persons, from facts and from their sessions. */
export async function derivePersons(
  context: PersonsContext,
  groups: readonly Group[],
  fresh: ReadonlyMap<string, FreshSession[]>,
): Promise<DerivedPersons> {
  const { history, graph, names, rules } = context
  const known = await readKnown(context, groups)
  const named = new Set<string>()
  const cutVisitors = new Set<string>()
  for (const { call, held } of known.calls.values()) {
    if (call.session !== '') named.add(call.session)
    if (held?.best) named.add(held.best.session)
  }
  for (const { form, lead } of known.leads.values()) {
    for (const session of [form?.session, lead?.session]) if (session) named.add(session)
    // Of a visitor without sessions of its own the form's visit may be no part of the person: «anonymous», a kiosk.
    if (form?.session === '') cutVisitors.add(form.visitor)
  }
  const sessions = await placeSessions({ graph, history, names, groups, fresh, named, cutVisitors })
  const derived: DerivedPersons = { sessions, callMatches: [], conversions: [], touchpoints: [], ids: known.ids }
  const owned = sessionsByPerson(sessions)
  for (const group of groups) {
    const calls = pick(known.calls, group, 'call')
    const leads = pick(known.leads, group, 'lead')
    const deals = pick(known.deals, group, 'deal')
    if (calls.length + leads.length + deals.length === 0) continue
    const index = indexOf(group, graph, sessions, owned)
    const matches = calls.map(([, knownCall]) => decide(knownCall, { group, graph, rules, sessions: index }))
    const { conversions, touchpoints } = deriveConversions({
      ...{ site: graph.site, person: group.person, sessions: index, calls: matches, rules },
      known: new Map(calls),
      leads: mergeLeads(new Map(leads), repeatsIn(group)),
      deals: deals.map(([, state]) => state),
      annotations: known.annotations,
    })
    for (const row of matches) derived.callMatches.push(row)
    for (const row of conversions) derived.conversions.push(row)
    for (const row of touchpoints) derived.touchpoints.push(row)
  }
  return derived
}

interface Known {
  ids: FactIds
  calls: Map<string, KnownCall>
  leads: Map<string, LeadFacts>
  deals: Map<string, NonNullable<ReturnType<typeof dealState>>>
  /** By `call\nid` or `lead\nid`. */
  annotations: Map<string, Fact<'annotations'>[]>
}

/** Reads all calls, leads and deals of these persons at once. */
async function readKnown({ store, graph, clocks, decided }: PersonsContext, groups: readonly Group[]): Promise<Known> {
  const { site } = graph
  const members = groups.flatMap((group) => group.members)
  const idsOf = (kind: Vertex['kind']) =>
    new Set(members.filter((vertex) => vertex.kind === kind).map((vertex) => vertex.value))
  const [callIds, leadIds, dealIds] = [idsOf('call'), idsOf('lead'), idsOf('deal')]
  const [others, leads, dealMessages, ...annotations] = await Promise.all([
    readCalls(
      { store, graph, clocks },
      [...callIds].filter((id) => !decided.has(id)),
    ),
    readLeads(store, graph, leadIds),
    messagesById(store, 'deals', site, dealIds),
    readAnnotations(store, site, 'call', callIds),
    readAnnotations(store, site, 'lead', leadIds),
  ])
  const calls = new Map(others)
  for (const id of callIds) {
    const known = decided.get(id)
    if (known) calls.set(id, known)
  }
  const deals: Known['deals'] = new Map()
  for (const [id, messages] of dealMessages) {
    const state = dealState(messages)
    if (state) deals.set(id, state)
  }
  const ids = { call: [...callIds], lead: [...leadIds], deal: [...dealIds] }
  return { ids, calls, leads, deals, annotations: byTarget(annotations.flat()) }
}

function byTarget(annotations: readonly Fact<'annotations'>[]): Map<string, Fact<'annotations'>[]> {
  const said = new Map<string, Fact<'annotations'>[]>()
  for (const annotation of annotations) {
    const key = `${annotation.on_kind}\n${annotation.on_id}`
    const known = said.get(key)
    if (known) known.push(annotation)
    else said.set(key, [annotation])
  }
  return said
}

/** Which leads of a person repeat which: the edges that say so. */
function repeatsIn(group: Group): Map<string, string> {
  const repeats = new Map<string, string>()
  for (const vertex of group.members) {
    if (vertex.kind !== 'lead') continue
    for (const edge of vertex.edges) {
      if (edge.fact === 'same' && edge.fact_id === vertex.value) repeats.set(vertex.value, otherEnd(edge, vertex).value)
    }
  }
  return repeats
}

function pick<Value>(all: ReadonlyMap<string, Value>, group: Group, kind: Vertex['kind']): [string, Value][] {
  return group.members.flatMap((vertex): [string, Value][] => {
    const value = vertex.kind === kind && vertex.edges.length > 0 ? all.get(vertex.value) : undefined
    return value === undefined ? [] : [[vertex.value, value]]
  })
}

function sessionsByPerson({ wanted }: PlacedSessions): Map<string, HistoryRow<'sessions'>[]> {
  const byPerson = new Map<string, HistoryRow<'sessions'>[]>()
  for (const row of wanted) {
    if (row.person === '') continue
    const own = byPerson.get(row.person)
    if (own) own.push(row)
    else byPerson.set(row.person, [row])
  }
  return byPerson
}

function indexOf(
  { person }: Group,
  graph: Graph,
  { bySender }: PlacedSessions,
  owned: ReadonlyMap<string, HistoryRow<'sessions'>[]>,
): SessionIndex {
  return indexSessions(
    owned.get(person) ?? [],
    (key) => bySender.get(key) ?? [],
    (session) => person !== '' && graph.find('session', session)?.person === person,
  )
}

function decide(
  { call, held, isHeldByBot, clock }: KnownCall,
  { group, graph, rules, sessions }: { group: Group; graph: Graph; rules: SiteRules; sessions: SessionIndex },
): HistoryRow<'call_matches'> {
  const phone = phoneOf(...clientPhone(call))
  const caller = phone && graph.find(...phone)
  return decideCall(call, {
    ...{ person: group.person, held, isHeldByBot, sessions, clock },
    pool: rules.pools.get(call.direction === 'out' ? call.from : call.to),
    isOwnNumber: rules.replaced.has(call.to),
    isKnownCaller: caller !== undefined && group.person !== '' && caller.person === group.person,
  })
}
