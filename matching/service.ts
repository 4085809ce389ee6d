import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { type Share, wholeShare } from '#domain/site-share.ts'
import type { Clock } from '#shell/clock.ts'
import { openOutbound } from '#shell/outbound.ts'
import type { Store } from '#storage/client.ts'
import type { Settings, WritableSettings } from '#storage/settings/settings.ts'
import { openErasures } from './erasures/erasures.ts'
import { takeLock } from './lock.ts'
import type { MatchingLog } from './matching-log.ts'
import { endFormerWrites, namedWrites } from './named-writes.ts'
import { openPostbacks } from './postbacks/postbacks.ts'
import { openProjection, type Projection, type ProjectionOptions } from './projection.ts'
import { alone, type Meeting } from './rebuild/meeting.ts'
import { type LiveRun, type RebuildOptions, type RebuildReport, rebuild } from './rebuild/rebuild.ts'
import { dropRebuildTables, endSwap, isHalfSwapped } from './rebuild/rebuild-tables.ts'
import { noteRules, type RulesState, rulesState } from './rebuild/rules.ts'
import { openRemovals } from './removal/removals.ts'
import { openRetention } from './retention/retention.ts'
import { openKeeping } from './snapshot/keeping.ts'
import { openTurns } from './turns.ts'

/** Without being poked, new segments are looked for this often. */
const POLL_MS = 500

/** After a failed step the next try waits this long. */
const RETRY_MS = 1_000

/** A rebuild that waits for a removal looks this often whether it is over. */
const REMOVAL_POLL_MS = 200

/** A rebuild by several processes that came to nothing is begun again after this. */
const REBUILD_AGAIN_MS = 3_000

export interface MatchingOptions {
  store: Store
  settings: Settings & Partial<Pick<WritableSettings, 'refresh'>>
  now: Clock
  log: MatchingLog
  metrics: Registry
  /** Networks beside the public ones that postbacks may reach, as CIDR. */
  outbound_allow: string[]
  /** The folder in which memory is kept, so that a start need not read it from the tables. */
  snapshot_dir?: string | undefined
  /** How long after an erasure facts of before it are waited for, where nothing says that there are any. */
  erasure_settle_ms?: number
  /** The sites this one has, where several share them. */
  share?: Share
  /** Makes the history of all sites anew: asked for by one of those that share them. */
  rebuildAll?: () => Promise<unknown>
}

export interface MatchingStatus {
  positions: { node: string; table: string; segment: number }[]
  /** How long the oldest fact not yet in the history has been waiting in ClickHouse. */
  lag_ms: number
  rows: number
  identifiers: number
  edges: number
  last_error: string | null
  is_rebuilding: boolean
}

export interface Matching {
  /** New segments have landed: look now. */
  poke(): void
  status(): MatchingStatus
  /** Where several share the sites, all must be told to rebuild, and meet. */
  rebuild(options?: RebuildOptions, meeting?: Meeting): Promise<RebuildReport>
  close(): Promise<void>
}

/** Keeps the history up with the facts until closed. Refuses to start beside another matching of the same sites. */
export async function startMatching(options: MatchingOptions): Promise<Matching> {
  const { store, settings, now, log, metrics, outbound_allow, share = wholeShare } = options
  const lock = await takeLock(store, share)
  const outbound = openOutbound({ allow: outbound_allow })
  const measure = measures(metrics)
  let [version, isClosed, isStale] = [0, false, false]
  const postbacks = await openPostbacks({ store, settings, now, log, outbound, share, nextVersion: () => ++version })
  const removals = openRemoving(options, measure.removed)
  const { snapshots, opening } = await openKeeping(options)
  const hooks = { beforePositions: postbacks.dealsChanged, onRead: removals.noticed, snapshots }
  const state = { lag_ms: 0, rows: 0, last_error: null as string | null, is_rebuilding: false }
  const open = () => opening(() => openRun(options, { ...hooks, isStopping: () => isClosed }, state))
  // For one of those that share the sites to see to.
  const rules = share.index > 0 ? 'current' : await rulesState(store)
  let projection = await open()
  version = projection.version
  const [turns, keeping] = [openTurns(), {} as Keeping]

  /** One step; false when there was nothing to do. Steps and a rebuild's swap take turns. */
  const step = async (): Promise<boolean> => {
    // Before anything is ended that may be another's by now.
    await lock.hold()
    if (isStale) projection = await open()
    isStale = false
    await lock.hold()
    const started_ms = performance.now()
    const done = await projection.step()
    state.last_error = null
    state.lag_ms = done ? Math.max(0, now() - done.oldest_landed_ms) : 0
    state.rows += done?.rows ?? 0
    measure.stepped(done?.rows ?? 0, performance.now() - started_ms, state.lag_ms)
    if (!removals.isUnderWay()) snapshots?.consider(projection)
    return done !== undefined
  }
  const failed = (error: unknown) => {
    // What was half done is in memory alone: it is read anew from the tables.
    isStale = true
    removals.restart()
    state.last_error = errorCode(error)
    measure.failures.inc()
    log.warn({ err: state.last_error }, 'matching step failed, will try again')
  }
  /** A rebuild reads facts from the first to the last: what is under way is ended before, and nothing begun. */
  const remove = async () =>
    (!state.is_rebuilding || removals.isUnderWay()) && removals.turn({ store, projection, postbacks, snapshots })
  const running = keepOn(turns, () => isClosed, {
    failed,
    async once() {
      const hasDone = [await turns.alone(step), isClosed || (await turns.alone(remove))]
      void postbacks.deliverDue()
      return hasDone.includes(true)
    },
  })
  const off = settings.onChange(turns.poke)
  const matching: Matching = {
    poke: turns.poke,
    status: () => statusOf(projection, state),
    rebuild: oneAtATime(options, state, async (asked, meeting) => {
      await removals.over(() => isClosed, meeting, turns)
      const paused = pausing(turns, step, { failed, isClosed: () => isClosed })
      const live = { store, projection: () => projection, paused, snapshots, ...keeping }
      return rebuild(live, { settings, now, share, settingsNow: settingsNow(settings) }, asked, meeting)
    }),
    async close() {
      isClosed = true
      for (const end of [off, removals.close, turns.end]) end()
      await running
      await turns.alone(async () => snapshots?.close(isStale || removals.isUnderWay() ? undefined : projection))
      for (const one of [postbacks, outbound]) await one.close()
      await lock.release()
    },
  }
  void keepToRules(options, { rules, keeping }, matching, () => isClosed)
  return matching
}

