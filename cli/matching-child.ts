import { type ChildProcess, fork } from 'node:child_process'
import { Failure } from '#shell/failure.ts'
import type { Connection } from './clickhouse.ts'
import type { Logger } from './logger.ts'

/** What the service tells its matching process. */
export type ToMatching =
  | { say: 'begin'; connection: Connection; data_dir: string; outbound_allow: string[]; log_level: string }
  | { say: 'landed' }
  | { say: 'rebuild'; request: number; site?: string; check: boolean }
  | { say: 'close' }

/** What it answers. */
export type FromMatching =
  | { say: 'status'; status: MatchingStatus }
  | { say: 'rebuilt'; request: number; report?: object; error?: string }

export interface MatchingStatus {
  lag_ms: number | null
  last_error: string | null
}

export interface MatchingChild {
  /** A segment landed: look now instead of at the next turn. */
  poke(): void
  status(): MatchingStatus & { running: boolean }
  rebuild(options: { site?: string; check: boolean }): Promise<object>
  close(): Promise<void>
}

const RESTART_MS = [500, 1000, 2000, 5000, 10_000] as const
/** A step of matching may be broken off: it is read once more after the next start. */
const CLOSE_MS = 5_000

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
      for (const { fail } of waiting.values()) fail(new Failure('internal', 'Matching ended before the rebuild did.'))
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

  function answer({ request, report, error }: FromMatching & { say: 'rebuilt' }): void {
    const asked = waiting.get(request)
    waiting.delete(request)
    if (report) asked?.done(report)
    else asked?.fail(new Failure('internal', error ?? 'The rebuild failed.'))
  }

  const send = (message: ToMatching) => void (child.connected && child.send(message))
  return {
    poke: () => send({ say: 'landed' }),
    status: () => ({ ...status, running: child.connected }),
    rebuild: (options) =>
      new Promise((done, fail) => {
        if (!child.connected) {
          fail(new Failure('starting', 'Matching is not running at the moment.', { retry_after_s: 5 }))
          return
        }
        const request = ++requests
        waiting.set(request, { done, fail })
        send({ say: 'rebuild', request, ...options })
      }),
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
