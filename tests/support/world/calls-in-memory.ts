import { isJunk } from '#domain/identifier.ts'
import { clockEvidence } from '#matching/calls/call-evidence.ts'
import { CALLS_OF_PHONE_MAX, type Caller } from '#matching/calls/callers.ts'
import type { ProviderClock } from '#matching/calls/clock-evidence.ts'
import { browsersAround, type CallFacts, decideCaller, type KnownCall } from '#matching/calls/decide-caller.ts'
import type { Lease } from '#matching/calls/match-call.ts'
import { evidenceRow, ProviderClocks } from '#matching/calls/provider-clocks.ts'
import { type Click, indexClicks } from '#matching/calls/read-clicks.ts'
import { LEASE_AROUND_MS, type LeaseOfVisitor } from '#matching/calls/read-leases.ts'
import { newestMessage } from '#matching/conversions/newest.ts'
import type { Fact } from '#matching/facts/fact-rows.ts'
import { siteRules } from '#matching/site-rules.ts'
import { factRow, fixedSettings } from '../matching-world.ts'
import type { Simulation } from './simulate.ts'

/** A world's calls with the facts that decide them, as matching would read them from its tables. */
export interface WorldCalls {
  /** All calls of one caller together. */
  groups: { caller: Caller | undefined; calls: CallFacts[] }[]
  shown: Map<string, LeaseOfVisitor[]>
  clocks: Map<string, ProviderClock>
}

interface Collected {
  leases: Map<string, Map<string, Lease>>
  messages: Map<string, Fact<'calls'>[]>
  browsers: Map<string, Set<string>>
  clicks: Click[]
}

/** Plays a world and brings its calls together with what leases and forms say of them, without a database. */
export async function callsOfWorld({ facts, documents, options }: Simulation): Promise<WorldCalls> {
  const collected = collect(facts)
  const blocked = siteRules(fixedSettings(documents), options.site).blocked
  const clicks = indexClicks(collected.clicks)
  const byPhone = new Map<string, CallFacts[]>()
  for (const messages of collected.messages.values()) {
    const call = newestMessage(messages) as Fact<'calls'>
    const phone = call.direction === 'out' ? call.to : call.from
    const isNobodys = phone === '' || isJunk('phone', phone) || blocked.has(`phone\n${phone}`)
    const key = isNobodys ? `\n${call.id}` : phone
    const leases = call.direction === 'out' ? [] : leasesAround(call, collected)
    const heard_ms = Math.min(...messages.map(({ received_at, duration }) => received_at - duration * 1000))
    const came_ms = Math.min(...messages.map(({ received_at }) => received_at))
    const one = { call, messages, heard_ms, came_ms, leases, clicks: clicks.before(call, leases) }
    const own = byPhone.get(key)
    if (own) own.push(one)
    else byPhone.set(key, [one])
  }
  const groups = [...byPhone].map(([phone, calls]) => ({ caller: callerOf(phone, calls, collected.browsers), calls }))
  const all = groups.flatMap(({ calls }) => calls)
  return { groups, shown: shownTo(groups, collected), clocks: await measureClocks(all, options.site) }
}

/** Decides all calls by the rules as they stand. */
export function decideWorld({ groups, shown, clocks }: WorldCalls): KnownCall[] {
  return groups.flatMap(({ caller, calls }) =>
    decideCaller(calls, { caller, shown, clockOf: (call) => clocks.get(call.id) as ProviderClock }),
  )
}

function collect(facts: Simulation['facts']): Collected {
  const collected: Collected = { leases: new Map(), messages: new Map(), browsers: new Map(), clicks: [] }
  let row = 0
  for (const one of facts) {
    row += 1
    if (one.table === 'leases' && one.row.number && one.row.session) {
      const { number, session, visitor = '', pool = '', from = 0, seen = 0, to = 0 } = one.row
      const own = collected.leases.get(number) ?? new Map<string, Lease>()
      collected.leases.set(number, own)
      // Facts come in the order of their receipt: the last word on a lease is the newest.
      own.set(`${session}\n${from}`, { session, visitor, pool, from_ms: from, seen_ms: seen, to_ms: to })
    } else if (one.table === 'calls') {
      const message = { ...factRow('calls', one.row), node: 'world', segment: 0, row, table: 'calls' as const }
      const known = collected.messages.get(message.id)
      if (known) known.push(message)
      else collected.messages.set(message.id, [message])
    } else if (one.table === 'events' && one.row.click_kind === 'phone' && !one.row.bot) {
      const { visitor = '', session = '', at = 0, click_target = '' } = one.row
      collected.clicks.push({ visitor, session, at_ms: at, target: click_target })
    } else if (one.table === 'events' && one.row.phone && one.row.visitor && !one.row.bot) {
      const { phone, visitor } = one.row
      collected.browsers.set(phone, (collected.browsers.get(phone) ?? new Set()).add(visitor))
    }
  }
  return collected
}

function leasesAround(call: Fact<'calls'>, { leases }: Collected): Lease[] {
  const { before, after } = LEASE_AROUND_MS
  return [...(leases.get(call.to)?.values() ?? [])].filter(
    ({ from_ms, seen_ms, to_ms }) => from_ms <= call.at + before && call.at <= Math.max(to_ms, seen_ms) + after,
  )
}

function callerOf(phone: string, calls: readonly CallFacts[], browsers: Collected['browsers']): Caller | undefined {
  if (phone.startsWith('\n') || calls.length > CALLS_OF_PHONE_MAX) return undefined
  const given = [...(browsers.get(phone) ?? [])]
  return { phone, calls: calls.map(({ call }) => call.id), browsers: given.length > 6 ? [] : given }
}

function shownTo(groups: WorldCalls['groups'], { leases }: Collected): Map<string, LeaseOfVisitor[]> {
  const shown = new Map<string, LeaseOfVisitor[]>()
  for (const { caller, calls } of groups) {
    for (const browser of [...(caller?.browsers ?? []), ...calls.flatMap(browsersAround)]) shown.set(browser, [])
  }
  for (const [number, own] of leases) {
    for (const { visitor, session, from_ms } of own.values())
      shown.get(visitor)?.push({ number, visitor, session, from_ms })
  }
  return shown
}

async function measureClocks(calls: readonly CallFacts[], site: string): Promise<Map<string, ProviderClock>> {
  const clocks = new ProviderClocks()
  const none = async () => []
  const rows = calls.map(({ call, ...about }) => {
    const evidence = call.direction === 'out' ? undefined : clockEvidence(call, about)
    return [call.id, evidenceRow(call, evidence)] as const
  })
  const history = { callClocks: none, clockEvidence: none, clockPeriods: none, doubtfulPeriods: none }
  await clocks.update({ history, site }, new Map(rows), 'changed')
  return new Map(calls.map(({ call }) => [call.id, clocks.of(call)]))
}
