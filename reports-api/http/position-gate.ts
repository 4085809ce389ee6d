import type { Position } from '#domain/position.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { Reader } from './reader.ts'

const WAIT_MAX_MS = 30_000
const POLL_MS = 50

export interface PositionGate {
  /** Resolves once history includes the write; a Failure `history_behind` when it does not within 30 s. */
  pass(position: Position): Promise<void>
}

export interface PositionGateOptions {
  reader: Pick<Reader, 'query'>
  now: Clock
  pause(ms: number): Promise<void>
}

interface Waiter {
  position: Position
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
        const reached = await readReached(reader, nodesOf(asked))
        for (const waiter of asked) if (isReached(waiter.position, reached)) settle(waiter, () => waiter.resolve())
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
    pass(position) {
      if (position.every(({ segments }) => Object.keys(segments).length === 0)) return Promise.resolve()
      return new Promise((resolve, reject) => {
        waiters.add({ position, until_ms: now() + WAIT_MAX_MS, resolve, reject })
        if (!isPolling) void poll()
      })
    },
  }
}

function behind(): Failure {
  return new Failure('history_behind', 'The write is safe, but history has not reached it yet.', { retry_after_s: 5 })
}

type Reached = Map<string, number>

async function readReached(reader: Pick<Reader, 'query'>, nodes: string[]): Promise<Reached> {
  // Costs are read from their facts: they are there once their segment is, and matching has no part in it.
  const rows = await reader.query<{ node: string; table: string; segment: number }>(
    `SELECT node, table, max(segment) AS segment
     FROM (
       SELECT node, table, segment FROM matching_positions FINAL WHERE node IN ({nodes:Array(String)})
       UNION ALL
       SELECT node, table, segment FROM segments FINAL WHERE node IN ({nodes:Array(String)}) AND table = 'costs'
     )
     GROUP BY node, table`,
    { nodes },
  )
  return new Map(rows.map(({ node, table, segment }) => [`${node} ${table}`, segment]))
}

function nodesOf(waiters: readonly Waiter[]): string[] {
  return [...new Set(waiters.flatMap(({ position }) => position.map(({ node }) => node)))]
}

function isReached(position: Position, reached: Reached): boolean {
  return position.every(({ node, segments }) =>
    Object.entries(segments).every(([table, segment]) => (reached.get(`${node} ${table}`) ?? -1) >= segment),
  )
}
