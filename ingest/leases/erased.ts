import type { Store } from '#storage/client.ts'
import { type ErasureKey, erasureKeyById } from '#storage/erasure-keys.ts'
import type { Lease } from './lease-row.ts'

/** Who was erased, as far as hashes tell. */
export interface Erased {
  /** Whether a lease is of somebody who was erased after it began. */
  has(lease: Lease): boolean
  /** Counts up when more has become known. */
  version: number
}

/** Asks the tables again for who was erased since a moment. */
export type ReadErased = (store: Store, since_ms: number) => Promise<Erased>

interface ErasedRow {
  site: string
  hash: string
  key: string
  erased_ms: number
}

/** Keeps what was read once: keys never change, and each answer is compared with the one before. */
export function openErased(): ReadErased {
  const keys = new Map<string, ErasureKey>()
  let known = new Set<string>()
  let version = 0

  return async (store, since_ms) => {
    const rows = await readHashes(store, since_ms)
    for (const id of new Set(rows.map(({ key }) => key))) {
      const key = keys.has(id) ? undefined : await erasureKeyById(store, id)
      if (key) keys.set(id, key)
    }
    const named = new Set(rows.map(({ site, hash, erased_ms }) => `${site}\n${hash}\n${erased_ms}`))
    if ([...named].some((one) => !known.has(one))) version += 1
    known = named
    const latest = new Map<string, number>()
    for (const { hash, erased_ms } of rows) latest.set(hash, Math.max(erased_ms, latest.get(hash) ?? 0))
    const used = [...keys.values()].filter(({ id }) => rows.some(({ key }) => key === id))
    return { version, has: (lease) => used.some((key) => isErased(lease, key, latest)) }
  }
}

/** What began after the erasure belongs to a new person, whom nobody has erased. */
function isErased({ site, visitor, session, from_ms }: Lease, key: ErasureKey, latest: Map<string, number>): boolean {
  const hashes = [key.hash(site, 'visitor', visitor), key.hash(site, 'session', session)]
  return hashes.some((hash) => from_ms <= (latest.get(hash) ?? Number.NEGATIVE_INFINITY))
}

function readHashes(store: Store, since_ms: number): Promise<ErasedRow[]> {
  return store.query(
    `SELECT DISTINCT i.site AS site, i.hash AS hash, e.key AS key, e.erased_ms AS erased_ms
     FROM erased_identifiers AS i
     INNER JOIN (
       SELECT site, id, key, toFloat64(toUnixTimestamp64Milli(received_at)) AS erased_ms FROM erasures
       WHERE received_at >= fromUnixTimestamp64Milli({since_ms:Int64})
     ) AS e ON e.site = i.site AND e.id = i.erasure
     WHERE i.kind IN ('visitor', 'session')`,
    { since_ms: Math.floor(since_ms) },
  )
}
