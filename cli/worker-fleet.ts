import cluster from 'node:cluster'
import type { AskWorker, ToWorker } from './worker-messages.ts'
import { startSlot, type WorkerCare, type WorkerSlot, WorkerWithoutLog } from './worker-slot.ts'

/** The processes that take requests behind the one port. */
export interface WorkerFleet {
  /**
   * Starts all. Resolves when all take requests but those whose logs cannot be opened; rejects when one of the others cannot, or
   * nobody does.
   */
  listen(): Promise<void>
  tell(slot: number, message: ToWorker): void
  tellAll(message: ToWorker): void
  /** All but the worker of this slot. */
  tellOthers(slot: number, message: ToWorker): void
  /** The answer of each worker that gives one in time, by slot. */
  askAll(question: AskWorker): Promise<Map<number, unknown>>
  /** Puts a new process in the place of each, one after the other. */
  restart(): Promise<void>
  /** Which of them take no requests, or do not answer, and why. */
  troubles(): string[]
  close(): Promise<void>
}

/** A scrape, or a look at the status, waits no longer for a worker that is busy. */
const ASK_WAIT_MS = 1_000

export function openFleet({ workers, ...care }: WorkerCare & { workers: number }): WorkerFleet {
  const slots = new Map<number, WorkerSlot>()
  let restarting: Promise<void> | undefined
  let isClosing = false

  async function restartEach(): Promise<void> {
    for (const [slot, place] of slots) {
      if (isClosing) return
      try {
        await place.restart()
        care.log.info({ slot }, 'a worker was put in the place of the last')
      } catch (error) {
        // The others stay as they are: they still take requests.
        care.log.error({ err: error, slot }, 'a new worker does not take requests, the others are left as they are')
        return
      }
    }
  }
  return {
    async listen() {
      // A stop may come while the start still waits for ClickHouse: whoever was started now would be left to itself.
      if (isClosing) throw new Error('Stopped while it was starting.')
      // Each accepts for itself. Handed on by us, a connection on its way to a worker that is killed would hang for ever.
      // It has to stand before the setup, which freezes it.
      cluster.schedulingPolicy = cluster.SCHED_NONE
      cluster.setupPrimary({
        exec: process.argv[1] as string,
        args: ['worker-process'],
        serialization: 'advanced',
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      for (let slot = 1; slot <= workers; slot++) slots.set(slot, startSlot(slot, care))
      await started([...slots.values()].map((place) => place.listening()))
    },
    tell: (slot, message) => void slots.get(slot)?.channel()?.tell(message),
    tellOthers(slot, message) {
      for (const [other, place] of slots) if (other !== slot) void place.channel()?.tell(message)
    },
    tellAll(message) {
      for (const place of slots.values()) void place.channel()?.tell(message)
    },
    async askAll(question) {
      const answers = new Map<number, unknown>()
      const asked = [...slots].map(async ([slot, place]) => {
        const channel = place.channel()
        if (channel) answers.set(slot, await channel.ask(question, ASK_WAIT_MS))
      })
      await Promise.allSettled(asked)
      return answers
    },
    restart() {
      restarting ??= restartEach().finally(() => {
        restarting = undefined
      })
      return restarting
    },
    troubles: () => [...slots.values()].flatMap((place) => place.trouble() ?? []),
    async close() {
      isClosing = true
      await Promise.all([...slots.values()].map((place) => place.close()))
      await restarting
    },
  }
}

/** A log that cannot be opened is no reason for those whose logs can be to refuse facts. */
async function started(listening: Promise<void>[]): Promise<void> {
  const withoutLog: WorkerWithoutLog[] = []
  const forgiving = listening.map((one) =>
    one.catch((error: unknown) => {
      if (!(error instanceof WorkerWithoutLog)) throw error
      withoutLog.push(error)
    }),
  )
  await Promise.all(forgiving)
  if (withoutLog.length === listening.length) throw withoutLog[0]
}
