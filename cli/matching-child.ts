import { type ChildProcess, fork } from 'node:child_process'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { shareName } from '#domain/site-share.ts'
import type { MatchingStatus } from '#matching/service.ts'
import { watchSilence } from '#shell/silence.ts'
import { openCarriedCounters } from './carried-counters.ts'
import type { Logger } from './logger.ts'
import type { FromMatching, MatchingBegin, ToMatching } from './matching-messages.ts'
import { type MatchingQuestions, openQuestions } from './matching-questions.ts'
import { openProcessReports, type ProcessReports } from './process-reports.ts'

/** What is known of a process; nothing while it does not run. */
export interface ChildStatus extends Partial<Omit<MatchingStatus, 'lag_ms' | 'last_error'>> {
  running: boolean
  lag_ms: number | null
  last_error: string | null
}

export interface MatchingChild extends Pick<MatchingQuestions, 'rebuild' | 'meet'> {
  /** A segment landed: look now instead of at the next turn. */
  poke(): void
  status(): ChildStatus
  /** Its metrics; while it does not run, or does not answer, what its counters had reached. */
  metrics(): Promise<object[]>
  close(): Promise<void>
}

/** What a child needs of whoever has several. */
export interface MatchingCare {
  /** One that has ended is begun again when this resolves. */
  mayStart(): Promise<void>
  rebuildAll(): Promise<unknown>
}

/** Whoever is silent for so long is killed, and told of. */
export interface MatchingWatch {
  hung_after_ms: number
  reports: ProcessReports
}

const RESTART_MS = [500, 1000, 2000, 5000, 10_000] as const
/**
 * A step is broken off between two of its queries, and memory is kept for the next start in 4 s at most. Whoever is killed has
 * its step looked at anew.
 */
const CLOSE_MS = 10_000

/**
 * Level with the embedded ClickHouse, which comes second to the service (storage/engine/child.mjs): what is taken has to land,
 * and history waits a little. No further behind: beside other work on both cores it would wait for seconds.
 */
const NICE = 5

/** A step of matching is not broken off to be measured. */
const MEASURE_MS = 1_000

const unknown: Omit<ChildStatus, 'running'> = { lag_ms: null, last_error: null }
const onlyChild: MatchingCare = { mayStart: async () => {}, rebuildAll: async () => {} }

/** Keeps matching running in a process of its own; it ends with ours, because the channel between them closes. */
export function startMatchingChild(
  begin: MatchingBegin,
  log: Logger,
  care = onlyChild,
  { hung_after_ms, reports }: MatchingWatch = { hung_after_ms: 0, reports: openProcessReports(log) },
): MatchingChild {
  const which = begin.share && begin.share.of > 1 ? { share: shareName(begin.share) } : {}
  let status = unknown
  let restarts = 0
  let isClosing = false
  let timer: NodeJS.Timeout | undefined
  const send = (message: ToMatching) => {
    if (child.connected) child.send(message)
    return child.connected
  }
  const questions = openQuestions(send)
  const counters = openCarriedCounters()
  let child = spawnOne()

  function spawnOne(): ChildProcess {
    const made = fork(process.argv[1] as string, ['matching-process'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Ours keep the threads off the cores that help to collect garbage; with a heap of a gigabyte they are wanted.
      execArgv: process.execArgv.filter((flag) => !flag.startsWith('--v8-pool-size')),
    })
    giveWay(made.pid)
    const silence = watchSilence(hung_after_ms, (silent_ms) => {
      reports.hung('matching', { silent_ms, ...which })
      made.kill('SIGKILL')
    })
    // What is sent while it dies fails later than `connected` says so. Its exit is dealt with below.
    made.on('error', (error) => log.warn({ err: error, ...which }, 'matching cannot be reached'))
    made.send({ say: 'begin', ...begin } satisfies ToMatching)
    made.on('message', (message: FromMatching) => {
      silence.heard()
      if (message.say === 'beat') return
      if (message.say === 'status') {
        status = message.status
        restarts = 0
      } else if (message.say === 'rebuild all') void rebuildAll(made, care)
      else questions.take(message)
    })
    made.once('exit', (code, signal) => {
      silence.end()
      questions.ended()
      void counters.ended()
      status = unknown
      if (isClosing) return
      const wait_ms = RESTART_MS[Math.min(restarts++, RESTART_MS.length - 1)]
      reports.ended('matching', { code, signal, wait_ms, ...which })
      timer = setTimeout(() => void startAgain(), wait_ms)
    })
    return made
  }

  async function startAgain(): Promise<void> {
    await care.mayStart()
    if (!isClosing) child = spawnOne()
  }

  return {
    poke: () => void send({ say: 'landed' }),
    status: () => ({ ...status, running: child.connected }),
    rebuild: questions.rebuild,
    meet: questions.meet,
    async metrics() {
      const measured = questions.measure().catch(() => undefined)
      const told = await Promise.race([measured, sleep(MEASURE_MS, undefined, { ref: false })])
      return told ? counters.now(told) : counters.last()
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

async function rebuildAll(asking: ChildProcess, care: MatchingCare): Promise<void> {
  let error: string | undefined
  await care.rebuildAll().catch((cause: unknown) => {
    error = (cause as Error).message
  })
  if (asking.connected) asking.send({ say: 'all rebuilt', ...(error !== undefined && { error }) } satisfies ToMatching)
}

/** Right after its start, before it has threads of its own: they come out like it. Where it is not allowed, it does without. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICE)
  } catch {}
}
