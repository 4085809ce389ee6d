import { type ChildProcess, fork } from 'node:child_process'
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
const CLOSE_MS = 15_000

/** Keeps matching running in a process of its own; it ends with ours, because the channel between them closes. */
export function startMatchingChild(begin: Omit<ToMatching & { say: 'begin' }, 'say'>, log: Logger): MatchingChild {
  const waiting = new Map<number, { done(report: object): void; fail(error: Error): void }>()
  let status: MatchingStatus = { lag_ms: null, last_error: null }
  let requests = 0
  let restarts = 0
  let isClosing = false
  let timer: NodeJS.Timeout | undefined
  let child = spawnOne()

  function spawnOne(): ChildProcess {
    const made = fork(process.argv[1] as string, ['matching-process'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    made.send({ say: 'begin', ...begin } satisfies ToMatching)
    made.on('message', (message: FromMatching) => {
      if (message.say === 'status') {
        status = message.status
        restarts = 0
      } else answer(message)
    })
    made.once('exit', (code) => {
      for (const { fail } of waiting.values()) fail(new Error('Matching ended before the rebuild did.'))
      waiting.clear()
      if (isClosing) return
      const wait_ms = RESTART_MS[Math.min(restarts++, RESTART_MS.length - 1)]
      log.error({ code, wait_ms }, 'matching ended, starting it again')
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
    else asked?.fail(new Error(error ?? 'The rebuild failed.'))
  }

  const send = (message: ToMatching) => void (child.connected && child.send(message))
  return {
    poke: () => send({ say: 'landed' }),
    status: () => ({ ...status, running: child.exitCode === null && child.connected }),
    rebuild: (options) =>
      new Promise((done, fail) => {
        const request = ++requests
        waiting.set(request, { done, fail })
        send({ say: 'rebuild', request, ...options })
      }),
    async close() {
      isClosing = true
      clearTimeout(timer)
      if (child.exitCode !== null || !child.connected) return
      const ended = new Promise<void>((done) => child.once('exit', () => done()))
      send({ say: 'close' })
      const giveUp = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
      await ended
      clearTimeout(giveUp)
    },
  }
}
