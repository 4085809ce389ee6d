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

/** How often a worker was asked by an address. */
export interface RateReport {
  address: string
  times: number
  since_ms: number
}

/** The line to the workers beside this one, all of which count for themselves. */
export interface RateSharing {
  workers: number
  tell(report: RateReport): void
  /** `hear` is to be called with what the worker of another slot tells. */
  listen(hear: (slot: number, report: RateReport, now_ms: number) => void): void
}

interface Asked {
  times: number
  since_ms: number
  /** What others have counted; undefined while no worker has told of this address. */
  others: Map<number, RateReport> | undefined
}

const ADDRESSES_COUNTED_MAX = 50_000
const WINDOW_MS = 60_000
/** A worker tells of an address so many times in a minute, about. */
const REPORTS = 20

/**
 * At most `max` requests a minute from one address. Of several workers each counts its own, and tells the others of an
 * address once that has used up its part: as long as nobody has, all of them together cannot have admitted too many. So
 * an address costs nothing until it comes near, and may have its whole limit from one worker if the others see none of it.
 */
export function openAddressRate(max: number, sharing?: RateSharing): AddressRate {
  const counts = new LRUCache<string, Asked>({ max: ADDRESSES_COUNTED_MAX })
  const part = Math.ceil(max / (sharing?.workers ?? 1))
  const step = Math.ceil(max / REPORTS)

  function read(key: string, now_ms: number): Asked {
    let asked = counts.get(key)
    if (!asked || asked.since_ms + WINDOW_MS <= now_ms) {
      asked = { times: 0, since_ms: now_ms, others: asked?.others && lastingOf(asked.others, now_ms) }
      counts.set(key, asked)
    }
    return asked
  }
  function count(key: string, asked: Asked): void {
    asked.times += 1
    // Whoever is refused may ask for ever, and nobody need hear of it.
    if (!sharing || asked.times > max) return
    const isNear = asked.times >= part || asked.others !== undefined
    if (asked.times === part || asked.times === max || (isNear && asked.times % step === 0)) tell(key, asked)
  }
  function tell(address: string, { times, since_ms }: Asked): void {
    sharing?.tell({ address, times, since_ms })
  }
  sharing?.listen((slot, report, now_ms) => {
    const asked = read(report.address, now_ms)
    const isNews = asked.others === undefined
    asked.others ??= new Map()
    asked.others.set(slot, report)
    if (isNews && asked.times > 0) tell(report.address, asked)
  })
  return {
    max,
    window_ms: WINDOW_MS,
    admit(address, now_ms) {
      const key = normalizeIP(address)
      const asked = read(key, now_ms)
      const before = timesOf(asked, now_ms)
      if (before >= max) return undefined
      count(key, asked)
      const reset_s = Math.ceil((WINDOW_MS - (now_ms - asked.since_ms)) / 1000)
      const [limit, remaining, reset] = [max, max - before - 1, reset_s].map(String) as [string, string, string]
      return ['x-ratelimit-limit', limit, 'x-ratelimit-remaining', remaining, 'x-ratelimit-reset', reset]
    },
    store: class {
      incr(key: string, done: (error: Error | null, result: { current: number; ttl: number }) => void): void {
        const now_ms = Date.now()
        const asked = read(key, now_ms)
        count(key, asked)
        done(null, { current: timesOf(asked, now_ms), ttl: WINDOW_MS - (now_ms - asked.since_ms) })
      }
      child() {
        return this
      }
    },
  }
}

/** By all workers, each in its own minute. */
function timesOf({ times, others }: Asked, now_ms: number): number {
  if (!others) return times
  let all = times
  for (const report of others.values()) if (report.since_ms + WINDOW_MS > now_ms) all += report.times
  return all
}

function lastingOf(others: Map<number, RateReport>, now_ms: number): Asked['others'] {
  const lasting = [...others].filter(([, { since_ms }]) => since_ms + WINDOW_MS > now_ms)
  return lasting.length > 0 ? new Map(lasting) : undefined
}
