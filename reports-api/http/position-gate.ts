import type { Position } from '#domain/position.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import { readToSql } from '#storage/matching-progress.ts'
import type { Reader } from './reader.ts'

const WAIT_MAX_MS = 30_000
const POLL_MS = 50

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
  /** Whose history is asked for; undefined when it may be any. */
  site: string | undefined
  until_ms: number
  resolve(): void
  reject(error: unknown): void
}

/** All who wait for one site share one question to ClickHouse, however many they are. */
export function openPositionGate({ reader, now, pause }: PositionGateOptions): PositionGate {
  const waiters = new Set<Waiter>()
  let isPolling = false

  async function poll(): Promise<void> {
    isPolling = true
    while (waiters.size > 0) {
      for (const [site, asked] of bySite(waiters)) {
        try {
          const reached = await readReached(reader, nodesOf(asked), site)
          for (const waiter of asked) if (isReached(waiter.position, reached)) settle(waiter, () => waiter.resolve())
          giveUp(asked, behind)
        } catch (error) {
          // A short absence of ClickHouse is waited for like everything else.
          giveUp(asked, () => error)
        }
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
        waiters.add({ position, site, until_ms: now() + WAIT_MAX_MS, resolve, reject })
        if (!isPolling) void poll()
      })
    },
  }
}

function behind(): Failure {
  return new Failure('history_behind', 'The write is safe, but history has not reached it yet.', { retry_after_s: 5 })
}

type Reached = Map<string, number>

async function readReached(reader: Pick<Reader, 'query'>, nodes: string[], site: string | undefined): Promise<Reached> {
  const { sql, params } = readToSql(site, 'node IN ({nodes:Array(String)})')
  // Costs are read from their facts: they are there once their segment is, and matching has no part in it.
  const rows = await reader.query<{ node: string; table: string; segment: number }>(
    `SELECT node, table, max(segment) AS segment
     FROM (
       SELECT node, table, segment FROM ${sql}
       UNION ALL
       SELECT node, table, segment FROM segments FINAL WHERE node IN ({nodes:Array(String)}) AND table = 'costs'
     )
     GROUP BY node, table`,
    { nodes, ...params },
  )
  return new Map(rows.map(({ node, table, segment }) => [`${node} ${table}`, segment]))
}

/** Those who ask for one site share a question. Its waiters alone wait for the process that has it. */
function bySite(waiters: Iterable<Waiter>): Map<string | undefined, Waiter[]> {
  const found = new Map<string | undefined, Waiter[]>()
  for (const waiter of waiters) found.set(waiter.site, [...(found.get(waiter.site) ?? []), waiter])
  return found
}

function nodesOf(waiters: readonly Waiter[]): string[] {
  return [...new Set(waiters.flatMap(({ position }) => position.map(({ node }) => node)))]
}

function isReached(position: Position, reached: Reached): boolean {
  return position.every(({ node, segments }) =>
    Object.entries(segments).every(([table, segment]) => (reached.get(`${node} ${table}`) ?? -1) >= segment),
  )
}
