import type { Position } from '#domain/position.ts'
import type { RepeatWindow } from './repeat-window.ts'
import type { Repeats, Write } from './repeats.ts'

/** Rows that are being written; a repeat of one of their ids waits for them. */
interface Writing {
  ended: Promise<number> | undefined
}

/**
 * The memory of ids of one process, for all the logs in it. `opened` is told of each of them: what reaches the rows that
 * it has ever taken.
 */
export function openRepeats(window: RepeatWindow, opened: (reached: Position) => void = () => {}): Repeats {
  const inFlight = new Map<string, Writing>()
  return {
    join(repeated) {
      const shared = { window, inFlight, repeated }
      return {
        recovered: (hashes) => window.add(hashes),
        opened: (_, reached) => opened(reached),
        write: (_, rows, ids, write) => claimAndWrite(rows, ids, write, shared),
        synced: (_table, _segment, hashes) => window.add(hashes),
        sync: window.sync,
      }
    },
  }
}

interface Shared {
  window: RepeatWindow
  inFlight: Map<string, Writing>
  repeated(rows: number): void
}

async function claimAndWrite(
  rows: readonly string[],
  ids: readonly string[],
  write: Write,
  { window, inFlight, repeated }: Shared,
): Promise<number | undefined> {
  const mine: Writing = { ended: undefined }
  const firsts: Writing[] = []
  const fresh: string[] = []
  const claimed: string[] = []
  const hashes = new Uint32Array(rows.length * 2)
  for (let i = 0; i < rows.length; i++) {
    const id = ids[i] as string
    const first = inFlight.get(id)
    if (first && first !== mine) firsts.push(first)
    if (first) continue
    const at = fresh.length * 2
    window.hash(id, hashes, at)
    if (window.has(hashes[at] as number, hashes[at + 1] as number)) continue
    inFlight.set(id, mine)
    claimed.push(id)
    fresh.push(rows[i] as string)
  }
  const isAllFresh = fresh.length === rows.length
  if (!isAllFresh) repeated(rows.length - fresh.length)
  try {
    // Not a moment between the claims and the write: what waits here waits for something that has begun.
    if (fresh.length > 0) mine.ended = write(fresh, isAllFresh ? hashes : hashes.subarray(0, fresh.length * 2))
    return firsts.length > 0 ? await last(new Set([mine, ...firsts])) : await mine.ended
  } finally {
    for (const id of claimed) inFlight.delete(id)
  }
}

/** The greatest of the segments. A rejection goes to everybody who waits. */
async function last(writings: ReadonlySet<Writing>): Promise<number> {
  const segments = await Promise.all([...writings].map(({ ended }) => ended))
  return Math.max(...segments.filter((segment) => segment !== undefined))
}
