import { LRUCache } from 'lru-cache'
import { classifyTraffic, type Traffic } from '#domain/channel.ts'
import { encodeValues } from '#ingest/log/encode-row.ts'

/** Where a page came from, and the same as the columns `source` to `referrer_host` of an event's row. */
export interface KnownTraffic extends Traffic {
  columns: string
}

/** Where a page of one site came from. */
export type TrafficOf = (url: string, referrer: string) => KnownTraffic

const CACHE_MAX = 5_000
/** Long addresses hold ids, and so do not come twice. */
const KEY_LENGTH_MAX = 500

/** Remembers what was worked out of late; `own_domains` are those of the site that the answer is for. */
export function openTraffic(): (own_domains: readonly string[]) => TrafficOf {
  const cache = new LRUCache<string, KnownTraffic>({ max: CACHE_MAX })
  let sites = 0
  return (own_domains) => {
    const site = sites++
    return (url, referrer) => {
      if (url.length + referrer.length > KEY_LENGTH_MAX) return classify(url, referrer, own_domains)
      const key = `${site}\n${referrer}\n${url}`
      let known = cache.get(key)
      if (!known) {
        known = classify(url, referrer, own_domains)
        cache.set(key, known)
      }
      return known
    }
  }
}

function classify(url: string, referrer: string, own_domains: readonly string[]): KnownTraffic {
  const traffic = classifyTraffic({ url, referrer, own_domains })
  const { source, medium, campaign, content, term, channel, click_ids, referrer_host } = traffic
  const columns = encodeValues([source, medium, campaign, content, term, channel, click_ids, referrer_host])
  return { ...traffic, columns }
}
