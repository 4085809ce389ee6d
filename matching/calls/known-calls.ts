import type { Store } from '#storage/client.ts'
import { newestMessage } from '../conversions/newest.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { messagesById } from '../facts/read-facts.ts'
import type { Graph } from '../identity/graph.ts'
import { isBotVisit } from './bot-visits.ts'
import { KEPT_MAX_MS } from './call-model.ts'
import { type Caller, callerOf, callsOfSameCallers } from './callers.ts'
import { unknownClock } from './clock-evidence.ts'
import { isDoubtful } from './clock-shift.ts'
import { browsersAround, type CallFacts, decideCaller, type KnownCall } from './decide-caller.ts'
import type { Lease } from './match-call.ts'
import type { ProviderClocks } from './provider-clocks.ts'
import { readClicks } from './read-clicks.ts'
import { LEASE_FAR_MS, type LeaseOfVisitor, readLeasesOfCalls, readLeasesOfVisitors } from './read-leases.ts'

export interface CallsContext {
  store: Store
  graph: Graph
  clocks: ProviderClocks
}

/** Calls as their newest messages tell them, with who may have made them. */
export async function readCalls(context: CallsContext, ids: Iterable<string>): Promise<Map<string, KnownCall>> {
  const wanted = new Set(ids)
  // Who called before decides who calls now, so all calls of a caller are decided together.
  const facts = await readCallFacts(context, callsOfSameCallers(context.graph, wanted))
  return decideCalls(context, facts, wanted)
}

/** Calls with the leases of their numbers and the clicks around them, as their providers date them. */
export async function readCallFacts(
  { store, graph }: Pick<CallsContext, 'store' | 'graph'>,
  ids: Iterable<string>,
): Promise<Map<string, CallFacts>> {
  const { site } = graph
  const messages = await messagesById(store, 'calls', site, ids)
  const calls = [...messages.values()].flatMap((versions) => newestMessage(versions) ?? [])
  const { leases, clicks } = await readAround(store, site, calls)
  return new Map(
    calls.map((call) => {
      const around = leases.get(call.id) ?? []
      const told = messages.get(call.id) ?? []
      // However long a call took, it had begun to ring before anybody could tell of it.
      const heard_ms = Math.min(...told.map(({ received_at, duration }) => received_at - duration * 1000))
      const came_ms = Math.min(...told.map(({ received_at }) => received_at))
      return [call.id, { call, messages: told, heard_ms, came_ms, leases: around, clicks: clicks.before(call, around) }]
    }),
  )
}

async function readAround(store: Store, site: string, calls: readonly Fact<'calls'>[]) {
  const incoming = calls.filter((call) => call.direction !== 'out' && call.to !== '')
  const leases = await readLeasesOfCalls(store, site, incoming)
  return { leases, clicks: await readClicks(store, site, incoming, leases) }
}

/** The same calls, each doubtful one with the leases hours away from it. */
export async function readFar(
  store: Store,
  site: string,
  facts: ReadonlyMap<string, CallFacts>,
): Promise<Map<string, CallFacts>> {
  const doubtful = [...facts.values()].filter(
    ({ call, ...about }) => call.direction !== 'out' && call.to !== '' && isDoubtful(call, about),
  )
  const calls = doubtful.map(({ call }) => call)
  const far =
    calls.length === 0 ? new Map<string, Lease[]>() : await readLeasesOfCalls(store, site, calls, LEASE_FAR_MS)
  return new Map([
    ...facts,
    ...doubtful.map((one) => [one.call.id, { ...one, far: far.get(one.call.id) ?? [] }] as const),
  ])
}

/** Calls of clocks that are off by whole quarter hours as they rang by ours, with what is around them then. */
async function rungByOurs(
  { store, graph, clocks }: CallsContext,
  facts: ReadonlyMap<string, CallFacts>,
): Promise<CallFacts[]> {
  const moved = new Map<string, Fact<'calls'>>()
  for (const { call } of facts.values()) {
    const { shift_ms } = clocks.of(call)
    if (shift_ms !== 0) moved.set(call.id, { ...call, at: call.at - shift_ms })
  }
  if (moved.size === 0) return [...facts.values()]
  const { leases, clicks } = await readAround(store, graph.site, [...moved.values()])
  return [...facts.values()].map((one) => {
    const call = moved.get(one.call.id)
    const around = leases.get(one.call.id) ?? []
    return call ? { ...one, call, leases: around, clicks: clicks.before(call, around) } : one
  })
}

/** Decides calls, each caller's in the order they rang. All calls of their callers must be among the facts. */
export async function decideCalls(
  context: CallsContext,
  facts: ReadonlyMap<string, CallFacts>,
  wanted: ReadonlySet<string>,
): Promise<Map<string, KnownCall>> {
  const { store, graph, clocks } = context
  const clockOf = new Map([...facts.values()].map(({ call }) => [call.id, clocks.of(call)]))
  const callers = new Map<string, Caller>()
  const byCaller = new Map<string, CallFacts[]>()
  for (const rung of await rungByOurs(context, facts)) {
    const one = withoutBots(graph, rung)
    const caller = callerOf(graph, one.call)
    if (caller) callers.set(caller.phone, caller)
    // A call without a caller has no others beside it; no phone begins with a line feed.
    const key = caller?.phone ?? `\n${one.call.id}`
    const own = byCaller.get(key)
    if (own) own.push(one)
    else byCaller.set(key, [one])
  }
  const shown = await readShown({ store, graph }, callers, byCaller)
  const known = new Map<string, KnownCall>()
  for (const [phone, calls] of byCaller) {
    const decided = decideCaller(calls, {
      caller: callers.get(phone),
      shown,
      clockOf: ({ id }) => clockOf.get(id) ?? unknownClock,
    })
    for (const one of decided) if (wanted.has(one.call.id)) known.set(one.call.id, one)
  }
  return known
}

/** No bot calls, whatever it was shown. */
function withoutBots(graph: Graph, one: CallFacts): CallFacts {
  const ofBots = one.leases.filter(({ session }) => isBotVisit(graph, session))
  return ofBots.length === 0 ? one : { ...one, leases: one.leases.filter((lease) => !ofBots.includes(lease)), ofBots }
}

/** When the browsers that these callers may be known by were shown the numbers they called, by browser. */
async function readShown(
  { store, graph }: Pick<CallsContext, 'store' | 'graph'>,
  callers: ReadonlyMap<string, Caller>,
  byCaller: ReadonlyMap<string, readonly CallFacts[]>,
): Promise<Map<string, LeaseOfVisitor[]>> {
  const calls = [...callers.keys()].flatMap((phone) => byCaller.get(phone) ?? [])
  const rows = await readLeasesOfVisitors(store, graph.site, {
    visitors: [...[...callers.values()].flatMap(({ browsers }) => browsers), ...calls.flatMap(browsersAround)],
    numbers: calls.filter(({ call }) => call.direction !== 'out').map(({ call }) => call.to),
    from_ms: calls.reduce((least, { call }) => Math.min(least, call.at), Infinity) - KEPT_MAX_MS,
    to_ms: calls.reduce((most, { call }) => Math.max(most, call.at), 0),
  })
  const byVisitor = new Map<string, LeaseOfVisitor[]>()
  for (const row of rows) {
    if (isBotVisit(graph, row.session)) continue
    const own = byVisitor.get(row.visitor)
    if (own) own.push(row)
    else byVisitor.set(row.visitor, [row])
  }
  return byVisitor
}