/** What a killed process, or a step that failed, had sent to ClickHouse is ended first. */
async function openRun(
  { store, settings, now, log, share = wholeShare }: MatchingOptions,
  hooks: Pick<ProjectionOptions, 'beforePositions' | 'onRead' | 'snapshots' | 'isStopping'>,
  state: { readonly is_rebuilding: boolean },
): Promise<Projection> {
  await endFormerWrites(store, share, log)
  await leaveOneHistory({ store, log, share }, state)
  const said = { settings, now, share, settingsNow: settingsNow(settings) }
  return openProjection({ store: namedWrites(store, share), ...said, ...hooks })
}

/** What was set by now holds for whatever has landed by now. */
function settingsNow(settings: MatchingOptions['settings']): () => Promise<void> {
  return async () => settings.refresh?.()
}

/**
 * A swap that was broken off is brought to its end, and what is left of a rebuild that nobody goes on with is thrown away: it
 * names the erased. For the first of those that share the sites; the others wait until that is done.
 */
async function leaveOneHistory(
  { store, log, share }: { store: Store; log: MatchingLog; share: Share },
  state: { readonly is_rebuilding: boolean },
): Promise<void> {
  if (share.index > 0) {
    if (await isHalfSwapped(store)) throw new Error('The tables of a rebuild are half swapped.')
    return
  }
  if (await endSwap(store)) log.warn({}, 'the tables of a rebuild were half swapped when ClickHouse ended, now all are')
  if (!state.is_rebuilding) await dropRebuildTables(store)
}

/** Rebuilds one at a time; of a whole history it is written down that it is by the rules of this version. */
function oneAtATime(
  { store, now }: Pick<MatchingOptions, 'store' | 'now'>,
  state: { is_rebuilding: boolean },
  work: (asked: RebuildOptions, meeting: Meeting) => Promise<RebuildReport>,
): Matching['rebuild'] {
  return async (asked = {}, meeting = alone) => {
    if (state.is_rebuilding) throw new Error('A rebuild is running already.')
    state.is_rebuilding = true
    try {
      const report = await work(asked, meeting)
      if (meeting.isLead && report.swapped && asked.site === undefined) await noteRules(store, 'done', now)
      return report
    } finally {
      state.is_rebuilding = false
    }
  }
}

/** Set while the rules ask for a rebuild. */
type Keeping = Pick<LiveRun, 'begun'>

const byOtherRules = 'was made by the rules of an earlier version'

/**
 * Makes the history anew after an upgrade, while the service goes on; what fails is tried again by the next start. A try
 * counts once it has begun: that another process was away, or another rebuild going on, says nothing against this one.
 */
async function keepToRules(
  { store, now, log, rebuildAll }: MatchingOptions,
  { rules, keeping }: { rules: RulesState; keeping: Keeping },
  matching: Matching,
  isClosed: () => boolean,
): Promise<void> {
  if (rules === 'given_up') log.warn({}, `the history ${byOtherRules}; run \`throughline rebuild\``)
  try {
    if (rules === 'new') await noteRules(store, 'done', now)
    for (let state = rules; state === 'outdated' && !isClosed(); state = await rulesState(store)) {
      log.info({}, `the history ${byOtherRules}, and is made anew`)
      const started_ms = now()
      keeping.begun = () => noteRules(store, 'begun', now)
      try {
        await (rebuildAll ?? matching.rebuild)()
        log.info({ took_ms: now() - started_ms }, 'the history is made anew')
      } catch (error) {
        // When it was another process that ended, there is no next start of this one.
        if (rebuildAll === undefined) throw error
        log.warn({ err: errorCode(error) }, 'the history could not be made anew, will try again')
        await sleep(REBUILD_AGAIN_MS, undefined, { ref: false })
      } finally {
        keeping.begun = undefined
      }
    }
  } catch (error) {
    if (!isClosed())
      log.warn({ err: errorCode(error) }, 'the history could not be made anew; the next start tries again')
  }
}

