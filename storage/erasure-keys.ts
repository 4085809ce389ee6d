import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Store } from './client.ts'

/** One secret that identifiers of erased people are hashed with. It never leaves the table and the memory of processes. */
export interface ErasureKey {
  id: string
  /** What stands in place of an identifier. `kind` is one of the identifier kinds, or `person`. */
  hash(site: string, kind: string, value: string): string
  /** The parameters that `hashInSql` needs. */
  params: { outer: string; inner: string }
}

/** The key to hash with: the oldest there is, made when there is none. */
export async function erasureKey(store: Store): Promise<ErasureKey> {
  const known = await oldestKey(store)
  if (known) return known
  const key = randomBytes(KEY_BYTES).toString('hex')
  await store.insert('erasure_keys', [{ id: idOf(key), key, made_at: Date.now() }])
  // Somebody else may have made one at the same moment: both stay, and one of them is the oldest.
  return (await oldestKey(store)) ?? makeKey(key)
}

/** The key that a hash was made with; undefined when this database never had it. */
export async function erasureKeyById(store: Store, id: string): Promise<ErasureKey | undefined> {
  const [row] = await store.query<{ key: string }>('SELECT key FROM erasure_keys WHERE id = {id:String} LIMIT 1', {
    id,
  })
  return row && makeKey(row.key)
}

/** The same hash worked out by ClickHouse, so that a column need not come here to be compared. */
export function hashInSql(site: string, kind: string, value: string): string {
  const text = `concat(${site}, '\\n', ${kind}, '\\n', ${value})`
  return `lower(hex(SHA256(concat(unhex({outer:String}), SHA256(concat(unhex({inner:String}), ${text}))))))`
}

const KEY_BYTES = 32
const BLOCK_BYTES = 64

async function oldestKey(store: Store): Promise<ErasureKey | undefined> {
  const [row] = await store.query<{ key: string }>('SELECT key FROM erasure_keys ORDER BY made_at, id LIMIT 1')
  return row && makeKey(row.key)
}

function makeKey(key: string): ErasureKey {
  const bytes = Buffer.from(key, 'hex')
  return {
    id: idOf(key),
    hash: (site, kind, value) => createHmac('sha256', bytes).update(`${site}\n${kind}\n${value}`).digest('hex'),
    params: { outer: padded(bytes, 0x5c), inner: padded(bytes, 0x36) },
  }
}

/** HMAC by its definition (RFC 2104): ClickHouse has SHA256, and HMAC only in its newest versions. */
function padded(key: Buffer, pad: number): string {
  return Buffer.from(Array.from({ length: BLOCK_BYTES }, (_, index) => (key[index] ?? 0) ^ pad)).toString('hex')
}

function idOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 12)
}
