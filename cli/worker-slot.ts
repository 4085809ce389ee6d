import cluster, { type Worker } from 'node:cluster'
import { watchSilence } from '#shell/silence.ts'
import { type Channel, openChannel } from './channel.ts'
import type { Logger } from './logger.ts'
import type { ProcessReports } from './process-reports.ts'
import type { AskMain, AskWorker, FromWorker, ToWorker } from './worker-messages.ts'

export type WorkerChannel = Channel<ToWorker, AskWorker>

/** What the main process does with its workers' words. */
export interface WorkerCare {
  /** The first words to a new process, once it hears. */
  begin(slot: number, channel: WorkerChannel): void
  told(slot: number, message: FromWorker): void
  asked(slot: number, question: AskMain): unknown
  /** A process is gone, and all it had said was heard. */
  left(slot: number): void
  /** One process after the other ended before it had read its log: nobody can wait for that any longer. */
  unread(slot: number): void
  log: Logger
  reports: ProcessReports
  /** A process that is silent for so long is killed; 0 is never. */
  hung_after_ms: number
}

/** One place in the row of workers: a process with a log folder of its own, started again when it ends. */
export interface WorkerSlot {
  /** The line to the process that runs now. */
  channel(): WorkerChannel | undefined
  /** Resolves when the process takes requests; rejects when it ends before that. */
  listening(): Promise<void>
  /** Lets the process finish what it has begun, and puts another in its place. Resolves when that one takes requests. */
  restart(): Promise<void>
  close(): Promise<void>
  /** Why it takes no requests, or is about to be thought of as dead. */
  trouble(): string | undefined
}

/** Of a process that cannot open its log: others may go on without it. */
export class WorkerWithoutLog extends Error {}

/** Short: what a dead worker was writing is undecided until its successor has read its log. */
const RESTART_MS = [100, 250, 500, 1000, 2000, 5000, 10_000, 30_000] as const
/** After so many in a row what their log holds is not waited for. Until then a repeat is asked to come again. */
const UNREAD_ENDS_MAX = 3
/** Said of a process that is silent; much sooner than it is killed. */
const SILENCE_TOLD_MS = 5_000
/** Longer than a worker's own waits together. */
const CLOSE_MS = 14_000
const REQUESTS_WAIT_MS = 5_000
/** Nobody is in a hurry when one worker makes way for the next: an upload may take its time. */
const UNHURRIED_WAIT_MS = 30_000
const LISTEN_WAIT_MS = 60_000

interface Process {
  channel: WorkerChannel
  worker: Worker
  listening: Promise<void>
  ended: Promise<void>
  silent_ms(): number
}

export function startSlot(slot: number, care: WorkerCare): WorkerSlot {
  let restarts = 0
  let why: string | undefined = `Worker ${slot} is starting`
  let isClosing = false
  let isMakingWay = false
  let timer: NodeJS.Timeout | undefined
  let current: Process | undefined = begin()

  function begin(): Process {
    const made = spawnWorker(slot, care)
    made.listening.then(
      () => {
        restarts = 0
        why = undefined
      },
      (error: Error) => {
        why =
          error instanceof WorkerWithoutLog
            ? error.message
            : `Worker ${slot} takes no requests: its process ends at start`
      },
    )
    void made.ended.then(() => {
      if (current === made) current = undefined
      care.left(slot)
      if (isClosing || isMakingWay) return
      why ??= `Worker ${slot} has ended, and is started again`
      const { exitCode: code, signalCode: signal } = made.worker.process
      const wait_ms = RESTART_MS[Math.min(restarts++, RESTART_MS.length - 1)]
      care.reports.ended('worker', { slot, code, signal, wait_ms })
      if (restarts === UNREAD_ENDS_MAX) care.unread(slot)
      timer = setTimeout(() => {
        current = begin()
      }, wait_ms)
    })
    return made
  }
  async function end(requests_wait_ms: number): Promise<void> {
    clearTimeout(timer)
    if (!current) return
    const { channel, worker, ended } = current
    void channel.tell({ say: 'close', requests_wait_ms })
    const wait_ms = CLOSE_MS + requests_wait_ms - REQUESTS_WAIT_MS
    const giveUp = setTimeout(() => {
      care.log.error({ slot, wait_ms }, 'a worker does not end, killing it')
      worker.process.kill('SIGKILL')
    }, wait_ms)
    await ended
    clearTimeout(giveUp)
  }
  return {
    channel: () => current?.channel,
    listening: () => current?.listening ?? Promise.reject(new Error('The worker is not running.')),
    async restart() {
      isMakingWay = true
      await end(UNHURRIED_WAIT_MS)
      isMakingWay = false
      if (isClosing) return
      const next = begin()
      current = next
      await within(next.listening, LISTEN_WAIT_MS)
    },
    async close() {
      isClosing = true
      await end(REQUESTS_WAIT_MS)
    },
    trouble() {
      if (why !== undefined) return why
      const silent_ms = current?.silent_ms() ?? 0
      if (silent_ms < SILENCE_TOLD_MS) return undefined
      return `Worker ${slot} has not answered for ${Math.round(silent_ms / 1000)} s`
    },
  }
}

function spawnWorker(slot: number, care: WorkerCare): Process {
  const worker = cluster.fork()
  let listens: () => void = () => {}
  let cannot: (error: Error) => void = () => {}
  const listening = new Promise<void>((done, fail) => {
    listens = done
    cannot = fail
  })
  // Whoever starts the first ones looks at it; later ones are started again whatever it was.
  listening.catch(() => {})
  const channel = openChannel<ToWorker, AskWorker, FromWorker, AskMain>({
    send: (message, done) => {
      if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => done())
      else done()
    },
    told(message) {
      if (message.say === 'beat') return
      if (message.say === 'up') care.begin(slot, channel)
      else if (message.say === 'listening') listens()
      else if (message.say === 'cannot') cannot(whyNot(slot, message))
      else care.told(slot, message)
    },
    asked: (question) => care.asked(slot, question),
  })
  const silence = watchSilence(care.hung_after_ms, (silent_ms) => {
    care.reports.hung('worker', { slot, silent_ms })
    worker.process.kill('SIGKILL')
  })
  worker.on('message', (message: unknown) => {
    silence.heard()
    channel.take(message)
  })
  // What is sent while it dies fails later than `isConnected` says so. Its end is dealt with below.
  worker.on('error', (error) => care.log.warn({ err: error, slot }, 'a worker cannot be reached'))
  const ended = new Promise<void>((done) => {
    // Not «exit», which may come before the last words have been read.
    worker.process.once('close', () => {
      channel.end()
      silence.end()
      cannot(new Error('A worker ended before it took requests.'))
      done()
    })
  })
  return { channel, worker, listening, ended, silent_ms: () => silence.ms }
}

function whyNot(slot: number, { why, log }: Extract<FromWorker, { say: 'cannot' }>): Error {
  if (log === undefined) return new Error(why)
  return new WorkerWithoutLog(
    `Worker ${slot} takes no requests: its log cannot be opened (${log}), and what is in it waits`,
  )
}

async function within(promise: Promise<void>, wait_ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('It takes no requests yet.')), wait_ms)
  })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
