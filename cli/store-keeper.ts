import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '#storage/client.ts'
import { type ClickHouse, prepareStore, startClickHouse } from './clickhouse.ts'
import type { Config } from './config.ts'
import type { Logger } from './logger.ts'

export interface StoreKeeper {
  /** The store once ClickHouse is there; undefined before. */
  store(): Store | undefined
  /** Why there is none yet, for /readyz. */
  trouble(): string | undefined
  /** Resolves when ClickHouse is there and its tables are up to date; rejects when it never can be. */
  ready: Promise<ClickHouse>
  close(): Promise<void>
}

const RETRY_MS = [250, 500, 1000, 2000, 5000] as const

/** Brings ClickHouse up in the background: ingest answers from its own disk meanwhile. */
export function keepStore(config: Config, log: Logger): StoreKeeper {
  let store: Store | undefined
  let clickhouse: ClickHouse | undefined
  let trouble: string | undefined = 'ClickHouse is starting'
  let isClosing = false

  async function begin(): Promise<ClickHouse> {
    clickhouse = await startClickHouse(config)
    for (let tries = 0; !isClosing; tries++) {
      try {
        const prepared = await prepareStore(clickhouse.connection)
        store = prepared.store
        trouble = undefined
        if (prepared.migrated.length > 0) log.info({ migrations: prepared.migrated }, 'tables brought up to date')
        return clickhouse
      } catch (error) {
        // The user's own server may come later than we do; an engine that has just started has no such excuse.
        if (clickhouse.engine && tries >= RETRY_MS.length) throw error
        trouble = 'ClickHouse cannot be reached or prepared'
        log.warn({ err: error }, 'ClickHouse is not there yet, will try again')
        await sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)])
      }
    }
    throw new Error('Closed before ClickHouse was there.')
  }

  const ready = begin()
  return {
    store: () => store,
    trouble: () => trouble,
    ready,
    async close() {
      isClosing = true
      await ready.catch(() => undefined)
      await store?.close()
      await clickhouse?.engine?.stop()
    },
  }
}
