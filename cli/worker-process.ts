import { type Channel, openChannel } from './channel.ts'
import type { Config } from './config.ts'
import { LogUnopened } from './ingest-service.ts'
import { leave } from './leave.ts'
import { openLogger } from './logger.ts'
import type { AskMain, AskWorker, FromWorker, ToWorker, WorkerBegin } from './worker-messages.ts'
import { openWorker, type WorkerService } from './worker-service.ts'

const BEAT_MS = 1_000

/** The hidden command `worker-process`: takes requests beside others on one port, and ends with the main process. */
export function runWorkerProcess(config: Config): void {
  if (!process.send) throw new Error('This command is for the service alone; set WORKERS and use `throughline start`.')
  // Ctrl-C reaches the whole process group: the main process decides when a worker ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  // Its leases and ids were held there: without it no request can be answered rightly.
  process.prependListener('disconnect', leave)
  const log = openLogger(config.LOG_LEVEL)
  let service: WorkerService | undefined
  let running: Promise<void> = Promise.resolve()
  const channel: Channel<FromWorker, AskMain> = openChannel<FromWorker, AskMain, ToWorker, AskWorker>({
    send: (message, done) => {
      // The main process may be gone already, and this one goes with it.
      if (process.connected) process.send?.(message, undefined, undefined, () => done())
      else done()
    },
    told(message) {
      if (message.say === 'begin') running = begin(message.begin)
      else if (message.say === 'close') void end(message.requests_wait_ms)
      else service?.take(message)
    },
    asked: (question) => service?.answer(question),
  })
  process.on('message', (message) => channel.take(message))
  void channel.tell({ say: 'up' })
  setInterval(() => void channel.tell({ say: 'beat' }), BEAT_MS).unref()

  async function begin(begun: WorkerBegin): Promise<void> {
    try {
      service = openWorker({ config, begun, channel, log })
      await service.ready
      await channel.tell({ say: 'listening' })
    } catch (error) {
      log.error({ err: error, slot: begun.slot }, 'a worker cannot start')
      const why = error instanceof Error ? error.message : String(error)
      await channel.tell({ say: 'cannot', why, ...(error instanceof LogUnopened && { log: error.code }) })
      process.exit(1)
    }
  }
  async function end(requests_wait_ms: number): Promise<void> {
    await running
    await service?.close(requests_wait_ms)
    leave()
  }
}
