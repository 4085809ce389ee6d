import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '#storage/client.ts'
import type { EngineExit, EngineState } from '#storage/engine/start-engine.ts'
import { type ClickHouse, prepareStore, startClickHouse } from './clickhouse.ts'
import type { Config } from './config.ts'
import type { Logger } from './logger.ts'

export interface StoreKeeper {
  /** The store once ClickHouse is there; undefined before. */
  store(): Store | undefined
  /** What is wrong with ClickHouse now, for /readyz. */
  trouble(): string | undefined
  /** Resolves when ClickHouse is there and its tables are up to date; rejects when it never can be. */
  ready: Promise<ClickHouse>
  close(): Promise<void>
}

const RETRY_MS = [250, 500, 1000, 2000, 5000] as const
const WATCH_EVERY_MS = 2_000
/** An answer that takes longer is as good as none. */
const WATCH_WAIT_MS = 3_000
const CLOSE_WAIT_MS = 5_000

/** Brings ClickHouse up in the background: ingest answers from its own disk meanwhile. */
export function keepStore(config: Config, log: Logger): StoreKeeper {
  const closing = new AbortController()
  const { signal } = closing
  let store: Store | undefined
  let clickhouse: ClickHouse | undefined
  let trouble: string | undefined = 'ClickHouse is starting'

  async function begin(): Promise<ClickHouse> {
    clickhouse = await startClickHouse(config, { signal, ...engineReports(log) })
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const prepared = await prepareStore(clickhouse.connection)
        store = prepared.store
        trouble = undefined
        if (prepared.migrated.length > 0) log.info({ migrations: prepared.migrated }, 'tables brought up to date')
        void watch(prepared.store)
        return clickhouse
      } catch (error) {
        // The user's own server may come later than we do; an engine that has just started has no such excuse.
        if (clickhouse.engine && tries >= RETRY_MS.length) throw error
        trouble = 'ClickHouse cannot be reached or prepared'
        log.warn({ err: error }, 'ClickHouse is not there yet, will try again')
        await sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)], undefined, { signal }).catch(() => undefined)
      }
    }
    throw new Error('Closed before ClickHouse was there.')
  }

  /** Asks again and again whether it answers; says so once when that changes. */
  async function watch(watched: Store): Promise<void> {
    for (;;) {
      await sleep(WATCH_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      const isThere = await answers(watched)
      if (!isThere && !trouble) log.warn('ClickHouse does not answer; facts wait in the log')
      if (isThere && trouble) log.info('ClickHouse answers again')
      trouble = isThere ? undefined : 'ClickHouse does not answer: facts wait in the log, reports are out of reach'
    }
  }

  const ready = begin()
  return {
    store: () => store,
    trouble: () => trouble,
    ready,
    async close() {
      closing.abort()
      // A server that takes the connection and says nothing must not hold up the stop.
      await Promise.race([ready.catch(() => undefined), sleep(CLOSE_WAIT_MS, undefined, { ref: false })])
      await store?.close()
      await clickhouse?.engine?.stop()
    },
  }
}

function engineReports(log: Logger) {
  let isWaiting = false
  return {
    onState(state: EngineState) {
      // Told again at every look, so only the first is worth a line.
      if (state === 'waiting' && !isWaiting) log.info('another ClickHouse still holds the data folder, waiting for it')
      if (state === 'waiting') isWaiting = true
      if (state === 'up') isWaiting = false
    },
    onExit({ code, signal, reason }: EngineExit) {
      // Its text can quote a row: nothing after the code is taken.
      const why = /^.*?Code: \d+/.exec(reason)?.[0] ?? ''
      log.error({ code, signal, why }, 'the embedded ClickHouse ended, starting it again')
    },
  }
}

async function answers(store: Store): Promise<boolean> {
  try {
    await store.query('SELECT 1', {}, { signal: AbortSignal.timeout(WATCH_WAIT_MS) })
    return true
  } catch {
    return false
  }
}
