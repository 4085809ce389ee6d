import cluster, { type Worker } from 'node:cluster'
import { type Channel, openChannel } from './channel.ts'
import type { Logger } from './logger.ts'
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
  log: Logger
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
}

/** Short: what a dead worker was writing is undecided until its successor has read its log. */
const RESTART_MS = [100, 250, 500, 1000, 2000, 5000] as const
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
}

export function startSlot(slot: number, care: WorkerCare): WorkerSlot {
  let restarts = 0
  let isClosing = false
  let isMakingWay = false
  let timer: NodeJS.Timeout | undefined
  let current: Process | undefined = begin()

  function begin(): Process {
    const made = spawnWorker(slot, care)
    made.listening.then(
      () => (restarts = 0),
      () => {},
    )
    void made.ended.then(() => {
      if (current === made) current = undefined
      care.left(slot)
      if (isClosing || isMakingWay) return
      const { exitCode: code, signalCode: signal } = made.worker.process
      const wait_ms = RESTART_MS[Math.min(restarts++, RESTART_MS.length - 1)]
      care.log.error({ slot, code, signal, wait_ms }, 'a worker ended, starting it again')
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
      if (message.say === 'up') care.begin(slot, channel)
      else if (message.say === 'listening') listens()
      else if (message.say === 'cannot') cannot(new Error(message.why))
      else care.told(slot, message)
    },
    asked: (question) => care.asked(slot, question),
  })
  worker.on('message', (message: unknown) => channel.take(message))
  // What is sent while it dies fails later than `isConnected` says so. Its end is dealt with below.
  worker.on('error', (error) => care.log.warn({ err: error, slot }, 'a worker cannot be reached'))
  const ended = new Promise<void>((done) => {
    // Not «exit», which may come before the last words have been read.
    worker.process.once('close', () => {
      channel.end()
      cannot(new Error('A worker ended before it took requests.'))
      done()
    })
  })
  return { channel, worker, listening, ended }
}

async function within(promise: Promise<void>, wait_ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('It takes no requests yet.')), wait_ms)
  })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
