import type { ByteText } from '#domain/byte-text.ts'
import { joinPositions, type Position } from '#domain/position.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { InFlight } from './in-flight.ts'
import type { RepeatWindow } from './repeat-window.ts'
import type { Repeats, Write, Written } from './repeats.ts'

/** Rows that are being written; a repeat of one of their ids waits for them. */
interface Writing {
  log: LogHere
  table: FactTable
  ended: Promise<number> | undefined
}

/** One of the logs of this process. */
interface LogHere {
  node: string
}

/**
 * The memory of ids of one process, for all the logs in it. `opened` is told of each of them: what reaches the rows that
 * it has ever taken.
 */
export function openRepeats(window: RepeatWindow, opened: (reached: Position) => void = () => {}): Repeats {
  const inFlight = new InFlight<Writing>()
  return {
    join(repeated) {
      const log: LogHere = { node: '' }
      // Made once: to spread it for each write takes as long as to look an id up.
      const shared: Shared = { window, inFlight, repeated, log }
      return {
        recovered: (hashes) => window.add(hashes),
        opened(node, reached) {
          log.node = node
          opened(reached)
        },
        write: (table, rows, ids, write) => claimAndWrite(table, rows, ids, write, shared),
        synced: (_table, _segment, hashes) => window.add(hashes),
        sync: window.sync,
      }
    },
  }
}

interface Shared {
  window: RepeatWindow
  inFlight: InFlight<Writing>
  repeated(rows: number): void
  log: LogHere
}

async function claimAndWrite(
  table: FactTable,
  rows: readonly ByteText[],
  ids: readonly string[],
  write: Write,
  { window, inFlight, repeated, log }: Shared,
): Promise<Written> {
  const mine: Writing = { log, table, ended: undefined }
  const firsts: Writing[] = []
  const fresh: ByteText[] = []
  const hashes = new Uint32Array(rows.length * 2)
  for (let i = 0; i < rows.length; i++) {
    const at = fresh.length * 2
    window.hash(ids[i] as string, hashes, at)
    const [high, low] = [hashes[at] as number, hashes[at + 1] as number]
    const first = inFlight.get(high, low)
    if (first && first !== mine) firsts.push(first)
    if (first || window.has(high, low)) continue
    inFlight.claim(high, low, mine)
    fresh.push(rows[i] as ByteText)
  }
  const isAllFresh = fresh.length === rows.length
  if (!isAllFresh) repeated(rows.length - fresh.length)
  try {
    // Not a moment between the claims and the write: what waits here waits for something that has begun.
    if (fresh.length > 0) mine.ended = write(fresh, isAllFresh ? hashes : hashes.subarray(0, fresh.length * 2))
    return firsts.length > 0 ? await together(mine, new Set(firsts)) : await mine.ended
  } finally {
    inFlight.release(hashes, fresh.length)
  }
}

/** What all of them have come to. A rejection goes to everybody who waits. */
async function together(mine: Writing, firsts: ReadonlySet<Writing>): Promise<Written> {
  const all = [mine, ...firsts]
  // All are waited for, also when one fails: until its row is synced or refused, an id must stay claimed.
  const results = await Promise.allSettled(all.map(({ ended }) => ended))
  const own: number[] = []
  let position: Position = []
  for (const [index, result] of results.entries()) {
    if (result.status === 'rejected') throw result.reason
    const { log, table } = all[index] as Writing
    if (result.value === undefined) continue
    if (log === mine.log && table === mine.table) own.push(result.value)
    else position = joinPositions(position, [{ node: log.node, segments: { [table]: result.value } }])
  }
  const segment = own.length > 0 ? Math.max(...own) : undefined
  return position.length > 0 ? { segment, position } : segment
}
