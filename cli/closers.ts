import type { Logger } from './logger.ts'

/** What was started, to be ended in the opposite order, also when the start stops half way. */
export interface Closers {
  /** Notes how to end what has just been started. Once closing has begun, it is ended at once and the start breaks off. */
  add(name: string, close: () => Promise<void>): Promise<void>
  /** Ends everything, one after the other; a failure keeps none of the others from being ended. */
  close(): Promise<void>
}

export function openClosers(log: Logger): Closers {
  const closers: { name: string; close: () => Promise<void> }[] = []
  let closing: Promise<void> | undefined

  async function closeAll(): Promise<void> {
    for (let last = closers.pop(); last; last = closers.pop()) await closeOne(last)
  }
  async function closeOne({ name, close }: { name: string; close: () => Promise<void> }): Promise<void> {
    try {
      await close()
    } catch (error) {
      log.error({ err: error, part: name }, 'a part could not be closed cleanly')
    }
  }
  return {
    async add(name, close) {
      if (closing) {
        await closeOne({ name, close })
        throw new Error('Stopped while it was starting.')
      }
      closers.push({ name, close })
    },
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}
