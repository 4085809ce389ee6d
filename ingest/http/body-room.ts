const MB = 1024 ** 2

/** Memory for what has come of strangers' bodies, shared by all of them. */
export interface BodyRoom {
  /** For one body that begins to come. */
  enter(): HeldBody
}

export interface HeldBody {
  /** Takes room for so many bytes more. False, and nothing taken, when there is none. */
  grow(bytes: number): boolean
  /** Gives back all of it; from then on nothing is counted. */
  leave(): void
}

/** A body up to this size takes no room: what the tracker sends gets in, however many others hold their bodies back. */
export const SMALL_BODY_BYTES = 8 * 1024

/** What an unpacker holds before anything has come out of it, about. */
export const UNPACKER_BYTES = 64 * 1024

/**
 * A body that stops half way is held until its time is over, and a packed one of five hundred bytes unpacks to half a
 * megabyte: a few thousand of them would take all the memory there is.
 */
export function openBodyRoom(bytes_max = 64 * MB): BodyRoom {
  let taken = 0
  return {
    enter() {
      let [length, mine, hasLeft] = [0, 0, false]
      return {
        grow(bytes) {
          if (hasLeft) return true
          const more = Math.max(0, length + bytes - SMALL_BODY_BYTES) - mine
          if (taken + more > bytes_max) return false
          length += bytes
          mine += more
          taken += more
          return true
        },
        leave() {
          if (hasLeft) return
          hasLeft = true
          taken -= mine
        },
      }
    },
  }
}
