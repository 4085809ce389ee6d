import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '#shell/failure.ts'
import type { Connection } from './clickhouse.ts'
import type { Logger } from './logger.ts'

/** What the service tells its matching process. */
export type ToMatching =
  | { say: 'begin'; connection: Connection; data_dir: string; outbound_allow: string[]; log_level: string }
  | { say: 'landed' }
  | { say: 'rebuild'; request: number; site?: string; check: boolean }
  | { say: 'measure'; request: number }
  | { say: 'close' }

/** What it answers. */
export type FromMatching =
  | { say: 'status'; status: MatchingStatus }
  | { say: 'rebuilt'; request: number; report?: object; error?: string }
  | { say: 'measured'; request: number; metrics: object[] }

type Question = { say: 'rebuild'; site?: string; check: boolean } | { say: 'measure' }

export interface MatchingStatus {
  lag_ms: number | null
  last_error: string | null
}

export interface MatchingChild {
  /** A segment landed: look now instead of at the next turn. */
  poke(): void
  status(): MatchingStatus & { running: boolean }
  rebuild(options: { site?: string; check: boolean }): Promise<object>
  /** Its metrics; none while it does not run, or does not answer. */
  metrics(): Promise<object[]>
  close(): Promise<void>
}

const RESTART_MS = [500, 1000, 2000, 5000, 10_000] as const
/** A step of matching may be broken off: it is read once more after the next start. */
const CLOSE_MS = 5_000

/** A step of matching is not broken off to be measured. */
const MEASURE_MS = 1_000

const unknown: MatchingStatus = { lag_ms: null, last_error: null }

/** Keeps matching running in a process of its own; it ends with ours, because the channel between them closes. */
export function startMatchingChild(begin: Omit<ToMatching & { say: 'begin' }, 'say'>, log: Logger): MatchingChild {
  const waiting = new Map<number, { done(report: object): void; fail(error: Error): void }>()
  let status = unknown
  let requests = 0
  let restarts = 0
  let isClosing = false
  let timer: NodeJS.Timeout | undefined
  let child = spawnOne()

  function spawnOne(): ChildProcess {
    const made = fork(process.argv[1] as string, ['matching-process'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    // What is sent while it dies fails later than `connected` says so. Its exit is dealt with below.
    made.on('error', (error) => log.warn({ err: error }, 'matching cannot be reached'))
    made.send({ say: 'begin', ...begin } satisfies ToMatching)
    made.on('message', (message: FromMatching) => {
      if (message.say === 'status') {
        status = message.status
        restarts = 0
      } else answer(message)
    })
    made.once('exit', (code, signal) => {
      for (const { fail } of waiting.values()) fail(new Failure('internal', 'Matching ended before it was done.'))
      waiting.clear()
      status = unknown
      if (isClosing) return
      const wait_ms = RESTART_MS[Math.min(restarts++, RESTART_MS.length - 1)]
      log.error({ code, signal, wait_ms }, 'matching ended, starting it again')
      timer = setTimeout(() => {
        child = spawnOne()
      }, wait_ms)
    })
    return made
  }

  function answer(message: Exclude<FromMatching, { say: 'status' }>): void {
    const asked = waiting.get(message.request)
    waiting.delete(message.request)
    if (message.say === 'measured') asked?.done(message.metrics)
    else if (message.report) asked?.done(message.report)
    else asked?.fail(new Failure('internal', message.error ?? 'The rebuild failed.'))
  }

  const send = (message: ToMatching) => void (child.connected && child.send(message))
  function ask(message: Question): Promise<object> {
    if (!child.connected) {
      return Promise.reject(new Failure('starting', 'Matching is not running at the moment.', { retry_after_s: 5 }))
    }
    const request = ++requests
    send({ ...message, request })
    return new Promise((done, fail) => waiting.set(request, { done, fail }))
  }
  return {
    poke: () => send({ say: 'landed' }),
    status: () => ({ ...status, running: child.connected }),
    rebuild: (options) => ask({ say: 'rebuild', ...options }),
    async metrics() {
      const measured = ask({ say: 'measure' }).catch(() => [])
      return (await Promise.race([measured, sleep(MEASURE_MS, [], { ref: false })])) as object[]
    },
    async close() {
      isClosing = true
      clearTimeout(timer)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise<void>((done) => child.once('exit', () => done()))
      send({ say: 'close' })
      const giveUp = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
      await ended
      clearTimeout(giveUp)
    },
  }
}
