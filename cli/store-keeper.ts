import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type Store } from '#storage/client.ts'
import { WrongCluster } from '#storage/cluster/check-cluster.ts'
import type { EngineExit, EngineState } from '#storage/engine/start-engine.ts'
import {
  type ClickHouse,
  type Connection,
  ownConnection,
  prepareShard,
  shardCount,
  startClickHouse,
} from './clickhouse.ts'
import { type Config, hungAfter } from './config.ts'
import type { Logger } from './logger.ts'
import type { ProcessReports } from './process-reports.ts'

export interface StoreKeeper {
  /** The store once ClickHouse is there; undefined before. */
  store(): Store | undefined
  /** Of each server: the store of its own tables, which the log writes to; undefined until they are up to date. */
  readonly shards: readonly (() => Store | undefined)[]
  /** The one of them that has the settings: there before the others are. */
  home(): Store | undefined
  /** What is wrong with ClickHouse now, for /readyz. */
  trouble(): string | undefined
  /** Where ClickHouse is to be found, as soon as that is known: its tables may not be up to date yet. */
  connected: Promise<Connection>
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
export function keepStore(config: Config, log: Logger, reports: ProcessReports): StoreKeeper {
  const closing = new AbortController()
  const { signal } = closing
  const shards = Array.from({ length: shardCount(config) }, (_, index) => waitingShard(config, index))
  let opened: Store | undefined
  let store: Store | undefined
  let clickhouse: ClickHouse | undefined

  const started = startClickHouse(config, {
    ...{ signal, hung_after_ms: hungAfter(config).other_ms },
    ...engineReports(log, reports),
  })
  const connected = started.then(({ connection }) => connection)
  // Whoever waits for it hears of a failure by `ready` as well.
  connected.catch(() => {})

  async function begin(): Promise<ClickHouse> {
    clickhouse = await started
    opened = openStore(clickhouse.connection)
    const parts = { clickhouse, opened, log, signal }
    // Each for itself: what the log has for one shard lands there although another is still away.
    const isNew = await Promise.all(shards.map((shard, index) => prepare(shard, index, parts)))
    if (new Set(isNew).size > 1) log.warn({ shards: placesOf(isNew) }, 'a shard is new: run «throughline rebuild» now')
    store = opened
    return clickhouse
  }

  const ready = begin()
  return {
    store: () => store,
    shards: shards.map((shard) => () => shard.store),
    home: () => shards[0]?.store,
    trouble() {
      const found = shards.flatMap(({ trouble }) => trouble ?? [])
      return found.length > 0 ? found.join('; ') : undefined
    },
    connected,
    ready,
    async close() {
      closing.abort()
      // A server that takes the connection and says nothing must not hold up the stop.
      await Promise.race([ready.catch(() => undefined), sleep(CLOSE_WAIT_MS, undefined, { ref: false })])
      await opened?.close()
      await clickhouse?.engine?.stop()
    },
  }
}

/** One server, as the keeper knows it. */
interface Shard {
  /** Of its own tables, once they are up to date. */
  store: Store | undefined
  trouble: string | undefined
  /** What it is called in a trouble. */
  name: string
}

function waitingShard(config: Config, index: number): Shard {
  const address = ownConnection(config)?.cluster?.urls[index]
  const name = address === undefined ? 'ClickHouse' : `ClickHouse shard ${index + 1} (${new URL(address).host})`
  return { store: undefined, trouble: `${name} is starting`, name }
}

interface PrepareParts {
  clickhouse: ClickHouse
  opened: Store
  log: Logger
  signal: AbortSignal
}

/** Which of them, counted from 1. */
function placesOf(isNew: readonly boolean[]): number[] {
  return isNew.flatMap((one, index) => (one ? index + 1 : []))
}

/** Resolves when the shard's tables are up to date, with whether there were none before; it is watched from then on. */
async function prepare(
  shard: Shard,
  index: number,
  { clickhouse, opened, log, signal }: PrepareParts,
): Promise<boolean> {
  const told = { ...(clickhouse.connection.cluster && { shard: index + 1 }) }
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const migrations = await prepareShard(clickhouse.connection, opened, index)
      if (migrations.length > 0) log.info({ ...told, migrations }, 'tables brought up to date')
      shard.store = opened.shards[index]
      shard.trouble = undefined
      void watch(shard, told, { log, signal })
      return migrations[0]?.startsWith('0001_') === true
    } catch (error) {
      if (error instanceof WrongCluster) throw error
      // The user's own server may come later than we do; an engine that has just started has no such excuse.
      if (clickhouse.engine && tries >= RETRY_MS.length) throw error
      shard.trouble = `${shard.name} cannot be reached or prepared`
      log.warn({ ...told, err: error }, 'ClickHouse is not there yet, will try again')
      await sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)], undefined, { signal }).catch(() => undefined)
    }
  }
  throw new Error('Closed before ClickHouse was there.')
}

/** Asks again and again whether it answers; says so once when that changes. */
async function watch(shard: Shard, told: object, { log, signal }: { log: Logger; signal: AbortSignal }): Promise<void> {
  for (;;) {
    await sleep(WATCH_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted || !shard.store) return
    const isThere = await answers(shard.store)
    if (!isThere && !shard.trouble) log.warn(told, 'ClickHouse does not answer; facts wait in the log')
    if (isThere && shard.trouble) log.info(told, 'ClickHouse answers again')
    shard.trouble = isThere
      ? undefined
      : `${shard.name} does not answer: facts wait in the log, reports are out of reach`
  }
}

function engineReports(log: Logger, reports: ProcessReports) {
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
      reports.ended('clickhouse', { code, signal, why })
    },
    onHung: (silent_ms: number) => reports.hung('clickhouse', { silent_ms }),
    onSpoilt: () =>
      log.error('the embedded ClickHouse cannot read what it wrote, starting it again: it sets that aside'),
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
