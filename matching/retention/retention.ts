import { hasSite, type Share, wholeShare } from '#domain/site-share.ts'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import type { MatchingLog } from '../matching-log.ts'
import type { Projection } from '../projection.ts'
import { type FactScope, factsBefore, moments } from '../removal/fact-deletions.ts'
import { namedBy } from '../removal/named-by.ts'
import { dropPlan, type PlanRow, planRow, writePlan } from '../removal/plan.ts'
import { refusedRows } from '../removal/quarantine-deletion.ts'
import type { Counts, Removal } from '../removal/removal.ts'

const DAY_MS = 86_400_000

/** Facts removed at once, about: what hangs on them is worked out anew in one step. */
const PORTION_ROWS = 50_000

export interface RetentionJob extends Removal {
  isPlanned: boolean
  before_ms: number
}

export interface Retention {
  /** The next portion of some site's old facts; undefined when nothing is due. */
  next(projection: Projection): Promise<{ job: RetentionJob; begun: PlanRow[] } | undefined>
  planned(job: RetentionJob, counts: Counts): Promise<void>
  removed(job: RetentionJob): Promise<void>
  /** Reads what is half done from the tables, after something went wrong. */
  reload(): Promise<void>
  close(): void
}

export interface RetentionOptions {
  store: Store
  settings: Settings
  now: Clock
  log: MatchingLog
  /** The sites whose facts are removed here. */
  share?: Share | undefined
  /** Told how many rows a portion removed. */
  onRemoved?: (counts: Counts) => void
  portion_rows?: number | undefined
}

/** Removes facts older than their site keeps them: once a day, and when the setting changes. */
export function openRetention(options: RetentionOptions): Retention {
  const { store, settings, now, log, share = wholeShare } = options
  const due = new Map<string, { days: number | undefined; at_ms: number }>()
  let halfDone: RetentionJob[] = []
  const plan = () => {
    const there = new Set<string>()
    for (const { document } of settings.list('site')) {
      if (!hasSite(share, document.id)) continue
      there.add(document.id)
      const days = document.retention_days
      if (due.get(document.id)?.days !== days || !due.has(document.id)) due.set(document.id, { days, at_ms: now() })
    }
    for (const site of due.keys()) if (!there.has(site)) due.delete(site)
  }
  plan()
  const off = settings.onChange((changed) => {
    if (changed.some(({ kind }) => kind === 'site')) plan()
  })
  return {
    async next(projection) {
      const [begun] = halfDone
      if (begun) return { job: begun, begun: [] }
      for (const [site, { days, at_ms }] of due) {
        if (days === undefined || at_ms > now()) continue
        const portion = await nextPortion(store, projection, site, {
          before_ms: now() - days * DAY_MS,
          rows_max: options.portion_rows ?? PORTION_ROWS,
        })
        if (portion) return portion
        due.set(site, { days, at_ms: now() + DAY_MS })
      }
      return undefined
    },
    async planned(job, counts) {
      await writePlan(store, job.job, [planRow('before', 'ms', String(job.before_ms))])
      halfDone.push(Object.assign(job, { isPlanned: true }))
      options.onRemoved?.(counts)
      log.info({ site: job.site, before: new Date(job.before_ms).toISOString(), counts }, 'removing old facts')
    },
    async removed(job) {
      await dropPlan(store, job.job)
      halfDone = halfDone.filter((one) => one !== job)
    },
    async reload() {
      const rows = await Promise.all(
        store.shards.map((shard) => shard.query<{ job: string; before_ms: number }>(PLANS)),
      )
      const whole = new Map(rows.flat().map(({ job, before_ms }) => [job, before_ms]))
      halfDone = [...whole]
        .map(([job, before_ms]) => jobOf(job.slice(PREFIX.length), before_ms, true))
        .filter(({ site }) => hasSite(share, site))
    },
    close: off,
  }
}

const PREFIX = 'retention/'

/** Plans that were written to their end. What is not whole has deleted nothing yet, and is thrown away by the next. */
const PLANS = `SELECT job, toFloat64(any(value)) AS before_ms FROM removal_plans
  WHERE startsWith(job, '${PREFIX}') AND role = 'before' GROUP BY job`

function jobOf(site: string, before_ms: number, isPlanned: boolean): RetentionJob {
  return {
    ...{ site, job: `${PREFIX}${site}`, before_ms, isPlanned, isPersonal: false },
    deletions: (scope: FactScope) => factsBefore(scope, before_ms),
  }
}

async function nextPortion(
  store: Store,
  projection: Projection,
  site: string,
  { before_ms, rows_max }: { before_ms: number; rows_max: number },
): Promise<{ job: RetentionJob; begun: PlanRow[] } | undefined> {
  const read_to = projection.positions.all()
  const all = jobOf(site, before_ms, false)
  const scope = { site, job: all.job, read_to }
  let upTo_ms: number | undefined
  for (const shard of store.shards) {
    for (const { table, where, params } of all.deletions(scope)) {
      const moment = `toFloat64(toUnixTimestamp64Milli(${moments[table as keyof typeof moments]}))`
      const [oldest] = await shard.query<{ n: number; oldest_ms: number }>(
        `SELECT toFloat64(count()) AS n, min(${moment}) AS oldest_ms FROM ${table} WHERE ${where}`,
        params,
      )
      if (!oldest || oldest.n === 0) continue
      const [last] = await shard.query<{ ms: number }>(
        `SELECT ${moment} AS ms FROM ${table} WHERE ${where} ORDER BY ms LIMIT 1 OFFSET {rows_max:UInt32}`,
        { ...params, rows_max },
      )
      // However many share the oldest moment, they go together: it must go on.
      const end_ms = last ? Math.max(last.ms, oldest.oldest_ms + 1) : before_ms
      upTo_ms = Math.min(upTo_ms ?? before_ms, end_ms)
    }
  }
  const refused = await refusedRows(store, site, read_to, ({ received_ms }) => received_ms < (upTo_ms ?? before_ms))
  if (upTo_ms === undefined && refused.length === 0) return undefined
  const job = jobOf(site, upTo_ms ?? before_ms, false)
  return { job, begun: [...refused, ...(await namedBy(store, job.deletions(scope), 'member'))] }
}
