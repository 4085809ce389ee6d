import { type Share, shareName } from '#domain/site-share.ts'
import type { MeetingPoint } from '#matching/rebuild/meeting.ts'
import type { RebuildReport } from '#matching/rebuild/rebuild.ts'
import { Failure } from '#shell/failure.ts'
import type { Logger } from './logger.ts'
import { type ChildStatus, type MatchingChild, type MatchingWatch, startMatchingChild } from './matching-child.ts'
import type { MatchingBegin, RebuildRequest } from './matching-messages.ts'
import type { PartOfRebuild } from './matching-questions.ts'

/** What is known of matching. Of several processes the sums, the one furthest behind, and each. */
export interface FleetStatus extends ChildStatus {
  processes?: ShareStatus[]
}

/** The processes that match, one or several that share the sites. */
export interface MatchingFleet {
  /** A segment landed: look now instead of at the next turn. */
  poke(): void
  status(): FleetStatus
  /** Makes the history anew, of one site or of all, or says where it differs from the facts. */
  rebuild(options: RebuildRequest): Promise<RebuildReport>
  /** The metrics of each; of one that does not run, or does not answer, what its counters had reached. */
  metrics(): Promise<object[][]>
  close(): Promise<void>
}

export function startMatchingFleet(
  matchers: number,
  begin: Omit<MatchingBegin, 'share'>,
  log: Logger,
  watch: MatchingWatch,
): MatchingFleet {
  let meeting: Promise<unknown> | undefined
  const shares = Array.from({ length: matchers }, (_, index): Share => ({ index, of: matchers }))
  const care = {
    // Whoever comes in the middle of a swap would write into tables that are just going out of use.
    mayStart: async () => void (await meeting?.catch(() => {})),
    rebuildAll: () => rebuild({ check: false }),
  }
  const children = shares.map((share) => startMatchingChild({ ...begin, share }, log, care, watch))

  function rebuild(options: RebuildRequest): Promise<RebuildReport> {
    if (meeting) return Promise.reject(new Failure('internal', 'A rebuild is running already.'))
    const held = hold(children, options).finally(() => {
      meeting = undefined
    })
    meeting = held
    return held
  }
  return {
    poke() {
      for (const child of children) child.poke()
    },
    status: () =>
      statusOf(children.map((child, index) => ({ share: shareName({ index, of: matchers }), ...child.status() }))),
    rebuild,
    metrics: () => Promise.all(children.map((child) => child.metrics())),
    async close() {
      await Promise.all(children.map((child) => child.close()))
    },
  }
}

/**
 * One rebuild by all, also of one site. Led by the first, which throws away at its start what a broken one has left: the
 * others are there before it makes the tables, and whoever ends in between breaks it up and is begun again.
 */
function hold(children: readonly MatchingChild[], options: RebuildRequest): Promise<RebuildReport> {
  const first = children[0] as MatchingChild
  return children.length === 1 ? first.rebuild(options) : together(children, first, options)
}

async function together(
  children: readonly MatchingChild[],
  lead: MatchingChild,
  options: RebuildRequest,
): Promise<RebuildReport> {
  const arrived = new Map<MeetingPoint, number>()
  const members = new Map<MatchingChild, PartOfRebuild>()
  const reached = (point: MeetingPoint) => {
    const count = (arrived.get(point) ?? 0) + 1
    arrived.set(point, count)
    if (count === children.length) for (const member of members.values()) member.met(point)
  }
  for (const child of children) members.set(child, child.meet(options, child === lead, reached))
  const reports = [...members.values()].map(({ report }) => report)
  const leading = members.get(lead) as PartOfRebuild
  let why: unknown
  const breakUp = async (cause: unknown) => {
    if (why !== undefined) return
    why = cause
    leading.unmet()
    // The others stand still until it is certain that nothing is swapped any more.
    await leading.report.catch(() => {})
    for (const member of members.values()) if (member !== leading) member.unmet()
  }
  await Promise.allSettled(reports.map((report) => report.catch(breakUp)))
  if (why !== undefined) throw why
  return joinReports(await Promise.all(reports))
}

/** Differing rows shown of each table. */
const EXAMPLES_MAX = 5

function joinReports(reports: readonly RebuildReport[]): RebuildReport {
  const differences = new Map<string, RebuildReport['differences'][number]>()
  for (const found of reports.flatMap((report) => report.differences)) {
    const before = differences.get(found.table)
    differences.set(found.table, {
      table: found.table,
      wrong: (before?.wrong ?? 0) + found.wrong,
      missing: (before?.missing ?? 0) + found.missing,
      examples: [...(before?.examples ?? []), ...found.examples].slice(0, EXAMPLES_MAX),
    })
  }
  return {
    rows: reports.reduce((sum, { rows }) => sum + rows, 0),
    took_ms: Math.max(...reports.map(({ took_ms }) => took_ms)),
    differences: [...differences.values()],
    swapped: reports.every(({ swapped }) => swapped),
  }
}

interface ShareStatus extends ChildStatus {
  share: string
}

function statusOf(processes: readonly ShareStatus[]): FleetStatus {
  if (processes.length === 1) {
    const { share: _, ...status } = processes[0] as ShareStatus
    return status
  }
  const lags = processes.map(({ lag_ms }) => lag_ms)
  const sum = (of: 'rows' | 'identifiers' | 'edges') => processes.reduce((total, one) => total + (one[of] ?? 0), 0)
  return {
    running: processes.every(({ running }) => running),
    lag_ms: lags.every((lag_ms) => lag_ms !== null) ? Math.max(...lags) : null,
    last_error: processes.find(({ last_error }) => last_error !== null)?.last_error ?? null,
    is_rebuilding: processes.some(({ is_rebuilding }) => is_rebuilding === true),
    ...{ rows: sum('rows'), identifiers: sum('identifiers'), edges: sum('edges') },
    processes: [...processes],
  }
}
