import { type FastifyRateLimitStoreCtor, normalizeIP } from '@fastify/rate-limit'
import { LRUCache } from 'lru-cache'

/** How often each address has asked of late: one count for all that limits, the framework's hook and the front. */
export interface AddressRate {
  /** The headers of an answer; undefined, and nothing counted, when the address has asked too often. */
  admit(address: string, now_ms: number): string[] | undefined
  /** The same counts as the store of @fastify/rate-limit. */
  store: FastifyRateLimitStoreCtor
  max: number
  window_ms: number
}

interface Asked {
  times: number
  since_ms: number
}

const ADDRESSES_COUNTED_MAX = 50_000
const WINDOW_MS = 60_000

/** At most `max` requests a minute from one address. */
export function openAddressRate(max: number): AddressRate {
  const counts = new LRUCache<string, Asked>({ max: ADDRESSES_COUNTED_MAX })

  function read(key: string, now_ms: number): Asked {
    let asked = counts.get(key)
    if (!asked || asked.since_ms + WINDOW_MS <= now_ms) {
      asked = { times: 0, since_ms: now_ms }
      counts.set(key, asked)
    }
    return asked
  }
  return {
    max,
    window_ms: WINDOW_MS,
    admit(address, now_ms) {
      const asked = read(normalizeIP(address), now_ms)
      if (asked.times >= max) return undefined
      asked.times += 1
      const reset_s = Math.ceil((WINDOW_MS - (now_ms - asked.since_ms)) / 1000)
      const [limit, remaining, reset] = [max, max - asked.times, reset_s].map(String) as [string, string, string]
      return ['x-ratelimit-limit', limit, 'x-ratelimit-remaining', remaining, 'x-ratelimit-reset', reset]
    },
    store: class {
      incr(key: string, done: (error: Error | null, result: { current: number; ttl: number }) => void): void {
        const now_ms = Date.now()
        const asked = read(key, now_ms)
        asked.times += 1
        done(null, { current: asked.times, ttl: WINDOW_MS - (now_ms - asked.since_ms) })
      }
      child() {
        return this
      }
    },
  }
}
