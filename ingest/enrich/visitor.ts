import { encodeValues } from '#ingest/log/encode-row.ts'
import type { FactRow } from '#storage/fact-tables.ts'
import { truncateAddress } from './address.ts'
import { describeClient } from './client.ts'
import type { Places } from './place.ts'
import { Slots } from './slots.ts'

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

const KEPT_MAX = 8_192
const LENGTH_MAX = 400
const USER_AGENT_LENGTH_MAX = 1000

/** Describes visitors; one that sends again is not looked at again. */
export function openVisitors(places: Places): (address: string, user_agent: string | undefined) => Visitor {
  const known = new Slots<Visitor>(KEPT_MAX, LENGTH_MAX)
  const make = (address: string, user_agent: string) => describe(address, user_agent, places)
  return (address, user_agent) =>
    user_agent === undefined ? describe(address, undefined, places) : known.get(address, user_agent, make)
}

function describe(address: string, user_agent: string | undefined, places: Places): Visitor {
  const { device, browser, os, bot } = describeClient(user_agent)
  const { country, region, city } = places.find(address)
  const ip = truncateAddress(address)
  const kept = (user_agent ?? '').slice(0, USER_AGENT_LENGTH_MAX)
  const columns = encodeValues([device, browser, os, country, region, city, ip, kept])
  return { device, browser, os, country, region, city, ip, user_agent: kept, bot: bot ? 1 : 0, columns }
}
