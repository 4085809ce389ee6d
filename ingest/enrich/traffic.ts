import { classifyTraffic, type Traffic } from '#domain/channel.ts'
import { encodeValues } from '#ingest/log/encode-row.ts'
import { Slots } from './slots.ts'

/** Where a page came from, and the same as the columns `source` to `referrer_host` of an event's row. */
export interface KnownTraffic extends Traffic {
  columns: string
}

/** Where a page of one site came from. */
export type TrafficOf = (url: string, referrer: string) => KnownTraffic

const KEPT_MAX = 4_096
/** Long addresses hold ids, and so do not come twice. */
const LENGTH_MAX = 500

/** Remembers what was worked out of late, for one site, whose own domains these are. */
export function openTraffic(own_domains: readonly string[]): TrafficOf {
  const known = new Slots<KnownTraffic>(KEPT_MAX, LENGTH_MAX)
  const make = (url: string, referrer: string) => classify(url, referrer, own_domains)
  return (url, referrer) => known.get(url, referrer, make)
}

function classify(url: string, referrer: string, own_domains: readonly string[]): KnownTraffic {
  const traffic = classifyTraffic({ url, referrer, own_domains })
  const { source, medium, campaign, content, term, channel, click_ids, referrer_host } = traffic
  const columns = encodeValues([source, medium, campaign, content, term, channel, click_ids, referrer_host])
  return { ...traffic, columns }
}
