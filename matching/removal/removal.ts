import { setTimeout as pause } from 'node:timers/promises'
import type { IdentifierKind } from '#domain/identifier.ts'
import type { Store } from '#storage/client.ts'
import { LEASE_LIFE_MAX_MS } from '../calls/match-call.ts'
import { LEASE_FAR_MS } from '../calls/read-leases.ts'
import { callsToNumbers } from '../facts/read-facts.ts'
import { historyTableNames } from '../history/history-tables.ts'
import { openSite, type SiteState } from '../identity/site-state.ts'
import type { Postbacks } from '../postbacks/postbacks.ts'
import type { Projection } from '../projection.ts'
import { findRepeats, sendersInSessions, sendersOfForms } from '../sessions/repeated-events.ts'
import type { Snapshots } from '../snapshot/snapshots.ts'
import { countRows, type Deletion, isDeleting, startDeletion } from './delete-rows.ts'
import type { FactScope } from './fact-deletions.ts'
import { forgetPlanned } from './forget.ts'
import { findMentions, historyDeletions, postbackDeletion } from './history-deletions.ts'
import { namedBy } from './named-by.ts'
import { around, distinct, dropPlan, type PlanRow, planRow, readPlan, writePlan } from './plan.ts'
import { quarantineDeletion } from './quarantine-deletion.ts'

/** Something to be removed from one site: a person, or what has grown old. */
export interface Removal {
  readonly job: string
  readonly site: string
  /** Also what was told of them, and whatever else mentions them. */
  readonly isPersonal: boolean
  /** The facts that go. */
  deletions(scope: FactScope): Deletion[]
}

export type Counts = Record<string, number>

export interface RemovalDeps {
  store: Store
  projection: Projection
  postbacks: Pick<Postbacks, 'forget'>
  /** What is kept of memory: it holds what is removed. */
  snapshots?: Pick<Snapshots, 'discard'> | undefined
}

const DELETION_POLL_MS = 50

const DELETION_WAIT_MAX_MS = 120_000

/** Everything a removal may delete from. */
export const removableTables = [
  ...['events', 'leases', 'calls', 'leads', 'deals', 'annotations', 'quarantine', 'postbacks'],
  ...['identities', 'edges', 'sessions', 'call_matches', 'call_clocks', 'conversions', 'touchpoints'],
] as const

/** Writes the plan: what goes, and all that hangs on it. Nothing is deleted yet. */
export async function planRemoval(deps: RemovalDeps, removal: Removal, begun: readonly PlanRow[]): Promise<Counts> {
  const { store, projection } = deps
  const { job, site } = removal
  await dropPlan(store, job)
  await writePlan(store, job, begun)
  const deletions = factDeletions(removal, projection)
  const members = new Set(membersOf(begun).map(({ kind, value }) => `${kind}\n${value}`))
  // A row may go for what it names, and be the only word on others: a bot's form, a message that was replaced.
  const more = (await namedBy(store, deletions, 'again')).filter(
    ({ role, kind, value }) => role === 'visit' || !members.has(`${kind}\n${value}`),
  )
  for (const deletion of deletions) {
    if (deletion.table !== 'leases') continue
    for (const id of await callsOfLeases(store, site, deletion)) more.push(planRow('again', 'call', id))
  }
  await writePlan(store, job, distinct(more))
  await hangOn(deps, removal, [...begun, ...more])
  await writePlan(store, job, await otherCopies(store, site, await readPlan(store, job)))
  const counts: Counts = {}
  for (const deletion of deletions) {
    const count = await countRows(store, deletion)
    if (count > 0) counts[deletion.table] = count
  }
  return counts
}

/** Sets the deletion of the planned facts going. May be repeated. */
export async function deleteFacts({ store, projection, snapshots }: RemovalDeps, removal: Removal): Promise<void> {
  await snapshots?.discard(removal.site)
  for (const deletion of factDeletions(removal, projection)) await startDeletion(store, deletion)
}

/** Whether the facts are still being deleted. */
export function isDeletingFacts(store: Store): Promise<boolean> {
  return isDeleting(store, removableTables)
}

/**
 * Takes the planned rows out of the history, in all their versions, and derives anew what the facts left bear out. The
 * steps must stand still. Until it has ended well it is to be repeated, after a restart too: the plan has all it needs.
 * Returns false when it was broken off because matching is being stopped.
 */
