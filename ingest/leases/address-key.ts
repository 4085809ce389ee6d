import { createHmac, randomBytes } from 'node:crypto'
import { parseAddress } from '#ingest/enrich/address.ts'

/** Names addresses so that they can be counted and not be read: the key dies with the process. */
export function openAddressKey(): (address: string) => string {
  const secret = randomBytes(32)
  return (address) => {
    const bytes = parseAddress(address)?.toByteArray()
    if (!bytes) return ''
    // One household has a whole /64 of IPv6 to itself.
    return createHmac('sha256', secret)
      .update(Buffer.from(bytes.slice(0, 8)))
      .digest('base64url')
      .slice(0, 22)
  }
}
