/** How long another process has said nothing, by a clock that counts only while this one runs itself. */
export interface Silence {
  /** It has said something. */
  heard(): void
  /** To be asked at every look; returns how long it has been silent. */
  look(now_ms: number): number
  /** As it was at the last look. */
  readonly ms: number
}

/** A look that comes so much too late says that we stood still: what was said meanwhile may not have been read yet. */
const LATE_LOOKS = 5

/** Of a late look no more than this counts: the machine is busy, and the other one has waited for its turn as well. */
const COUNTED_LOOKS = 2

export function openSilence(look_every_ms: number): Silence {
  let [ms, last_look_ms] = [0, undefined as number | undefined]
  return {
    heard() {
      ms = 0
    },
    look(now_ms) {
      const since_ms = now_ms - (last_look_ms ?? now_ms)
      last_look_ms = now_ms
      // A machine that slept, or a whole group that was stopped, has nobody to blame.
      ms = since_ms > LATE_LOOKS * look_every_ms ? 0 : ms + Math.min(since_ms, COUNTED_LOOKS * look_every_ms)
      return ms
    },
    get ms() {
      return ms
    },
  }
}

/** Looks once a second; calls `silent` once, when nothing was heard for as long. 0 is never. */
export function watchSilence(limit_ms: number, silent: (ms: number) => void): Silence & { end(): void } {
  const silence = openSilence(LOOK_EVERY_MS)
  const timer = setInterval(() => {
    const ms = silence.look(performance.now())
    if (limit_ms === 0 || ms < limit_ms) return
    clearInterval(timer)
    silent(ms)
  }, LOOK_EVERY_MS).unref()
  return Object.assign(silence, { end: () => clearInterval(timer) })
}

const LOOK_EVERY_MS = 1_000