/** Works until closed: at once when there was something to do, else when poked or after a while. */
async function keepOn(
  turns: ReturnType<typeof openTurns>,
  isClosed: () => boolean,
  { once, failed }: { once(): Promise<boolean>; failed(error: unknown): void },
): Promise<void> {
  while (!isClosed()) {
    try {
      if (!(await once())) await turns.wait(POLL_MS)
    } catch (error) {
      failed(error)
      await turns.pause(RETRY_MS)
    }
  }
}

/** What removes people and old facts, with what it must be told. */
function openRemoving(options: MatchingOptions, onRemoved: (counts: Record<string, number>) => void) {
  const { store, settings, now, log, share, erasure_settle_ms: settle_ms } = options
  const erasures = openErasures({ store, now, log, share, settle_ms })
  const retention = openRetention({ store, settings, now, log, share, onRemoved })
  const removals = openRemovals({ erasures, retention })
  const over = async (
    isClosed: () => boolean,
    meeting: Meeting,
    turns: Pick<ReturnType<typeof openTurns>, 'alone'>,
  ) => {
    while (removals.isUnderWay() && !isClosed()) {
      // Whoever broke it off is begun again when all have left it: nobody stays for a removal.
      meeting.check()
      await sleep(REMOVAL_POLL_MS)
    }
    // A step under way may be throwing away the tables of an earlier rebuild: those of the next must not be among them.
    await turns.alone(async () => {})
  }
  return { ...removals, over, noticed: erasures.noticed, close: retention.close }
}

/** Runs work while the steps stand still, having read all there is; the work may ask for what has landed meanwhile. */
function pausing(
  { alone }: Pick<ReturnType<typeof openTurns>, 'alone'>,
  step: () => Promise<boolean>,
  { failed, isClosed }: { failed(error: unknown): void; isClosed(): boolean },
) {
  const catchUp = async () => {
    let hadMore = false
    while (await step()) {
      // What is stopped has not read all there is.
      if (isClosed()) throw new Error('Matching is being stopped.')
      hadMore = true
    }
    return hadMore
  }
  return <Result>(work: (catchUp: () => Promise<boolean>) => Promise<Result>) =>
    alone(async () => {
      try {
        await catchUp()
        return await work(catchUp)
      } catch (error) {
        // A step may be half done, or tables swapped: memory is read anew, as after any step that fails.
        failed(error)
        throw error
      }
    })
}

function statusOf(
  { positions, sites }: Projection,
  state: Pick<MatchingStatus, 'lag_ms' | 'rows' | 'last_error' | 'is_rebuilding'>,
): MatchingStatus {
  let identifiers = 0
  let edges = 0
  for (const { graph } of sites.values()) {
    identifiers += graph.vertices.size
    edges += graph.edges
  }
  return { ...state, positions: positions.all(), identifiers, edges }
}

/** Engine error texts can quote rows: only the code is told. */
function errorCode(error: unknown): string {
  const { code, type, message } = error as { code?: string; type?: string; message?: string }
  if (code !== undefined) return [code, type].filter(Boolean).join(' ')
  return (message ?? 'unknown').split('\n', 1)[0]?.slice(0, 120) ?? 'unknown'
}

function measures(metrics: Registry) {
  const registers = [metrics]
  const lag = new Gauge({
    name: 'throughline_matching_lag_seconds',
    help: 'Age of the oldest fact not yet in the history',
    // Of several processes the one furthest behind.
    aggregator: 'max',
    registers,
  })
  const failures = new Counter({
    name: 'throughline_matching_failures_total',
    help: 'Steps that failed and were tried again',
    registers,
  })
  const rows = new Counter({
    name: 'throughline_matching_rows_total',
    help: 'Fact rows taken into the history',
    registers,
  })
  const removed = new Counter({
    ...{ name: 'throughline_retention_removed_rows_total', help: 'Facts removed because of their age', registers },
  })
  const took = new Histogram({
    ...{ name: 'throughline_matching_step_seconds', help: 'Time of one step', registers },
    buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20],
  })
  return {
    failures,
    removed: (counts: Record<string, number>) => {
      for (const count of Object.values(counts)) removed.inc(count)
    },
    stepped(count: number, ms: number, lag_ms: number) {
      lag.set(lag_ms / 1000)
      if (count === 0) return
      rows.inc(count)
      took.observe(ms / 1000)
    },
  }
}
