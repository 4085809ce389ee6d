import type { ByteText } from '#domain/byte-text.ts'
import { joinPositions, type Position } from '#domain/position.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { InFlight } from './in-flight.ts'
import type { RepeatWindow } from './repeat-window.ts'
import type { Repeats, Told, Write, Written } from './repeats.ts'

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

function claimAndWrite(
  table: FactTable,
  rows: readonly ByteText[],
  ids: readonly string[],
  write: Write,
  { window, inFlight, repeated, log }: Shared,
): Promise<Written> {
  const hashes = new Uint32Array(rows.length * 2)
  const mine = new Writing(log, table, inFlight, hashes)
  let firsts: Set<Writing> | undefined
  /** Made at the first repeat: nearly always there is none. */
  let fresh: ByteText[] | undefined
  for (let i = 0; i < rows.length; i++) {
    const at = mine.claimed * 2
    window.hash(ids[i] as string, hashes, at)
    const [high, low] = [hashes[at] as number, hashes[at + 1] as number]
    const first = inFlight.get(high, low)
    if (first || window.has(high, low)) {
      fresh ??= rows.slice(0, i)
      if (first && first !== mine) firsts = (firsts ?? new Set()).add(first)
      continue
    }
    inFlight.claim(high, low, mine)
    mine.claimed++
    fresh?.push(rows[i] as ByteText)
  }
  if (fresh) repeated(rows.length - fresh.length)
  // Not a moment between the claims and the write: what waits here waits for something that has begun.
  if (mine.claimed > 0) mine.begin(write, fresh ?? rows)
  return firsts ? together(mine, firsts) : (mine.ended ?? nothingWritten)
}

const nothingWritten = Promise.resolve(undefined)

/** Rows that are being written; a repeat of one of their ids waits for them. */
class Writing implements Told {
  readonly log: LogHere
  readonly table: FactTable
  readonly #inFlight: InFlight<Writing>
  readonly #hashes: Uint32Array
  /** How many of the hashes are of ids that are in flight by this. */
  claimed = 0
  ended: Promise<number> | undefined
  #resolve: ((segment: number) => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(log: LogHere, table: FactTable, inFlight: InFlight<Writing>, hashes: Uint32Array) {
    this.log = log
    this.table = table
    this.#inFlight = inFlight
    this.#hashes = hashes
  }

  begin(write: Write, rows: readonly ByteText[]): void {
    const hashes = 2 * this.claimed === this.#hashes.length ? this.#hashes : this.#hashes.subarray(0, 2 * this.claimed)
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    try {
      write(rows, hashes, this)
    } catch (error) {
      this.refused(error)
    }
  }

  /** The window knows the ids by now. */
  synced(segment: number): void {
    this.#release()
    this.#resolve?.(segment)
  }

  refused(error: unknown): void {
    this.#release()
    this.#reject?.(error)
  }

  #release(): void {
    this.#inFlight.release(this.#hashes, this.claimed)
    this.claimed = 0
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
