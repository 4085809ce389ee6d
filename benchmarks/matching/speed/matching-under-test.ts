import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Share } from '#domain/site-share.ts'
import type { Store } from '#storage/client.ts'
import type { Engine } from '#storage/engine/start-engine.ts'
import { readToSql } from '#storage/matching-progress.ts'
import { cpuSeconds, peakMb, residentMb } from '../../support/cpu-time.ts'

const root = join(import.meta.dirname, '../../..')
const POLL_MS = 20

/** What the process says of itself each second. */
interface Status {
  rows: number
  identifiers: number
  edges: number
  last_error: string | null
}

/** The built matching process, or several that share the sites, as the service starts them beside itself. */
export interface MatchingUnderTest {
  pids: number[]
  /** A segment has landed. */
  poke(): void
  /** The first that tells of so many rows taken in: of several the sums. */
  status(rows?: number): Promise<Status>
  close(): Promise<void>
}

export interface MatchingOptions {
  engine: Engine
  database: string
  data_dir: string
  /** More flags of Node: a profile, a limit. */
  flags?: string[]
}

export async function startMatchingUnderTest(matchers: number, options: MatchingOptions): Promise<MatchingUnderTest> {
  const children = Array.from({ length: matchers }, (_, index) => startOne({ index, of: matchers }, options))
  return {
    pids: children.map(({ pid }) => pid as number),
    poke() {
      for (const child of children) child.send({ say: 'landed' })
    },
    async status(rows = 0) {
      for (;;) {
        const all = await Promise.all(children.map(nextStatus))
        const sum = (of: 'rows' | 'identifiers' | 'edges') => all.reduce((total, one) => total + one[of], 0)
        const last_error = all.find((one) => one.last_error !== null)?.last_error ?? null
        if (sum('rows') >= rows) {
          return { rows: sum('rows'), identifiers: sum('identifiers'), edges: sum('edges'), last_error }
        }
      }
    },
    async close() {
      const ended = children.map((child) => new Promise((done) => child.once('exit', done)))
      for (const child of children) child.send({ say: 'close' })
      await Promise.all(ended)
    },
  }
}

function startOne(share: Share, { engine, database, data_dir, flags = [] }: MatchingOptions): ChildProcess {
  const child = fork(join(root, 'bin/throughline.mjs'), ['matching-process'], {
    execArgv: ['--max-semi-space-size=32', ...flags],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { url, user, password } = engine
  const connection = { url, user, password, database }
  child.send({ say: 'begin', connection, data_dir, outbound_allow: [], log_level: 'warn', share })
  return child
}

function nextStatus(child: ChildProcess): Promise<Status> {
  return new Promise((done, fail) => {
    const ended = () => fail(new Error('The matching process ended'))
    child.once('exit', ended)
    const heard = (message: { say: string; status: Status }) => {
      if (message.say !== 'status') return
      child.off('message', heard)
      child.off('exit', ended)
      done(message.status)
    }
    child.on('message', heard)
  })
}

/** Until the positions are where the segments end. Asks seldom, so that the asking is no load. */
export async function untilRead(store: Store, every_ms = POLL_MS): Promise<void> {
  const { sql, params } = readToSql()
  for (;;) {
    const [row] = await store.query<{ behind: number }>(
      `SELECT toFloat64(count()) AS behind FROM (SELECT node, table, max(segment) AS last FROM segments FINAL GROUP BY node, table) AS landed
       LEFT JOIN (SELECT node, table, segment + 1 AS next FROM ${sql}) AS read USING (node, table)
       WHERE read.next <= landed.last`,
      params,
    )
    if (row?.behind === 0) return
    await pause(every_ms)
  }
}

export interface Used {
  seconds: number
  matching_cpu_s: number
  clickhouse_cpu_s: number
  matching_resident_mb: number
  matching_peak_mb: number
  clickhouse_peak_mb: number
}

/** What matching and ClickHouse use while something goes on. */
export async function measured(
  pids: { matching: readonly number[]; clickhouse: number },
  work: () => Promise<void>,
): Promise<Used> {
  const sum = (of: (pid: number) => number) => pids.matching.reduce((total, pid) => total + of(pid), 0)
  const before = { matching: sum(cpuSeconds), clickhouse: cpuSeconds(pids.clickhouse) }
  const started_ms = performance.now()
  await work()
  return {
    seconds: round((performance.now() - started_ms) / 1000),
    matching_cpu_s: round(sum(cpuSeconds) - before.matching),
    clickhouse_cpu_s: round(cpuSeconds(pids.clickhouse) - before.clickhouse),
    matching_resident_mb: Math.round(sum(residentMb)),
    matching_peak_mb: Math.round(sum(peakMb)),
    clickhouse_peak_mb: Math.round(peakMb(pids.clickhouse)),
  }
}

/** How many threads could run at once on this machine. */
export function machine(): string {
  const model = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown'
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0]
  return `${model}, Node ${process.version}, load ${load}`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
