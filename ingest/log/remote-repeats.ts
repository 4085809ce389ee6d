import type { ByteText } from '#domain/byte-text.ts'
import { joinPositions, type Position } from '#domain/position.ts'
import { type Ask, openClaimAsker } from './claim-asker.ts'
import type { FromClaimBook, ToClaimBook } from './claim-messages.ts'
import { InFlight } from './in-flight.ts'
import { openIdHash } from './repeat-window.ts'
import type { LogRepeats, Repeats, Write, Written } from './repeats.ts'

export interface RemoteRepeatsOptions {
  /** Of the one window: the hashes of all workers must be the same. */
  key: string
  /** Sends to the claim book, in order; resolves when the message has left this process. */
  send(message: ToClaimBook): Promise<void>
  /** Resolves when the window is on the disk with all that was sent before. */
  sync(): Promise<void>
  /** How long a write waits for a verdict, before it is refused. */
  wait_ms?: number
}

export interface RemoteRepeats extends Repeats {
  /** Takes what the claim book says. */
  take(message: FromClaimBook): void
  /** Tells that all logs of this process are open. */
  ready(): Promise<void>
}

/** The memory of ids as a worker has it: kept elsewhere, and asked for everything that comes in one turn at once. */
export function openRemoteRepeats({ key, send, sync, wait_ms = 10_000 }: RemoteRepeatsOptions): RemoteRepeats {
  const asker = openClaimAsker({ send, wait_ms })
  const inFlight = new InFlight<Writing>()
  const hash = openIdHash(key)
  return {
    take: asker.take,
    ready: () => send({ say: 'ready' }),
    join(repeated) {
      const shared: Shared = { hash, inFlight, repeated, ask: asker.ask, failed: asker.failed }
      let node = ''
      const recovered = openGatherer(send)
      const log: LogRepeats = {
        recovered: recovered.add,
        opened(name, reached) {
          node = name
          void recovered.flush()
          void send({ say: 'opened', reached })
        },
        write: (table, rows, ids, write) =>
          claimAndWrite(rows, ids, write, (hashes) => shared.ask(table, hashes), shared),
        synced: (table, segment, hashes) => void send({ say: 'synced', node, table, segment, hashes }),
        sync,
      }
      return log
    },
  }
}

interface Writing {
  ended: Promise<Written> | undefined
}

interface Shared {
  hash: ReturnType<typeof openIdHash>
  inFlight: InFlight<Writing>
  ask: Ask
  failed(hashes: Uint32Array): void
  repeated(rows: number): void
}

async function claimAndWrite(
  rows: readonly ByteText[],
  ids: readonly string[],
  write: Write,
  ask: (hashes: Uint32Array) => ReturnType<Ask>,
  shared: Shared,
): Promise<Written> {
  const { hash, inFlight } = shared
  const mine: Writing = { ended: undefined }
  const firsts = new Set<Writing>()
  const places: number[] = []
  const hashes = new Uint32Array(rows.length * 2)
  for (let i = 0; i < rows.length; i++) {
    const at = places.length * 2
    hash(ids[i] as string, hashes, at)
    const [high, low] = [hashes[at] as number, hashes[at + 1] as number]
    const first = inFlight.get(high, low)
    if (first && first !== mine) firsts.add(first)
    if (first) continue
    inFlight.claim(high, low, mine)
    places.push(i)
  }
  const mineRows = places.map((place) => rows[place] as ByteText)
  if (places.length < rows.length) shared.repeated(rows.length - places.length)
  try {
    if (places.length > 0) {
      const asked = ask(hashes.subarray(0, places.length * 2))
      mine.ended = asked.then((answer) => writeNew(mineRows, hashes, answer, write, shared))
    }
    const all = await Promise.allSettled([mine, ...firsts].map(({ ended }) => ended))
    return combine(all)
  } finally {
    inFlight.release(hashes, places.length)
  }
}

/** Writes what is new at once, and what turns out to be new because its first copy failed elsewhere. */
async function writeNew(
  rows: readonly ByteText[],
  hashes: Uint32Array,
  { fresh, position, waits }: Awaited<ReturnType<Ask>>,
  write: Write,
  { failed, repeated }: Shared,
): Promise<Written> {
  const isAllFresh = fresh.length === rows.length
  if (!isAllFresh) repeated(rows.length - fresh.length)
  async function writeThese(places: readonly number[]): Promise<Written> {
    const mine = isAllFresh ? hashes.subarray(0, rows.length * 2) : pick(hashes, places)
    try {
      const these = places.map((place) => rows[place] as ByteText)
      return await new Promise<number>((synced, refused) => write(these, mine, { synced, refused }))
    } catch (error) {
      failed(mine)
      throw error
    }
  }
  const writes: Promise<Written>[] = waits.map(async ({ place, decided }) => {
    const { isNew, position } = await decided
    return isNew ? writeThese([place]) : { segment: undefined, position }
  })
  if (fresh.length > 0) writes.push(writeThese(fresh))
  // All are waited for, also when one fails: the answer must not come while a row is still on its way.
  const written = combine(await Promise.allSettled(writes))
  return position.length > 0 ? join(written, { segment: undefined, position }) : written
}

/** A rejection goes to everybody who waits. */
function combine(results: readonly PromiseSettledResult<Written>[]): Written {
  let all: Written
  for (const result of results) {
    if (result.status === 'rejected') throw result.reason
    all = join(all, result.value)
  }
  return all
}

function join(a: Written, b: Written): Written {
  if (a === undefined || b === undefined) return a ?? b
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b)
  const segments = [segmentOf(a), segmentOf(b)].filter((segment) => segment !== undefined)
  return {
    segment: segments.length > 0 ? Math.max(...segments) : undefined,
    position: joinPositions(positionOf(a), positionOf(b)),
  }
}

function segmentOf(written: NonNullable<Written>): number | undefined {
  return typeof written === 'number' ? written : written.segment
}

function positionOf(written: NonNullable<Written>): Position {
  return typeof written === 'number' ? [] : written.position
}

function pick(hashes: Uint32Array, places: readonly number[]): Uint32Array {
  const picked = new Uint32Array(places.length * 2)
  for (const [to, place] of places.entries()) {
    picked[to * 2] = hashes[place * 2] as number
    picked[to * 2 + 1] = hashes[place * 2 + 1] as number
  }
  return picked
}

/** So many numbers make one message; a long backlog must not gather in memory on its way. */
const gathered_numbers_max = 131_072

function openGatherer(send: RemoteRepeatsOptions['send']) {
  let numbers = new Uint32Array(gathered_numbers_max)
  let filled = 0
  function flush(): Promise<void> {
    if (filled === 0) return Promise.resolve()
    const sent = send({ say: 'recovered', hashes: numbers.slice(0, filled) })
    filled = 0
    return sent
  }
  return {
    flush,
    add(hashes: Uint32Array): void | Promise<void> {
      if (filled + hashes.length > numbers.length) {
        const flushed = flush()
        if (hashes.length > numbers.length) numbers = new Uint32Array(hashes.length)
        numbers.set(hashes)
        filled = hashes.length
        return flushed
      }
      numbers.set(hashes, filled)
      filled += hashes.length
    },
  }
}
