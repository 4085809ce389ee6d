import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { overlap, type Share } from '#domain/site-share.ts'
import type { CallOptions, Store } from '#storage/client.ts'
import { storeError } from '#storage/store-error.ts'
import type { MatchingLog } from './matching-log.ts'

/** A write that was told to end is asked after as often. */
const POLL_MS = 100

/** One that goes on for so long in spite of it keeps matching from starting. */
const END_MAX_MS = 60_000

/** A user of a ClickHouse of one's own may see and end less than the owner of an embedded one. */
const ACCESS_DENIED = 497

/** The same store, whose writes bear names by which a later run knows whose they are. */
export function namedWrites(store: Store, share: Share): Store {
  const run = randomBytes(8).toString('hex')
  const prefix = prefixOf(store)
  let writes = 0
  const named = <Call extends CallOptions>(call: Call = {} as Call): Call => ({
    query_id: `${prefix}${share.index}-${share.of}-${run}-${writes++}`,
    ...call,
  })
  const wrap = (one: Store): Store => ({
    ...one,
    command: (sql, params, call) => one.command(sql, params, named(call)),
    insert: (table, rows, call) => one.insert(table, rows, named(call)),
    insertBlocks: (table, columns, blocks, call) => one.insertBlocks(table, columns, blocks, named(call)),
  })
  return { ...wrap(store), shards: store.shards.map(wrap) }
}

/**
 * Ends what a run that had some of these sites was still writing when it was killed, and waits for that: ClickHouse goes on
 * with an insert whose sender is gone, and its rows would come among those of the next run unseen. For whoever has the lock.
 */
export async function endFormerWrites(store: Store, share: Share, log: MatchingLog): Promise<void> {
  try {
    await endAll(store, share)
  } catch (error) {
    if (storeError(error)?.code !== ACCESS_DENIED) throw error
    // Rather than never start: only what a killed matching was writing may come too late to be seen.
    log.warn(
      {},
      'ClickHouse lets this user not end what an earlier matching was writing; grant it SELECT on system.processes, and in a cluster REMOTE',
    )
  }
}

async function endAll(store: Store, share: Share): Promise<void> {
  const until_ms = performance.now() + END_MAX_MS
  for (;;) {
    const left = await Promise.all([store, ...store.shards].map((one) => endOn(one, prefixOf(store), share)))
    if (left.every((count) => count === 0) && (await countOnReplicas(store, share)) === 0) return
    if (performance.now() > until_ms) throw new Error('What an earlier matching was writing does not come to its end.')
    await sleep(POLL_MS)
  }
}

/** Tells writes on one server to end. Returns how many there were. */
async function endOn(server: Store, prefix: string, share: Share): Promise<number> {
  const former = await formerOn(server, 'system.processes', prefix, share)
  for (const { name } of former) {
    await server.command('KILL QUERY WHERE initial_query_id = {name:String} ASYNC', { name })
  }
  return former.length
}

/**
 * How many go on at any server of the cluster: a write may have gone to a replica that has no address of its own here. It
 * cannot be told to end from here (that takes Keeper), and is waited for. A server that is down writes nothing.
 */
async function countOnReplicas(store: Store, share: Share): Promise<number> {
  if (store.cluster === undefined) return 0
  const everywhere = `clusterAllReplicas('${store.cluster}', 'system', 'processes')`
  return (await formerOn(store, everywhere, prefixOf(store), share, 'SETTINGS skip_unavailable_shards = 1')).length
}

/** What a server does on behalf of another has an id of its own. */
async function formerOn(
  server: Store,
  processes: string,
  prefix: string,
  share: Share,
  settings = '',
): Promise<{ name: string }[]> {
  const running = await server.query<{ name: string }>(
    `SELECT DISTINCT initial_query_id AS name FROM ${processes} WHERE startsWith(initial_query_id, {prefix:String}) ${settings}`,
    { prefix },
  )
  return running.filter(({ name }) => isOf(name.slice(prefix.length), share))
}

function isOf(rest: string, share: Share): boolean {
  const [, index, of] = /^(\d+)-(\d+)-[0-9a-f]+-\d+$/.exec(rest) ?? []
  return index !== undefined && overlap({ index: Number(index), of: Number(of) }, share)
}

function prefixOf({ database }: Store): string {
  return `matching-${database}-`
}
