import { parsePosition } from '#domain/position.ts'
import { hasSite, type Share, wholeShare } from '#domain/site-share.ts'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import { erasureKeyById } from '#storage/erasure-keys.ts'
import type { Portion } from '../facts/read-new-facts.ts'
import type { MatchingLog } from '../matching-log.ts'
import type { Projection } from '../projection.ts'
import { oldParts } from '../removal/delete-rows.ts'
import { type FactScope, factsOfMembers } from '../removal/fact-deletions.ts'
import { dropPlan, type PlanRow } from '../removal/plan.ts'
import { type RefusedRow, refusedRows } from '../removal/quarantine-deletion.ts'
import { type Counts, type Removal, removableTables } from '../removal/removal.ts'
import {
  type ErasureRun,
  earliestReceipts,
  readErased,
  readErasures,
  rememberErased,
  writeRun,
} from './erasure-rows.ts'
import { findPerson, personRows } from './find-person.ts'

/** Segments of other logs that were taken before an erasure get this long to come in; later ones are caught up with. */
export const SETTLE_MS = 3_000

/** What the erasure's own log had not landed by then is waited for this long; what comes later is caught up with too. */
const BARRIER_WAIT_MAX_MS = 600_000

/** A segment may hold rows received this much before it was begun: a request takes five minutes at most. */
const RECEIVED_BEFORE_SEGMENT_MAX_MS = 600_000

/** `received_ms` of a portion is a day before its first row (see Positions). */
const PORTION_MARGIN_MS = 86_400_000

const CLEAR_LOOK_MS = 1_000

/** One erasure at work. */
export interface ErasureJob extends Removal {
  run: ErasureRun
  isPlanned: boolean
}

export interface Erasures {
  /** The next one whose facts are all in; undefined when there is none. */
  next(projection: Projection): Promise<{ job: ErasureJob; begun: PlanRow[] } | undefined>
  planned(job: ErasureJob, counts: Counts): Promise<void>
  /** Its rows are gone and the history is derived anew. */
  removed(job: ErasureJob): Promise<void>
  /** Looks whether bytes are gone that were waited for. */
  clear(): Promise<void>
  /** New facts were read: some may be from before an erasure that was made already. */
  noticed(portions: readonly Portion[]): Promise<void>
  /** Reads all from the tables again, after something went wrong. */
  reload(): Promise<void>
}

export interface ErasuresOptions {
  store: Store
  now: Clock
  log: MatchingLog
  /** The sites whose erasures are done here. */
  share?: Share | undefined
  settle_ms?: number | undefined
}

/** Keeps track of the erasures: which are asked for, under way, and to be done again because facts came in late. */
export function openErasures(options: ErasuresOptions): Erasures {
  const { store, now, log, share = wholeShare } = options
  let runs: ErasureRun[] = []
  const readOwn = async () => (await readErasures(store)).filter(({ site }) => hasSite(share, site))
  const waitedFor = new Map<string, Set<string>>()
  let looked_ms = 0
  const isTime = (run: ErasureRun, projection: Projection) =>
    now() - run.received_at >= (options.settle_ms ?? SETTLE_MS) &&
    (hasReached(run, projection) || now() - run.received_at >= BARRIER_WAIT_MAX_MS)

  return {
    async next(projection) {
      const run = runs.find(({ state }) => state === 'removing') ?? runs.find((one) => isReady(one, projection, isTime))
      if (!run) return undefined
      const job = jobOf(run)
      if (job.isPlanned) return { job, begun: [] }
      const begun = await identify(store, run, projection)
      if (begun === undefined) return undefined
      return { job, begun }
    },
    async planned({ run }, counts) {
      for (const [table, count] of Object.entries(counts)) run.counts[table] = (run.counts[table] ?? 0) + count
      await writeRun(store, Object.assign(run, { state: 'removing' }))
    },
    async removed({ run, job }) {
      await dropPlan(store, job)
      const isMore = run.reason === LATE_FACTS
      await writeRun(store, Object.assign(run, { state: isMore ? 'waiting' : 'clearing', reason: '' }))
      const { site, id, counts } = run
      log.info({ site, erasure: id, counts }, 'rows of an erased person are gone, waiting for their bytes')
    },
    async clear() {
      const clearing = runs.filter(({ state }) => state === 'clearing')
      if (clearing.length === 0 || now() - looked_ms < CLEAR_LOOK_MS) return
      looked_ms = now()
      const there = await oldParts(store, removableTables)
      for (const run of clearing) {
        const key = `${run.site}/${run.id}`
        const left = waitedFor.get(key) ?? there
        waitedFor.set(key, left)
        for (const part of left) if (!there.has(part)) left.delete(part)
        if (left.size > 0) continue
        waitedFor.delete(key)
        await writeRun(store, Object.assign(run, { state: 'done' }), now())
        log.info({ site: run.site, erasure: run.id }, 'a person is erased')
      }
    },
    async noticed(portions) {
      if (portions.some(({ table }) => table === 'erasures')) runs = await readOwn()
      const made = runs.filter(({ state }) => state !== 'waiting' && state !== 'refused')
      for (const portion of portions) {
        if (portion.table === 'erasures' || portion.table === 'costs') continue
        const since_ms = portion.received_ms + PORTION_MARGIN_MS - RECEIVED_BEFORE_SEGMENT_MAX_MS
        const possible = made.filter(({ received_at }) => received_at >= since_ms)
        if (possible.length === 0) continue
        for (const { site, earliest_ms } of await earliestReceipts(store, portion)) {
          const late = possible.filter((run) => run.site === site && run.received_at >= earliest_ms)
          for (const run of late) await again(store, run)
        }
      }
    },
    async reload() {
      runs = await readOwn()
      waitedFor.clear()
    },
  }
}

