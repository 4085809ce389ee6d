import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ByteText } from '#domain/byte-text.ts'
import { formatPosition, joinPositions, type Position, parsePosition } from '#domain/position.ts'
import type { Store } from '#storage/client.ts'
import { shardOfRow } from '#storage/cluster/shard-of.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { openRepeats } from './claim-ids.ts'
import { type Log, type LogOptions, type LogStatus, openLog } from './log.ts'
import type { Logger } from './log-reports.ts'
import { openRepeatWindow } from './repeat-window.ts'
import type { Repeats } from './repeats.ts'
import type { Batch } from './write-batches.ts'

export interface ShardedLogOptions extends Omit<LogOptions, 'store' | 'quota_with'> {
  /** Of each shard: the store of its own tables; nothing while that shard is away. */
  shards: readonly (() => Store | undefined)[]
}

/**
 * The durable log of a cluster: one ordinary log for each shard, so that a segment holds rows of one shard and a shard that
 * is away holds up nobody else. With one shard it is that one log.
 */
export async function openShardedLog({ shards, ...options }: ShardedLogOptions): Promise<Log> {
  const logs: Log[] = []
  const places = [...shards.entries(), ...(await leftOver(options.dir, shards))]
  // One for all: a repeat is known although its row would stand on another shard by now.
  const repeats = options.repeats ?? (await ownRepeats(options))
  const shared = { ...options, quota_with: [], repeats }
  try {
    for (const [index, store] of places) logs.push(await openLog(shardOptions(shared, { index, store })))
  } catch (error) {
    await Promise.all(logs.map((log) => log.close()))
    throw error
  }
  const [only] = logs
  return only && logs.length === 1 ? only : compose(logs, shards.length)
}

/** The window stands in the first log's folder, where that of a single log is. */
async function ownRepeats({ dir, now, open }: Pick<LogOptions, 'dir' | 'now' | 'open'>): Promise<Repeats> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  return openRepeats(await openRepeatWindow({ dir: join(dir, 'window'), now, ...(open && { open }) }))
}

function compose(logs: readonly Log[], shards: number): Log {
  const split = splitter(shards)
  return {
    async append(batches) {
      const parts = split(batches)
      // All are waited for, also when one fails: the answer must not come while a row is still on its way.
      const results = await Promise.allSettled(parts.map(([shard, part]) => logAt(logs, shard).append(part)))
      let position: Position = []
      for (const result of results) {
        if (result.status === 'rejected') throw result.reason
        // Each log has a node of its own, and where a repeat stands, any of them may name all others.
        position = joinPositions(position, parsePosition(result.value) ?? [])
      }
      return formatPosition(position)
    },
    status: () => sumOf(logs.map((log) => log.status())),
    async close() {
      await Promise.all(logs.map((log) => log.close()))
    },
  }
}

/** The first shard has the folder that a single server has, so that a server which becomes a cluster leaves nothing behind. */
function shardFolder(dir: string, index: number): string {
  return index === 0 ? dir : join(dir, `shard-${index + 1}`)
}

/** Logs of shards that are no more: what still waits in them goes to the first. */
async function leftOver(
  dir: string,
  shards: readonly (() => Store | undefined)[],
): Promise<[number, () => Store | undefined][]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const numbers = names.flatMap((name) => /^shard-(\d{1,4})$/.exec(name)?.[1] ?? []).map(Number)
  const first = shards[0] ?? (() => undefined)
  return numbers.filter((number) => number > shards.length).map((number) => [number - 1, first])
}

function shardOptions(
  options: Omit<LogOptions, 'store'>,
  { index, store }: { index: number; store: () => Store | undefined },
): LogOptions {
  const log = index === 0 ? options.log : tagged(options.log, index + 1)
  return { ...options, store, log, dir: shardFolder(options.dir, index) }
}

function tagged(log: Logger, shard: number): Logger {
  return {
    debug: (fields, message) => log.debug({ shard, ...fields }, message),
    info: (fields, message) => log.info({ shard, ...fields }, message),
    warn: (fields, message) => log.warn({ shard, ...fields }, message),
    error: (fields, message) => log.error({ shard, ...fields }, message),
  }
}

/** Gives each shard the rows that are its own, in their order. Nothing to write is asked of the first. */
function splitter(shards: number): (batches: readonly Batch[]) => [number, Batch[]][] {
  const routes = new Map<FactTable, (row: ByteText) => number>()
  const routeOf = (table: FactTable) => {
    const known = routes.get(table) ?? shardOfRow(table, shards)
    routes.set(table, known)
    return known
  }
  return (batches) => {
    const parts = new Map<number, Batch[]>()
    for (const batch of batches) {
      for (const [shard, part] of splitBatch(batch, routeOf(batch.table))) {
        const others = parts.get(shard)
        if (others) others.push(part)
        else parts.set(shard, [part])
      }
    }
    return parts.size === 0 ? [[0, []]] : [...parts].toSorted(([a], [b]) => a - b)
  }
}

function splitBatch({ table, rows, ids }: Batch, route: (row: ByteText) => number): Map<number, Batch> {
  const parts = new Map<number, Batch>()
  rows.forEach((row, at) => {
    const shard = route(row)
    let part = parts.get(shard)
    if (!part) {
      part = { table, rows: [], ...(ids && { ids: [] }) }
      parts.set(shard, part)
    }
    part.rows.push(row)
    if (ids) part.ids?.push(ids[at] as string)
  })
  return parts
}

function logAt(logs: readonly Log[], shard: number): Log {
  return logs[shard] as Log // A route leads to one of the shards.
}

function sumOf(statuses: readonly LogStatus[]): LogStatus {
  const first = statuses[0] as LogStatus // There is one shard at least.
  const oldest = statuses.flatMap(({ oldest_ms }) => oldest_ms ?? [])
  const failing = statuses.findIndex(({ last_flush_error }) => last_flush_error !== null)
  const full = statuses.find((status) => status.full)
  return {
    node: first.node,
    bytes: statuses.reduce((sum, { bytes }) => sum + bytes, 0),
    oldest_ms: oldest.length > 0 ? Math.min(...oldest) : null,
    segments_waiting: statuses.reduce((sum, { segments_waiting }) => sum + segments_waiting, 0),
    last_flush_error: failing < 0 ? null : `${statuses[failing]?.last_flush_error} (shard ${failing + 1})`,
    full: full !== undefined,
    full_because: full?.full_because ?? null,
    landed: first.landed,
    on_the_way: statuses.flatMap(({ on_the_way }) => on_the_way),
  }
}
