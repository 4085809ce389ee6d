import type { RepeatWindow } from './repeat-window.ts'

/** Writes rows together with the hashes of their ids; resolves with the segment that holds the last of them. */
type Write = (rows: string[], hashes: Uint32Array) => Promise<number>

/** Lets each id through once. */
export interface Claims {
  /**
   * Writes the rows whose ids are new. Resolves when these are synced, and also the first copies of those that were
   * still being written; with undefined when nothing had to be.
   */
  write(rows: readonly string[], ids: readonly string[], write: Write): Promise<number | undefined>
}

/** Rows that are being written; a repeat of one of their ids waits for them. */
interface Writing {
  ended: Promise<number> | undefined
}

export function openClaims(window: RepeatWindow, repeated: (rows: number) => void): Claims {
  const inFlight = new Map<string, Writing>()
  return {
    async write(rows, ids, write) {
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
    },
  }
}

/** The greatest of the segments. A rejection goes to everybody who waits. */
async function last(writings: ReadonlySet<Writing>): Promise<number> {
  const segments = await Promise.all([...writings].map(({ ended }) => ended))
  return Math.max(...segments.filter((segment) => segment !== undefined))
}
