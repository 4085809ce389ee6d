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

export function openClaims(window: RepeatWindow, repeated: (rows: number) => void): Claims {
  const inFlight = new Map<string, Promise<number>>()
  return {
    async write(rows, ids, write) {
      let start: (writing: Promise<number>) => void = () => {}
      const mine = new Promise<number>((resolve) => {
        start = resolve
      })
      // A repeat may be waiting for it, or nobody; the rejection goes to the caller below in any case.
      mine.catch(() => {})
      const firsts = new Set<Promise<number>>()
      const fresh: string[] = []
      const claimed: string[] = []
      const hashes = new Uint32Array(rows.length * 2)
      for (let i = 0; i < rows.length; i++) {
        const id = ids[i] as string
        const first = inFlight.get(id)
        if (first && first !== mine) firsts.add(first)
        if (first) continue
        const at = fresh.length * 2
        window.hash(id, hashes, at)
        if (window.has(hashes[at] as number, hashes[at + 1] as number)) continue
        inFlight.set(id, mine)
        claimed.push(id)
        fresh.push(rows[i] as string)
      }
      if (fresh.length < rows.length) repeated(rows.length - fresh.length)
      try {
        // Not a moment between the claims and the write: what waits here waits for something that has begun.
        if (fresh.length > 0) start(write(fresh, hashes.subarray(0, fresh.length * 2)))
        const segments = await Promise.all(fresh.length > 0 ? [mine, ...firsts] : firsts)
        return segments.length > 0 ? Math.max(...segments) : undefined
      } finally {
        for (const id of claimed) inFlight.delete(id)
      }
    },
  }
}
