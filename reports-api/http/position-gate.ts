import type { Position } from '#domain/position.ts'
import { bucketsOf, siteBucket, wholeShare } from '#domain/site-share.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import { readToByBucketSql } from '#storage/matching-progress.ts'
import type { Reader } from './reader.ts'

const WAIT_MAX_MS = 30_000
const POLL_MS = 50

const everyBucket = bucketsOf(wholeShare)

export interface PositionGate {
  /**
   * Resolves once history includes the write, of one site or of all of them; a Failure `history_behind` when it does not
   * within 30 s.
   */
  pass(position: Position, site?: string): Promise<void>
}

export interface PositionGateOptions {
  reader: Pick<Reader, 'query'>
  now: Clock
  pause(ms: number): Promise<void>
}

interface Waiter {
  position: Position
  /** Of the sites whose history is asked for: the processes that have these must have read that far. */
  buckets: readonly number[]
  until_ms: number
  resolve(): void
  reject(error: unknown): void
}

/** All who wait share one question to ClickHouse, however many they are. */
export function openPositionGate({ reader, now, pause }: PositionGateOptions): PositionGate {
  const waiters = new Set<Waiter>()
  let isPolling = false

  async function poll(): Promise<void> {
    isPolling = true
    while (waiters.size > 0) {
      const asked = [...waiters]
      try {
        const reached = await readReached(reader, asked)
        for (const waiter of asked) if (isReached(waiter, reached)) settle(waiter, () => waiter.resolve())
        giveUp(asked, behind)
      } catch (error) {
        // A short absence of ClickHouse is waited for like everything else.
        giveUp(asked, () => error)
      }
      if (waiters.size > 0) await pause(POLL_MS)
    }
    isPolling = false
  }

  function giveUp(asked: readonly Waiter[], reason: () => unknown): void {
    for (const waiter of asked) {
      if (waiters.has(waiter) && waiter.until_ms <= now()) settle(waiter, () => waiter.reject(reason()))
    }
  }

  function settle(waiter: Waiter, done: () => void): void {
    waiters.delete(waiter)
    done()
  }

  return {
    pass(position, site) {
      if (position.every(({ segments }) => Object.keys(segments).length === 0)) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const buckets = site === undefined ? everyBucket : [siteBucket(site)]
        waiters.add({ position, buckets, until_ms: now() + WAIT_MAX_MS, resolve, reject })
        if (!isPolling) void poll()
      })
    },
  }
}

function behind(): Failure {
  return new Failure('history_behind', 'The write is safe, but history has not reached it yet.', { retry_after_s: 5 })
}

/** By node and table, and of those that matching reads by the bucket of sites. */
type Reached = Map<string, number>

async function readReached(reader: Pick<Reader, 'query'>, waiters: readonly Waiter[]): Promise<Reached> {
  const nodes = [...new Set(waiters.flatMap(({ position }) => position.map(({ node }) => node)))]
  const buckets = [...new Set(waiters.flatMap((waiter) => waiter.buckets))]
  // Costs are read from their facts: they are there once their segment is, and matching has no part in it.
  const rows = await reader.query<{ node: string; table: string; bucket: number; segment: number }>(
    `SELECT node, table, bucket, max(segment) AS segment
     FROM (
       SELECT node, table, bucket, segment FROM ${readToByBucketSql('node IN ({nodes:Array(String)})')}
       UNION ALL
       SELECT node, table, 0 AS bucket, segment FROM segments FINAL
       WHERE node IN ({nodes:Array(String)}) AND table = 'costs'
     )
     GROUP BY node, table, bucket`,
    { nodes, buckets },
  )
  return new Map(rows.map(({ node, table, bucket, segment }) => [`${node} ${table} ${bucket}`, segment]))
}

function isReached({ position, buckets }: Waiter, reached: Reached): boolean {
  return position.every(({ node, segments }) =>
    Object.entries(segments).every(([table, segment]) =>
      (table === 'costs' ? [0] : buckets).every(
        (bucket) => (reached.get(`${node} ${table} ${bucket}`) ?? -1) >= segment,
      ),
    ),
  )
}
