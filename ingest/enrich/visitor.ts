import { LRUCache } from 'lru-cache'
import { encodeValues } from '#ingest/log/encode-row.ts'
import type { FactRow } from '#storage/fact-tables.ts'
import { truncateAddress } from './address.ts'
import { describeClient } from './client.ts'
import type { Places } from './place.ts'

type Columns = Pick<
  FactRow<'events'>,
  'device' | 'browser' | 'os' | 'country' | 'region' | 'city' | 'ip' | 'user_agent'
>

/** What an address and a User-Agent say of a visitor. */
export interface Visitor extends Columns {
  bot: 0 | 1
  /** The columns `device` to `user_agent` of an event's row. */
  columns: string
}

const CACHE_MAX = 5_000
const KEY_LENGTH_MAX = 400
const USER_AGENT_LENGTH_MAX = 1000

const caches = new WeakMap<Places, LRUCache<string, Visitor>>()

/** Describes a visitor; one that sends again is not looked at again. Without a User-Agent nothing is known of the program. */
export function describeVisitor(address: string, user_agent: string | undefined, places: Places): Visitor {
  if (user_agent === undefined || user_agent.length > KEY_LENGTH_MAX) return describe(address, user_agent, places)
  let cache = caches.get(places)
  if (!cache) {
    cache = new LRUCache({ max: CACHE_MAX })
    caches.set(places, cache)
  }
  const key = `${address}\n${user_agent}`
  let known = cache.get(key)
  if (!known) {
    known = describe(address, user_agent, places)
    cache.set(key, known)
  }
  return known
}

function describe(address: string, user_agent: string | undefined, places: Places): Visitor {
  const { device, browser, os, bot } = describeClient(user_agent)
  const { country, region, city } = places.find(address)
  const ip = truncateAddress(address)
  const kept = (user_agent ?? '').slice(0, USER_AGENT_LENGTH_MAX)
  const columns = encodeValues([device, browser, os, country, region, city, ip, kept])
  return { device, browser, os, country, region, city, ip, user_agent: kept, bot: bot ? 1 : 0, columns }
}