export async function rederive(deps: RemovalDeps, removal: Removal): Promise<boolean> {
  const { store, projection, postbacks } = deps
  const { job, site } = removal
  const planned = await readPlan(store, job)
  // Facts may have come since the plan was made.
  await hangOn(deps, removal, planned)
  if (removal.isPersonal) await forgetPostbacks(postbacks, site, planned)
  for (const deletion of historyDeletions(site, job)) await startDeletion(store, deletion)
  const waiting_since_ms = performance.now()
  // Of the history alone: facts of other sites may go at the same time, on behalf of other processes.
  while (await isDeleting(store, historyTableNames)) {
    // Steps stand still meanwhile: what takes so long is tried again after they had a turn.
    if (performance.now() - waiting_since_ms > DELETION_WAIT_MAX_MS) throw new Error('history_still_being_deleted')
    await pause(DELETION_POLL_MS)
  }
  forgetPlanned(stateOf(projection, site), await readPlan(store, job))
  const done = await projection.step()
  if (done?.isBrokenOff) return false
  projection.sites.get(site)?.graph.wipe()
  return true
}

/** Adds to the plan what hangs on its identifiers: in the graph, and in whatever row mentions them. */
async function hangOn({ store, projection }: RemovalDeps, removal: Removal, plan: readonly PlanRow[]): Promise<void> {
  const { job, site } = removal
  const known = new Set(plan.map((row) => JSON.stringify(row)))
  const beside = plan.filter(({ role }) => role === 'again')
  const add = async (rows: readonly PlanRow[]) => {
    const fresh = distinct(rows).filter((row) => !known.has(JSON.stringify(row)))
    for (const row of fresh) known.add(JSON.stringify(row))
    await writePlan(store, job, fresh)
    beside.push(...fresh.filter(({ role }) => role === 'again'))
  }
  await add(around(stateOf(projection, site), membersOf(plan), beside))
  if (!removal.isPersonal) return
  await add(await findMentions(store, site, job))
  await add(around(stateOf(projection, site), membersOf(plan), beside))
}

function factDeletions(removal: Removal, projection: Projection): Deletion[] {
  const { job, site } = removal
  const deletions = removal.deletions({ job, site, read_to: projection.positions.all() })
  return removal.isPersonal
    ? [...deletions, postbackDeletion(site, job), quarantineDeletion(job)]
    : [...deletions, quarantineDeletion(job)]
}

function membersOf(rows: readonly PlanRow[]): { kind: string; value: string }[] {
  return rows.filter(({ role }) => role === 'member')
}

function stateOf({ sites }: Projection, site: string): SiteState {
  const state = sites.get(site) ?? openSite(site)
  sites.set(site, state)
  return state
}

/** Sessions in which repeats stand of what may go: a copy that did not count may be the first one then. */
async function otherCopies(store: Store, site: string, plan: readonly PlanRow[]): Promise<PlanRow[]> {
  const of = (kind: string) =>
    plan.filter((row) => row.kind === kind && (row.role === 'member' || row.role === 'again')).map(({ value }) => value)
  const { sessions } = await findRepeats(store, site, of('visitor'))
  const senders = await sendersOfForms(store, site, of('lead'))
  const named = await sendersInSessions(store, site, of('session'))
  return distinct(
    [...sessions, ...senders, ...named].flatMap(({ session, visitors }) =>
      [...visitors].map((visitor) => planRow('visit', 'session', session, visitor)),
    ),
  )
}

/** The calls that a lease to be deleted may have decided. */
async function callsOfLeases(store: Store, site: string, { where, params }: Deletion): Promise<string[]> {
  const ids = new Set<string>()
  for (const shard of store.shards) {
    const leases = await shard.query<{ number: string; first_ms: number; last_ms: number }>(
      `SELECT number, toFloat64(toUnixTimestamp64Milli(min(\`from\`))) AS first_ms,
         toFloat64(toUnixTimestamp64Milli(max(\`from\`))) AS last_ms
       FROM leases WHERE ${where} AND number != '' GROUP BY number`,
      params,
    )
    for (const { number, first_ms, last_ms } of leases) {
      const within = {
        from_ms: first_ms - LEASE_FAR_MS.before,
        to_ms: last_ms + LEASE_LIFE_MAX_MS + LEASE_FAR_MS.after,
      }
      for (const id of await callsToNumbers(store, site, [number], within)) ids.add(id)
    }
  }
  return [...ids]
}

async function forgetPostbacks(
  postbacks: Pick<Postbacks, 'forget'>,
  site: string,
  plan: readonly PlanRow[],
): Promise<void> {
  const isMember = (kind: IdentifierKind | 'person') =>
    new Set(plan.filter((row) => row.kind === kind && row.role !== 'again').map(({ value }) => value))
  const [deals, persons] = [isMember('deal'), isMember('person')]
  await postbacks.forget((one) => one.site === site && (deals.has(one.deal) || persons.has(one.person)))
}