function isReady(
  run: ErasureRun,
  projection: Projection,
  isTime: (run: ErasureRun, projection: Projection) => boolean,
): boolean {
  return run.state === 'waiting' && isTime(run, projection)
}

/** An erasure that is being worked on is done first, and once more when facts have come since. */
async function again(store: Store, run: ErasureRun): Promise<void> {
  if (run.state === 'waiting' || run.reason === LATE_FACTS) return
  // While rows are being removed the plan must stay in force: only the word is left that there is more.
  await writeRun(store, Object.assign(run, run.state === 'removing' ? { reason: LATE_FACTS } : { state: 'waiting' }))
}

const LATE_FACTS = 'late_facts'

function hasReached({ waits_for }: ErasureRun, { positions }: Projection): boolean {
  const reached = positions.all()
  return (parsePosition(waits_for) ?? []).every(({ node, segments }) =>
    Object.entries(segments).every(([table, segment]) =>
      reached.some((one) => one.node === node && one.table === table && one.segment >= segment),
    ),
  )
}

function jobOf(run: ErasureRun): ErasureJob {
  return {
    ...{ run, site: run.site, job: `erasure/${run.site}/${run.id}`, isPersonal: true },
    isPlanned: run.state === 'removing',
    deletions: (scope: FactScope) => factsOfMembers(scope, run.received_at),
  }
}

/** Whom an erasure means, as rows of a plan; undefined, and the erasure over, when it means nobody in particular. */
async function identify(store: Store, run: ErasureRun, projection: Projection): Promise<PlanRow[] | undefined> {
  const key = await erasureKeyById(store, run.key)
  const state = projection.sites.get(run.site)
  const erased = key ? await readErased(store, run) : []
  const found = key && (await findPerson(store, state?.graph, run, { key, erased, isAgain: run.version > 0 }))
  if (!found || 'refused' in found) {
    const reason = found ? found.refused : 'key_unknown'
    await writeRun(store, Object.assign(run, { state: 'refused', reason }))
    return undefined
  }
  const { members } = found
  const hashes = members.map(({ kind, value }) => ({ kind, hash: key.hash(run.site, kind, value) }))
  // Before anything is deleted: afterwards nobody could say any more who it was.
  await rememberErased(store, run, hashes)
  const read_to = projection.positions.all()
  const values = members
    .filter(({ kind }) => personal.has(kind))
    .map(({ value }) => value.split(';ext=', 1)[0] as string)
  // Of who is named in refused rows alone the history knows nothing, and after the erasure only hashes tell.
  const theirs = new Set([run.hash, ...erased, ...hashes.map(({ hash }) => hash)])
  const isTheirs = ({ holds, names, received_ms }: RefusedRow) =>
    received_ms <= run.received_at &&
    (values.some(holds) || names.some(({ kind, value }) => theirs.has(key.hash(run.site, kind, value))))
  return [...personRows(state, run.site, members), ...(await refusedRows(store, run.site, read_to, isTheirs))]
}

/** Ids of calls, leads and deals may be the ids of other things in another table. */
const personal = new Set(['visitor', 'session', 'phone', 'email', 'user', 'contact'])
