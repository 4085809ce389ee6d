import type { Store } from '#storage/client.ts'
import { newestMessage } from '../conversions/newest.ts'
import { messagesById } from '../facts/read-facts.ts'
import type { Graph } from '../identity/graph.ts'
import { KEPT_MAX_MS } from './call-model.ts'
import { type Caller, callerOf, callsOfSameCallers } from './callers.ts'
import { browsersAround, type CallFacts, decideCaller, type KnownCall } from './decide-caller.ts'
import type { ProviderClocks } from './provider-clocks.ts'
import { readClicks } from './read-clicks.ts'
import { type LeaseOfVisitor, readLeasesOfCalls, readLeasesOfVisitors } from './read-leases.ts'

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

/** Calls with the leases of their numbers and the clicks around them. */
export async function readCallFacts(
  { store, graph }: CallsContext,
  ids: Iterable<string>,
): Promise<Map<string, CallFacts>> {
  const { site } = graph
  const messages = await messagesById(store, 'calls', site, ids)
  const calls = [...messages.values()].flatMap((versions) => newestMessage(versions) ?? [])
  const incoming = calls.filter((call) => call.direction !== 'out' && call.to !== '')
  const leases = await readLeasesOfCalls(store, site, incoming)
  const clicks = await readClicks(store, site, incoming, leases)
  return new Map(
    calls.map((call) => {
      const around = leases.get(call.id) ?? []
      return [
        call.id,
        { call, messages: messages.get(call.id) ?? [], leases: around, clicks: clicks.before(call, around) },
      ]
    }),
  )
}

/** Decides calls, each caller's in the order they rang. All calls of their callers must be among the facts. */
export async function decideCalls(
  { store, graph, clocks }: CallsContext,
  facts: ReadonlyMap<string, CallFacts>,
  wanted: ReadonlySet<string>,
): Promise<Map<string, KnownCall>> {
  const callers = new Map<string, Caller>()
  const byCaller = new Map<string, CallFacts[]>()
  for (const one of facts.values()) {
    const caller = callerOf(graph, one.call)
    if (caller) callers.set(caller.phone, caller)
    // A call without a caller has no others beside it; no phone begins with a line feed.
    const key = caller?.phone ?? `\n${one.call.id}`
    const own = byCaller.get(key)
    if (own) own.push(one)
    else byCaller.set(key, [one])
  }
  const shown = await readShown(store, graph.site, callers, byCaller)
  const known = new Map<string, KnownCall>()
  for (const [phone, calls] of byCaller) {
    const decided = decideCaller(calls, { caller: callers.get(phone), shown, clockOf: (call) => clocks.of(call) })
    for (const one of decided) if (wanted.has(one.call.id)) known.set(one.call.id, one)
  }
  return known
}

/** When the browsers that these callers may be known by were shown the numbers they called, by browser. */
async function readShown(
  store: Store,
  site: string,
  callers: ReadonlyMap<string, Caller>,
  byCaller: ReadonlyMap<string, readonly CallFacts[]>,
): Promise<Map<string, LeaseOfVisitor[]>> {
  const calls = [...callers.keys()].flatMap((phone) => byCaller.get(phone) ?? [])
  const rows = await readLeasesOfVisitors(store, site, {
    visitors: [...[...callers.values()].flatMap(({ browsers }) => browsers), ...calls.flatMap(browsersAround)],
    numbers: calls.filter(({ call }) => call.direction !== 'out').map(({ call }) => call.to),
    from_ms: calls.reduce((least, { call }) => Math.min(least, call.at), Infinity) - KEPT_MAX_MS,
    to_ms: calls.reduce((most, { call }) => Math.max(most, call.at), 0),
  })
  const byVisitor = new Map<string, LeaseOfVisitor[]>()
  for (const row of rows) {
    const own = byVisitor.get(row.visitor)
    if (own) own.push(row)
    else byVisitor.set(row.visitor, [row])
  }
  return byVisitor
}
